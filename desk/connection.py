"""The connection to Temporal: `TEMPORAL_*` variables or a TOML profile, the payloads as pydantic models."""

from __future__ import annotations

from typing import Any

from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.envconfig import ClientConfig

from desk.problem import NoAnswer


async def connect(address: str | None = None, namespace: str | None = None, **more: Any) -> Client:
    """A client for the configured Temporal; an address or namespace given here wins. Raises `NoAnswer`."""
    try:
        # A server named here is one of this machine: a profile of the user's own speaks of another.
        config = ClientConfig.load_client_connect_config(disable_file=address is not None)
    except Exception as error:
        raise NoAnswer(f"The settings for Temporal cannot be read: {error}.") from None
    if address:
        config["target_host"] = address
    if namespace:
        config["namespace"] = namespace
    try:
        return await Client.connect(**{**config, "data_converter": pydantic_data_converter, **more})
    except RuntimeError as error:
        where = config.get("target_host", "localhost:7233")
        raise NoAnswer(
            f"Temporal does not answer at {where}; start it with 'onboard up' or set TEMPORAL_ADDRESS."
        ) from error
