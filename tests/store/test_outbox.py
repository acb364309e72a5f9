"""The operators' side of mail: the stop, the counts, and what waits."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine

from store.mail import ledger, outbox
from store.mail.ledger import store
from tests.store.mail_steps import KEY, claimed, queued, sender_died, the_mail
from tests.store.samples import letter


async def test_a_stop_holds_all_mail_until_it_is_lifted(engine: AsyncEngine) -> None:
    await queued(engine)
    await outbox.pause(engine, "ann", "wrong template")
    assert (await ledger.claim(engine, KEY)).outcome == "paused"
    assert (await the_mail(engine)).attempts == 0
    await outbox.resume(engine, "bob", "template corrected")
    assert (await ledger.claim(engine, KEY)).outcome == "send"


async def test_a_stop_also_holds_what_a_dead_sender_left(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    await outbox.pause(engine, "ann", "wrong template")
    assert (await ledger.claim(engine, KEY)).outcome == "paused"
    assert (await the_mail(engine)).note is None


async def test_what_is_done_is_done_also_under_a_stop(engine: AsyncEngine) -> None:
    await claimed(engine)
    await outbox.pause(engine, "ann", "wrong template")
    assert await ledger.sent(engine, KEY) == "sent"
    assert (await ledger.claim(engine, KEY)).outcome == "done"


async def test_status_tells_the_stop_and_the_counts(engine: AsyncEngine) -> None:
    before = await outbox.status(engine)
    assert (before.paused, before.by, before.why, before.since, before.counts) == (False, None, None, None, {})
    await store(engine, [letter("a"), letter("b"), letter("c", to_email=None, state="failed", error="no address")])
    await outbox.pause(engine, "ann", "wrong template")
    await outbox.pause(engine, "bob", "still wrong")
    stopped = await outbox.status(engine)
    assert (stopped.paused, stopped.by, stopped.why) == (True, "bob", "still wrong")
    assert stopped.since is not None
    assert stopped.counts == {"queued": 2, "failed": 1}
    await outbox.resume(engine, "bob")
    resumed = await outbox.status(engine)
    assert (resumed.paused, resumed.by, resumed.why) == (False, "bob", None)


async def test_what_our_own_sending_keeps_back_is_said_until_it_goes_out(engine: AsyncEngine) -> None:
    await claimed(engine)
    await ledger.release(engine, KEY, 1, "Relay access denied", "ours")
    assert await outbox.trouble(engine) == "Relay access denied"
    assert (await outbox.status(engine)).trouble == "Relay access denied"
    assert (await ledger.claim(engine, KEY)).outcome == "send"
    await ledger.sent(engine, KEY)
    assert await outbox.trouble(engine) is None


async def test_pending_is_what_would_be_sent_now(engine: AsyncEngine) -> None:
    keys = ["queued", "tried", "sending", "doubted-once", "doubted-twice", "sent", "failed", "cancelled", "bounced"]
    await store(engine, [letter(key) for key in keys])
    for key in keys[1:]:
        if key != "cancelled":
            assert (await ledger.claim(engine, key)).outcome == "send"
    await ledger.release(engine, "tried", 1, "451 later")
    await ledger.mark_unknown(engine, "doubted-once", 1, "lost")
    await ledger.mark_unknown(engine, "doubted-twice", 1, "lost")
    await ledger.claim(engine, "doubted-twice")
    await ledger.mark_unknown(engine, "doubted-twice", 2, "lost")
    await ledger.sent(engine, "sent")
    await ledger.mark_failed(engine, "failed", 1, "550", "address")
    await ledger.cancel(engine, "cancelled", "over")
    await ledger.mark_bounced(engine, letter("bounced").key, "550", "address")
    found = {mail.key: (mail.state, mail.attempts, mail.error) for mail in await outbox.pending(engine)}
    assert found == {
        "queued": ("queued", 0, None),
        "tried": ("queued", 1, "451 later"),
        "sending": ("sending", 1, None),
        "doubted-once": ("unknown", 1, "lost"),
    }
    assert await outbox.pending_count(engine) == 4
    assert len(await outbox.pending(engine, limit=3)) == 3
