"""What contacts of a connected practice asked for needs a person until it is answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.alerts import alert_items
from desk.attention.collect import items_of, items_of_all
from playbooks.engine.onboarding import Entry
from playbooks.engine.practice_commands import ANOTHER_ADDRESS
from playbooks.engine.states import STATUSES
from store.accounts import accounts
from store.accounts.accounts import NewPerson
from store.journal import feed_status, journal
from store.journal.listing import Filter, list_onboardings
from store.mail import ledger
from tests.store.samples import MONDAY, letter, line, row
from tests.store.test_availability import FEED

HELP = {"kind": "command", "by": "contact:suri", "text": "Suri Vance asks for help", "why": "Which server?"}
QUESTION = {**HELP, "name": "tell", "data": {"role": "technical_contact", "reply": "question"}}
DECLINED = {
    **HELP,
    "name": "told",
    "text": "Suri Vance is not the right person.",
    "data": {"role": "technical_contact", "reply": "declined"},
}
OURS = {"kind": "command", "by": "ana"}


@pytest.fixture
async def ana(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await accounts.add(connection, NewPerson(handle="ana", name="Ana", email="ana@pharmacy.test"), "test")


def numbered(entries: Sequence[dict[str, Any]], hours: int) -> list[Entry]:
    at = MONDAY + timedelta(hours=hours)
    return [
        line(number, **{"at": at + timedelta(minutes=number), "recorded_at": at, **entry})
        for number, entry in enumerate(entries, 1)
    ]


async def connected(engine: AsyncEngine, before: Sequence[dict[str, Any]], after: Sequence[dict[str, Any]]) -> None:
    """Stores a practice whose onboarding is complete, with its journal and that of its feed."""
    done = row(status="complete", closed_at=MONDAY + timedelta(hours=5), waiting_on=None, waiting_on_title=None)
    mail = letter(kind="practice_said", role="assignee")
    await journal.publish(engine, done, numbered(before, 0), [mail])
    await ledger.store(engine, [letter("feed/told", kind="practice_said", role="assignee", run="feed-run")])
    await feed_status.publish(engine, FEED.model_copy(update={"run": "feed-run"}), numbered(after, 10))


async def calls(engine: AsyncEngine) -> list[tuple[str, str]]:
    found = await items_of(engine, "datapoint/riverside-vet")
    rows = await list_onboardings(engine, Filter(status=STATUSES))
    assert (await items_of_all(engine, rows))["datapoint/riverside-vet"] == found
    return [(item.text, item.todo) for item in found if item.kind == "call"]


@pytest.mark.parametrize("moment", ["before", "after"])
async def test_help_stays_once_the_practice_is_connected(engine: AsyncEngine, ana: None, moment: str) -> None:
    entries = [QUESTION if moment == "before" else {**QUESTION, "name": "told"}]
    await connected(engine, *((entries, []) if moment == "before" else ([], entries)))
    asked = ("Suri Vance asks for help", "Answer Suri Vance, and record the answer.")
    assert await calls(engine) == [asked]


@pytest.mark.parametrize("answer", ["answered", "paused"])
async def test_it_is_gone_once_one_of_us_answered(engine: AsyncEngine, ana: None, answer: str) -> None:
    await connected(engine, [QUESTION], [{**QUESTION, "name": "told"}, {**OURS, "name": answer}])
    assert await calls(engine) == []


async def test_what_was_answered_before_the_connection_stays_answered(engine: AsyncEngine, ana: None) -> None:
    await connected(engine, [QUESTION, {**OURS, "name": "note"}], [])
    assert await calls(engine) == []


async def test_what_was_asked_stays_when_a_practice_without_a_feed_is_complete(engine: AsyncEngine, ana: None) -> None:
    """As for ezyVet, whose onboarding takes no note any more."""
    id = "ezyvet/riverside-vet"
    at = datetime.now(UTC) - timedelta(days=1)
    done = row(id=id, playbook="ezyvet", status="complete", closed_at=at, waiting_on=None, waiting_on_title=None)
    mail = letter(onboarding=id, kind="practice_said", role="assignee", created_at=at)
    await journal.publish(engine, done, numbered([QUESTION], 0), [mail])
    [item] = [item for item in await items_of(engine, id) if item.kind == "call"]
    assert (item.id, item.text) == (id, "Suri Vance asks for help")
    assert item.todo == "Answer Suri Vance; this is listed for 30 days."
    rows = await list_onboardings(engine, Filter(status=STATUSES))
    assert item in (await items_of_all(engine, rows))[id]


@pytest.mark.parametrize("role", ["technical_contact", "primary_contact"])
async def test_who_is_not_the_right_person_until_another_is_named(engine: AsyncEngine, ana: None, role: str) -> None:
    named = {"kind": "command", "by": "contact:dana", "name": "contact", "data": {"role": role}}
    await connected(engine, [], [DECLINED, named])
    found = await calls(engine)
    assert len(found) == (role != "technical_contact")
    assert all("who the technical contact is now" in todo for _, todo in found)


async def test_a_practice_that_left_asks_for_nothing(engine: AsyncEngine, ana: None) -> None:
    await connected(engine, [QUESTION], [])
    gone = FEED.model_copy(update={"run": "feed-run", "state": "ended", "version": 9})
    await feed_status.publish(engine, gone, [])
    assert await calls(engine) == []


async def test_of_several_corrections_of_an_address_the_last_counts(engine: AsyncEngine, ana: None) -> None:
    moved = {**HELP, "name": "tell", "text": f"Suri Vance {ANOTHER_ADDRESS}"}
    entries = [{**moved, "why": "Write to one@x.test"}, {**moved, "why": "Write to two@x.test"}]
    mail = letter(kind="practice_said", role="assignee")
    await journal.publish(engine, row(), numbered(entries, 0), [mail])
    assert [item.quote for item in await alert_items(engine)] == ["Write to two@x.test"]


async def test_a_complaint_says_what_to_do(engine: AsyncEngine, ana: None) -> None:
    complaint = {"kind": "command", "name": "tell", "by": "mail server", "text": "A mail was marked as spam"}
    await journal.publish(engine, row(), numbered([complaint], 0), [letter(kind="practice_said", role="assignee")])
    [item] = await alert_items(engine)
    assert item.todo == "Call the recipient, ask whether they want our mails, and record the answer."
