"""After a standstill nobody gets a burst: what waited until it was pointless is cancelled when it is claimed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from store.journal.journal import publish
from store.mail import ledger
from store.mail.ledger import store
from store.mail.rows import Letter
from tests.store.mail_steps import KEY, LETTER, the_mail
from tests.store.samples import MONDAY, letter, row

REMINDER = letter("one", kind="registration_reminder", stage="registration", message_id="<one@x.test>")
DIGEST = letter("digest", kind="digest", role="team", onboarding=None, run=None, message_id="<d@x.test>")


def later(first: Letter, **values: Any) -> Letter:
    """The next of its kind."""
    values = {"key": "two", "message_id": "<two@x.test>", **values}
    return replace(first, created_at=first.created_at + timedelta(days=4), **values)


async def test_a_reminder_of_a_stage_that_is_over(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="registration"), [], [REMINDER])
    await publish(engine, row(stage="installation_contact", version=2), [], [])
    claim = await ledger.claim(engine, "one")
    assert (claim.outcome, claim.state) == ("done", "cancelled")
    assert "stage ended" in ((await the_mail(engine)).note or "")
    assert (await ledger.claim(engine, "one")).outcome == "done"


async def test_all_reminders_but_the_newest(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="registration"), [], [REMINDER, later(REMINDER, to_email="other@riverside.test")])
    assert (await ledger.claim(engine, "one")).state == "cancelled"
    assert (await ledger.claim(engine, "two")).outcome == "send"


async def test_all_of_a_kind_to_a_reader_but_the_newest(engine: AsyncEngine) -> None:
    await publish(engine, row(), [], [LETTER, later(LETTER)])
    assert (await ledger.claim(engine, KEY)).state == "cancelled"
    assert (await ledger.claim(engine, "two")).outcome == "send"


async def test_not_what_the_practice_said_for_what_it_said_next(engine: AsyncEngine) -> None:
    said = replace(LETTER, kind="practice_said", role="assignee")
    await publish(engine, row(), [], [said, later(said)])
    assert [(await ledger.claim(engine, key)).outcome for key in (KEY, "two")] == ["send", "send"]


@pytest.mark.parametrize(
    "other",
    [{"to_email": "kim@riverside.test"}, {"kind": "import_begun"}, {"role": "team"}, {"run": "run-2"}],
    ids=lambda other: next(iter(other)),
)
async def test_not_for_a_newer_one_that_is_another(engine: AsyncEngine, other: dict[str, Any]) -> None:
    await publish(engine, row(), [], [LETTER, later(LETTER, **other)])
    assert (await ledger.claim(engine, KEY)).outcome == "send"


async def test_not_a_mail_of_no_stage_however_late(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="queue_entry"), [], [LETTER])
    await publish(engine, row(stage="connected", status="complete", closed_at=MONDAY, version=2), [], [])
    assert (await ledger.claim(engine, KEY)).outcome == "send"


async def test_everything_of_an_onboarding_that_was_withdrawn(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="registration"), [], [LETTER, REMINDER])
    await publish(engine, row(stage="registration", status="withdrawn", closed_at=MONDAY, version=2), [], [])
    assert [(await ledger.claim(engine, key)).state for key in (KEY, "one")] == ["cancelled", "cancelled"]


async def test_not_what_says_that_it_was_withdrawn(engine: AsyncEngine) -> None:
    await publish(engine, row(status="withdrawn", closed_at=MONDAY), [], [replace(LETTER, kind="sharing_withdrawn")])
    assert (await ledger.claim(engine, KEY)).outcome == "send"


async def test_the_reminders_of_an_onboarding_on_hold(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="registration"), [], [LETTER, REMINDER])
    await publish(engine, row(stage="registration", status="on_hold", version=2), [], [])
    assert (await ledger.claim(engine, "one")).state == "cancelled"
    assert (await ledger.claim(engine, KEY)).outcome == "send"


async def test_the_digest_of_yesterday(engine: AsyncEngine) -> None:
    await store(
        engine, [DIGEST, later(DIGEST), later(DIGEST, key="boss", message_id="<b@x.test>", to_email="b@x.test")]
    )
    assert (await ledger.claim(engine, "digest")).state == "cancelled"
    assert (await ledger.claim(engine, "two")).outcome == "send"
    assert (await ledger.claim(engine, "boss")).outcome == "send"


async def test_what_may_have_gone_out_is_never_called_cancelled(engine: AsyncEngine) -> None:
    await publish(engine, row(stage="registration"), [], [REMINDER])
    attempt = (await ledger.claim(engine, "one")).attempt
    await ledger.mark_unknown(engine, "one", attempt, "it broke off")
    await publish(engine, row(stage="installation_contact", version=2), [], [])
    assert (await ledger.claim(engine, "one")).outcome == "send"
