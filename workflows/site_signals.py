"""Tells a prescription that its practice's ezyVet can be used, or again."""

from __future__ import annotations

from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode


async def tell_site_changed(client: Client, prescription: str) -> None:
    """Signals the prescription's workflow, unless it has ended."""
    try:
        await client.get_workflow_handle(f"prescription/{prescription}").signal("site_changed")
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
