"""What is published is stored once, whole, and never overwritten by something older."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import timedelta
from typing import get_args

import pytest
from sqlalchemy import exc, text
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.listed import Row
from store.database import at_once
from store.journal.journal import find, last_values, lines, publish
from store.journal.tables import onboardings
from store.mail.ledger import store
from store.mail.outbox import mails_of
from store.mail.rows import Mail
from tests.store.samples import MONDAY, letter, line, row, visit

ID = "datapoint/riverside-vet"
LETTER = letter()


async def everything(engine: AsyncEngine) -> list[object]:
    """All that is stored, with the number of the transaction that last touched each row."""
    found: list[object] = []
    async with at_once(engine) as connection:
        for table in ("onboardings", "entries", "mails"):
            found += await connection.execute(text(f"SELECT xmin, * FROM {table} ORDER BY 2, 3, 4"))
    return found


def test_the_table_has_a_column_for_each_field_of_a_row() -> None:
    columns = {column.name: column.nullable for column in onboardings.columns if column.name != "updated_at"}
    fields = {name: type(None) in get_args(field.annotation) for name, field in Row.model_fields.items()}
    assert columns == fields


async def test_what_is_published_comes_out_again(engine: AsyncEngine) -> None:
    given = row(assignee="ann", next_what="reminder", next_at=MONDAY + timedelta(days=3), visits=[visit("queue", 2.5)])
    said = line(data={"version": 3, "nested": {"ä": [1, None]}}, why="because")
    await publish(engine, given, [said, line(2)], [LETTER])
    assert await find(engine, ID) == given.model_copy(update={"visits": [given.visits[0] | {"hours": 2.5}]})
    assert await find(engine, ID, "run-1") == await find(engine, ID)
    assert await lines(engine, ID, "run-1") == [said, line(2)]
    [mail] = await mails_of(engine, ID, "run-1", bodies=True)
    assert {name: value for name, value in vars(mail).items() if hasattr(LETTER, name)} == vars(LETTER)
    assert (mail.attempts, mail.note, mail.claimed_at, mail.sent_at) == (0, None, None, None)


async def test_bodies_come_only_when_asked_for(engine: AsyncEngine) -> None:
    await publish(engine, row(), [], [LETTER])
    [mail] = await mails_of(engine, ID, "run-1")
    assert isinstance(mail, Mail)
    assert (mail.text, mail.html) == (None, None)


async def test_what_nobody_published_is_not_there(engine: AsyncEngine) -> None:
    await publish(engine, row(), [line()], [LETTER])
    assert await find(engine, "datapoint/other") is None
    assert await find(engine, ID, "run-2") is None
    assert await lines(engine, ID, "run-2") == []
    assert await mails_of(engine, ID, "run-2") == []


async def test_the_last_values_of_a_field_are_those_that_were_recorded_last(engine: AsyncEngine) -> None:
    for number, version in enumerate(("3.0", "3.1", "3.0", "4.0", "2.0")):
        at = MONDAY + timedelta(days=number)
        said = line(name="eula_accepted", data={"version": version}, recorded_at=at)
        await publish(engine, row(f"practice-{number}", started_at=at), [said, line(2, data={"version": "none"})], [])
    assert await last_values(engine, "eula_accepted", "version") == ("2.0", "4.0", "3.0")
    assert await last_values(engine, "eula_accepted", "accepted_by") == ()


async def test_the_same_publication_twice_changes_nothing(engine: AsyncEngine) -> None:
    given = (row(visits=[visit("queue", 1)]), [line(1), line(2)], [LETTER, letter("other")])
    await publish(engine, *given)
    before = await everything(engine)
    assert len(before) == 5
    await publish(engine, *given)
    assert await everything(engine) == before


async def test_an_older_publication_adds_its_lines_and_letters_only(engine: AsyncEngine) -> None:
    newer = row(version=3, stage="registration")
    await publish(engine, newer, [line(3)], [])
    await publish(engine, row(version=2), [line(1), line(2)], [LETTER])
    assert await find(engine, ID) == newer
    assert [each.number for each in await lines(engine, ID, "run-1")] == [1, 2, 3]
    assert len(await mails_of(engine, ID, "run-1")) == 1


async def test_publications_in_any_order_and_at_once_end_the_same(engine: AsyncEngine) -> None:
    steps = [(row(version=n, headline=f"step {n}"), [line(n)], [letter(f"mail-{n:02}")]) for n in range(1, 13)]
    shuffled = steps + steps[::2]
    random.Random(7).shuffle(shuffled)
    await asyncio.gather(*(publish(engine, *step) for step in shuffled))
    assert await find(engine, ID) == steps[-1][0]
    assert await lines(engine, ID, "run-1") == [line(n) for n in range(1, 13)]
    assert [mail.key for mail in await mails_of(engine, ID, "run-1")] == [f"mail-{n:02}" for n in range(1, 13)]


async def test_a_stored_line_or_letter_is_never_changed(engine: AsyncEngine) -> None:
    await publish(engine, row(), [line(1)], [LETTER])
    await publish(engine, row(version=2), [line(1, text="another story")], [replace(LETTER, subject="Another")])
    assert await lines(engine, ID, "run-1") == [line(1)]
    assert [mail.subject for mail in await mails_of(engine, ID, "run-1")] == [LETTER.subject]


async def test_one_bad_line_leaves_nothing_half_done(engine: AsyncEngine) -> None:
    with pytest.raises(exc.DBAPIError):
        await publish(engine, row(), [line(1), line(2).model_copy(update={"text": None})], [LETTER])
    assert await everything(engine) == []


async def test_what_was_recorded_at_the_close_stays(engine: AsyncEngine) -> None:
    closed = row(version=5, status="complete", closed_at=MONDAY, record={"facts": [1, 2]})
    await publish(engine, closed, [], [])
    await publish(engine, closed.model_copy(update={"version": 6, "record": None, "headline": "later"}), [], [])
    assert await find(engine, ID) == closed.model_copy(update={"version": 6, "headline": "later"})


async def test_a_status_that_contradicts_the_close_is_refused(engine: AsyncEngine) -> None:
    for wrong in (row(status="complete"), row(closed_at=MONDAY)):
        with pytest.raises(exc.IntegrityError, match="ck_onboardings_closed"):
            await publish(engine, wrong, [], [])


async def test_the_latest_run_is_found_by_its_start(engine: AsyncEngine) -> None:
    first = row(run="z", status="withdrawn", closed_at=MONDAY)
    second = row(run="a", started_at=MONDAY + timedelta(days=9))
    await publish(engine, second, [line(1, text="second")], [])
    await publish(engine, first, [line(1, text="first")], [])
    assert await find(engine, ID) == second
    assert await find(engine, ID, "z") == first
    assert [each.text for each in await lines(engine, ID, "z")] == ["first"]


async def test_text_that_postgresql_cannot_hold_is_stored_without_it(engine: AsyncEngine) -> None:
    await publish(
        engine, row(headline="a\0b"), [line(text="c\0d", data={"e": ["f\0"]})], [letter(subject="g\0", text="\\u0000")]
    )
    found = await find(engine, ID)
    assert found is not None
    assert found.headline == "ab"
    assert await lines(engine, ID, "run-1") == [line(text="cd", data={"e": ["f"]})]
    [mail] = await mails_of(engine, ID, "run-1", bodies=True)
    assert (mail.subject, mail.text) == ("g", "\\u0000")


async def test_a_letter_without_address_is_stored_as_failed(engine: AsyncEngine) -> None:
    await publish(engine, row(), [], [letter(to_email=None, state="failed", error="nobody is named yet")])
    [mail] = await mails_of(engine, ID, "run-1")
    assert (mail.to_email, mail.state, mail.error) == (None, "failed", "nobody is named yet")


async def test_a_letter_of_no_onboarding_is_stored_once(engine: AsyncEngine) -> None:
    digest = letter("digest/2026-01-05/team", onboarding=None, run=None)
    await store(engine, [digest])
    before = await everything(engine)
    assert len(before) == 1
    await store(engine, [replace(digest, subject="Another")])
    assert await everything(engine) == before


HELD = replace(LETTER, state="held")
LATER = replace(LETTER, text="Written later", created_at=MONDAY + timedelta(days=2))


async def test_a_held_mail_is_written_anew_when_it_is_let_go_and_only_then(engine: AsyncEngine) -> None:
    await publish(engine, row(), [], [HELD])
    await publish(engine, row(), [], [LATER])
    [mail] = await mails_of(engine, ID, "run-1", bodies=True)
    assert (mail.state, mail.text) == ("held", HELD.text)
    for _ in range(2):
        await publish(engine, row(version=2), [], [LATER], [LATER])
        await publish(engine, row(), [], [HELD])
    [mail] = await mails_of(engine, ID, "run-1", bodies=True)
    assert (mail.state, mail.text, mail.created_at) == ("queued", LATER.text, LATER.created_at)


async def test_a_held_mail_is_dropped_with_a_note_and_one_that_left_is_not(engine: AsyncEngine) -> None:
    other = replace(LETTER, key="other", message_id="<other@example.org>")
    await publish(engine, row(), [], [HELD, other])
    await publish(engine, row(version=2), [], [], [], {HELD.key: "dropped", "other": "dropped"})
    found = {mail.key: mail for mail in await mails_of(engine, ID, "run-1", bodies=True)}
    assert (found[HELD.key].state, found[HELD.key].note, found[HELD.key].text) == ("cancelled", "dropped", HELD.text)
    assert (found["other"].state, found["other"].note) == ("queued", None)
