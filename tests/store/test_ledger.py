"""The mail ledger: every way a mail can go, and that nobody sends one that is another's."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from store.mail import ledger
from store.mail.ledger import CLAIM_SECONDS, UnknownMail
from tests.store.mail_steps import KEY, LETTER, claimed, let_pass, queued, sender_died, the_mail


async def test_a_mail_is_claimed_sent_and_done(engine: AsyncEngine) -> None:
    claim = await claimed(engine)
    assert (claim.outcome, claim.attempt, claim.again) == ("send", 1, False)
    assert claim.letter is not None
    assert vars(claim.letter) == vars(LETTER) | {"state": "sending"}
    assert (await the_mail(engine)).claimed_at is not None
    assert await ledger.sent(engine, KEY) == "sent"
    mail = await the_mail(engine)
    assert (mail.state, mail.attempts, mail.error, mail.note) == ("sent", 1, None, None)
    assert mail.sent_at is not None
    assert mail.claimed_at is not None
    assert mail.sent_at >= mail.claimed_at
    after = await ledger.claim(engine, KEY)
    assert (after.outcome, after.state, after.letter) == ("done", "sent", None)


async def test_of_twenty_senders_one_gets_the_letter(engine: AsyncEngine) -> None:
    await queued(engine)
    claims = await asyncio.gather(*(ledger.claim(engine, KEY) for _ in range(20)))
    assert Counter(claim.outcome for claim in claims) == {"send": 1, "busy": 19}
    assert (await the_mail(engine)).attempts == 1


async def test_of_twenty_that_find_a_dead_sender_one_gets_the_letter(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    claims = await asyncio.gather(*(ledger.claim(engine, KEY) for _ in range(20)))
    assert Counter(claim.outcome for claim in claims) == {"send": 1, "busy": 19}
    assert (await the_mail(engine)).attempts == 2


async def test_while_one_sends_the_others_are_told_how_long_to_wait(engine: AsyncEngine) -> None:
    await claimed(engine)
    first = await ledger.claim(engine, KEY)
    assert (first.outcome, first.state, first.letter) == ("busy", "sending", None)
    assert CLAIM_SECONDS - 10 < first.wait_seconds <= CLAIM_SECONDS
    await let_pass(engine, CLAIM_SECONDS / 2)
    later = await ledger.claim(engine, KEY)
    assert later.outcome == "busy"
    assert 0 < later.wait_seconds <= CLAIM_SECONDS / 2


async def test_a_sender_that_died_is_followed_by_one_more_with_the_same_letter(engine: AsyncEngine) -> None:
    first = await claimed(engine)
    await sender_died(engine)
    second = await ledger.claim(engine, KEY)
    assert (second.outcome, second.attempt, second.again) == ("send", 2, True)
    assert second.letter == first.letter
    assert second.note == "may have been delivered twice: the sender died in attempt 1"
    assert await ledger.sent(engine, KEY) == "sent"
    mail = await the_mail(engine)
    assert (mail.state, mail.attempts, mail.note) == ("sent", 2, second.note)


async def test_a_second_death_ends_it(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    await ledger.claim(engine, KEY)
    await sender_died(engine)
    for _ in range(2):
        ended = await ledger.claim(engine, KEY)
        assert (ended.outcome, ended.state, ended.attempt, ended.letter) == ("done", "unknown", 2, None)
        assert ended.note == (
            "may have been delivered twice: the sender died in attempt 1; "
            "the sender died in attempt 2: it is not sent again"
        )


async def test_a_broken_connection_allows_one_more_try(engine: AsyncEngine) -> None:
    await claimed(engine)
    assert await ledger.mark_unknown(engine, KEY, 1, "connection lost after the text") == "unknown"
    mail = await the_mail(engine)
    assert mail.note == "may have been delivered twice: the connection broke in attempt 1"
    assert mail.error == "connection lost after the text"
    second = await ledger.claim(engine, KEY)
    assert (second.outcome, second.attempt, second.again) == ("send", 2, True)
    assert await ledger.mark_unknown(engine, KEY, 2, "lost again") == "unknown"
    ended = await ledger.claim(engine, KEY)
    assert (ended.outcome, ended.state, ended.error) == ("done", "unknown", "lost again")
    assert (await the_mail(engine)).attempts == 2


@pytest.mark.parametrize("how", ["died", "unsure"])
async def test_doubts_outlast_a_release(engine: AsyncEngine, how: str) -> None:
    """However many harmless failures lie in between: two attempts in doubt are the end."""
    await claimed(engine)
    await ledger.mark_unknown(engine, KEY, 1, "lost")
    for attempt in (2, 3):
        assert (await ledger.claim(engine, KEY)).attempt == attempt
        assert await ledger.release(engine, KEY, attempt, "greylisted") == "queued"
    last = await ledger.claim(engine, KEY)
    assert (last.attempt, last.again) == (4, True)
    if how == "died":
        await sender_died(engine)
    else:
        await ledger.mark_unknown(engine, KEY, 4, "lost")
    assert (await ledger.claim(engine, KEY)).state == "unknown"
    assert (await ledger.claim(engine, KEY)).outcome == "done"


async def test_a_temporary_failure_puts_it_back(engine: AsyncEngine) -> None:
    await claimed(engine)
    assert await ledger.release(engine, KEY, 1, "451 greylisted") == "queued"
    mail = await the_mail(engine)
    assert (mail.state, mail.attempts, mail.error, mail.claimed_at) == ("queued", 1, "451 greylisted", None)
    again = await ledger.claim(engine, KEY)
    assert (again.outcome, again.attempt, again.again) == ("send", 2, False)
    await ledger.sent(engine, KEY)
    assert (await the_mail(engine)).error is None


async def test_a_refusal_is_final(engine: AsyncEngine) -> None:
    await claimed(engine)
    assert await ledger.mark_failed(engine, KEY, 1, "550 no such user", "address") == "failed"
    after = await ledger.claim(engine, KEY)
    assert (after.outcome, after.state, after.error) == ("done", "failed", "550 no such user")


async def test_only_what_waits_is_cancelled(engine: AsyncEngine) -> None:
    await queued(engine)
    assert await ledger.cancel(engine, KEY, "the stage is over") == "cancelled"
    after = await ledger.claim(engine, KEY)
    assert (after.outcome, after.state, after.note) == ("done", "cancelled", "the stage is over")


async def test_what_is_being_sent_or_was_is_not_cancelled(engine: AsyncEngine) -> None:
    await claimed(engine)
    assert await ledger.cancel(engine, KEY, "too late") == "sending"
    await ledger.mark_unknown(engine, KEY, 1, "lost")
    assert await ledger.cancel(engine, KEY, "too late") == "unknown"
    await ledger.sent(engine, KEY)
    assert await ledger.cancel(engine, KEY, "too late") == "sent"
    assert "too late" not in ((await the_mail(engine)).note or "")


async def test_a_late_word_of_an_old_attempt_does_not_disturb_the_new_one(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    await ledger.claim(engine, KEY)
    for late in (ledger.release, ledger.mark_failed, ledger.mark_unknown):
        assert await late(engine, KEY, 1, "of the first attempt") == "sending"
    mail = await the_mail(engine)
    assert (mail.state, mail.attempts, mail.error) == ("sending", 2, None)


async def test_a_late_success_counts_whatever_came_after(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    await ledger.claim(engine, KEY)
    assert await ledger.sent(engine, KEY) == "sent"
    when = (await the_mail(engine)).sent_at
    for late in (ledger.release, ledger.mark_failed, ledger.mark_unknown):
        assert await late(engine, KEY, 2, "of the second attempt") == "sent"
    assert await ledger.sent(engine, KEY) == "sent"
    mail = await the_mail(engine)
    assert (mail.state, mail.error, mail.sent_at) == ("sent", None, when)


async def bounced(engine: AsyncEngine, message_id: str, reason: str) -> ledger.Sent | None:
    """A report about a Message-ID comes in."""
    found = await ledger.find(engine, ["<another@elsewhere.test>", message_id])
    if found:
        await ledger.mark_bounced(engine, found.key, reason, "address")
    return found


async def test_a_bounce_names_the_onboarding(engine: AsyncEngine) -> None:
    await claimed(engine)
    await ledger.sent(engine, KEY)
    for _ in range(2):
        found = await bounced(engine, LETTER.message_id, "550 mailbox full")
        assert found is not None
        assert (found.onboarding, found.run, found.key) == ("datapoint/riverside-vet", "run-1", KEY)
    mail = await the_mail(engine)
    assert (mail.state, mail.error) == ("bounced", "550 mailbox full")
    assert (await ledger.claim(engine, KEY)).outcome == "done"
    assert await ledger.sent(engine, KEY) == "bounced"


@pytest.mark.parametrize("spelled", [f" {LETTER.message_id.strip('<>')}\n", LETTER.message_id.upper()])
async def test_a_bounce_is_recognised_without_brackets_and_in_capitals(engine: AsyncEngine, spelled: str) -> None:
    await claimed(engine)
    found = await bounced(engine, spelled, "550")
    assert found is not None
    assert found.key == KEY


async def test_a_bounce_while_the_sender_is_in_doubt_stops_the_second_copy(engine: AsyncEngine) -> None:
    await claimed(engine)
    await sender_died(engine)
    await bounced(engine, LETTER.message_id, "550")
    assert (await ledger.claim(engine, KEY)).state == "bounced"


async def test_a_bounce_of_what_never_went_out_is_not_believed(engine: AsyncEngine) -> None:
    await queued(engine)
    assert await bounced(engine, LETTER.message_id, "550") is None
    assert await bounced(engine, "<stranger@elsewhere.test>", "550") is None
    assert (await the_mail(engine)).state == "queued"


async def test_a_mail_that_does_not_exist_is_said_so(engine: AsyncEngine) -> None:
    with pytest.raises(UnknownMail):
        await ledger.claim(engine, "nothing")
    with pytest.raises(UnknownMail):
        await ledger.sent(engine, "nothing")
    with pytest.raises(UnknownMail):
        await ledger.mark_failed(engine, "nothing", 1, "550", "address")


async def test_who_renews_the_claim_is_not_taken_for_dead(engine: AsyncEngine) -> None:
    mine = await claimed(engine)
    for _ in range(3):
        await let_pass(engine, CLAIM_SECONDS - 1)
        await ledger.renew(engine, KEY, mine.attempt)
    assert (await ledger.claim(engine, KEY)).outcome == "busy"
    await ledger.sent(engine, KEY)
    assert ((await the_mail(engine)).state, (await the_mail(engine)).note) == ("sent", None)


async def test_who_lost_the_claim_cannot_renew_it(engine: AsyncEngine) -> None:
    first = await claimed(engine)
    await sender_died(engine)
    second = await ledger.claim(engine, KEY)
    await let_pass(engine, CLAIM_SECONDS - 1)
    await ledger.renew(engine, KEY, first.attempt)
    await let_pass(engine, 2)
    assert (second.outcome, (await ledger.claim(engine, KEY)).state) == ("send", "unknown")
