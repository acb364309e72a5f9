"""`onboard queue`: requests a place in the partner's queue by its API (DP1)."""

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
        from desk.partner_request import ask_partner

        async with open_desk(home) as desk:
            return await ask_partner(desk, identity, by, addresses(home))

    echo_receipt(identity, run(work()), as_json)
