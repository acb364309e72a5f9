"""The connection to Temporal: `TEMPORAL_*` variables or a TOML profile, the payloads as pydantic models."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest
from temporalio.client import Client
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.converter import DataConverter
from temporalio.envconfig import ClientConfig
from temporalio.service import RPCError, RPCStatusCode

from configuration.settings import Settings
from desk.lazy_connect import LazyConnect, never_connected
from desk.problem import DeskProblem, NoAnswer


async def connect(
    address: str | None = None, namespace: str | None = None, *, settings: Settings | None = None, **more: Any
) -> Client:
    """A client for the configured Temporal; an address or namespace given here wins. Raises `NoAnswer`.

    With `settings` that name payload keys, what Temporal stores is encrypted.
    """
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
        given = {"data_converter": converter(settings), "interceptors": [LazyConnect()]}
        return await Client.connect(**{**config, **given, **more})
    except RuntimeError as error:
        where = config.get("target_host", "localhost:7233")
        raise NoAnswer(
            f"Temporal does not answer at {where}; start it with 'onboard up' or set TEMPORAL_ADDRESS."
        ) from error


async def require_namespace(client: Client) -> None:
    """Raises `DeskProblem` if Temporal says that it has no such namespace; nothing if it does not answer."""
    request = DescribeNamespaceRequest(namespace=client.namespace)
    try:
        await client.workflow_service.describe_namespace(request, timeout=timedelta(seconds=3))
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise DeskProblem(
                f"Temporal has no namespace '{client.namespace}': correct TEMPORAL_NAMESPACE, or create it with"
                f" 'temporal operator namespace create --namespace {client.namespace} --retention 90d'."
            ) from None
    except RuntimeError as error:
        if not never_connected(error):
            raise


def converter(settings: Settings | None) -> DataConverter:
    """Payloads as JSON of pydantic models, sealed if the settings name keys for that."""
    if settings is None or not settings.payload_keys:
        return pydantic_data_converter
    from desk.codec import Seal

    return replace(pydantic_data_converter, payload_codec=Seal(settings.payload_keys))
