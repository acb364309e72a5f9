"""`onboard queue`: asks DataPoint for a place in its queue, where DataPoint has an API (DP1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.connect import addresses, check_identity, open_desk, run
from cli.options import By, Home, Identity, Json
from cli.receipts import echo_receipt

if TYPE_CHECKING:
    from playbooks.engine.onboarding import Receipt


def queue(identity: Identity, by: By = "", home: Home = None, as_json: Json = False) -> None:
    """Ask DataPoint for a place in its queue, and record it."""
    check_identity(identity)

    async def work() -> Receipt:
        from desk.queue_request import ask_for_queue

        async with open_desk(home) as desk:
            url = desk.settings.datapoint_url or addresses(home).get("datapoint")
            return await ask_for_queue(desk, url, identity, by)

    echo_receipt(identity, run(work()), as_json)
