"""One mail and the steps that tests take it through."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once
from store.journal.journal import publish
from store.mail import ledger
from store.mail.ledger import CLAIM_SECONDS, Claim
from store.mail.outbox import mails_of
from store.mail.rows import Mail
from tests.store.samples import letter, row

KEY = "datapoint/riverside-vet/run-1/queue_confirmation"
LETTER = letter(KEY)


async def queued(engine: AsyncEngine) -> None:
    await publish(engine, row(), [], [LETTER])


async def claimed(engine: AsyncEngine) -> Claim:
    await queued(engine)
    return await ledger.claim(engine, KEY)


async def the_mail(engine: AsyncEngine) -> Mail:
    [mail] = await mails_of(engine, "datapoint/riverside-vet", "run-1")
    return mail


async def let_pass(engine: AsyncEngine, seconds: float) -> None:
    """As if the claim had been made so much earlier."""
    async with at_once(engine) as connection:
        await connection.execute(
            text("UPDATE mails SET claimed_at = claimed_at - make_interval(secs => :seconds)"), {"seconds": seconds}
        )


async def sender_died(engine: AsyncEngine) -> None:
    await let_pass(engine, CLAIM_SECONDS + 1)
