"""`onboard queue`: asks a partner for a place in its queue, where it can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.connect import addresses, at_desk, check_identity, run
from cli.options import By, Home, Identity, Json
from cli.receipts import say_receipt

if TYPE_CHECKING:
    from playbooks.engine.onboarding import Receipt


def queue(identity: Identity, by: By = "", home: Home = None, as_json: Json = False) -> None:
    """Ask DataPoint for a place in its queue, and record it."""
    check_identity(identity)

    async def work() -> Receipt:
        from desk.partner_request import ask_partner

        async with at_desk(home) as desk:
            return await ask_partner(desk, identity, by, addresses(home))

    say_receipt(identity, run(work()), as_json)
