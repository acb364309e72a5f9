"""A namespace that Temporal does not have is told at the start of a program."""

from __future__ import annotations

import pytest
from temporalio.client import Client

from desk.connection import connect, require_namespace
from desk.problem import DeskProblem


async def test_a_namespace_that_does_not_exist_is_named(temporal: Client) -> None:
    await require_namespace(temporal)
    elsewhere = await connect(temporal.service_client.config.target_host, "nowhere")
    with pytest.raises(DeskProblem, match="no namespace 'nowhere': correct TEMPORAL_NAMESPACE"):
        await require_namespace(elsewhere)


async def test_a_temporal_that_is_away_keeps_no_web_from_starting() -> None:
    await require_namespace(await connect("127.0.0.1:9", "nowhere", lazy=True))
