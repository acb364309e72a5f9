"""Rubbish, and too much of everything: refused in a sentence or taken whole, and no onboarding is ever stuck by it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError
from temporalio.client import WorkflowUpdateFailedError

from desk.practice_files import read_practice
from desk.problem import DeskProblem, NotFound
from desk.service import Desk
from playbooks.engine.onboarding import Report
from playbooks.engine.transition import Refused
from store.journal import journal
from tests.system.harness import Practice, begin, eventually

FAR = datetime(9999, 12, 31, 23, 59, tzinfo=UTC)


def practice_file(**practice: Any) -> dict[str, Any]:
    return {
        "practice": {"id": "riverside", "name": "Riverside", "time_zone": "America/Chicago", **practice},
        "primary_contact": {"name": "Dana", "email": "dana@riverside.test"},
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00",
        b"\0" * 1000,
        b"null",
        b"9" * 5000,
        b"[" * 100_000,
        *(b'{"a":' * depth + b"1" + b"}" * depth for depth in (200, 800, 850, 900, 950, 100_000)),
        json.dumps(practice_file(name="x" * 20_000_000)).encode(),
        json.dumps(practice_file(more="x" * 20_000_000)).encode(),
        json.dumps(practice_file(**{"x" * 20_000_000: 1})).encode(),
        json.dumps(practice_file(name="Riverside\0")).encode(),
        json.dumps(practice_file(name="\ud800")).encode(),
        json.dumps(practice_file(name="Two\u2028lines")).encode(),
        json.dumps(practice_file(owner="\x1b[31mred")).encode(),
        json.dumps(practice_file(client_count=10**400)).encode(),
        json.dumps(practice_file(client_count=float("inf"))).encode(),
    ],
    ids=lambda content: f"{content[:12]!r}-{len(content)}",
)
def test_a_practice_file_of_rubbish_is_refused_in_a_short_sentence(content: bytes) -> None:
    with pytest.raises(DeskProblem) as refusal:
        read_practice(content)
    assert 20 < len(str(refusal.value)) < 400
    assert str(refusal.value).isprintable()


async def test_names_from_right_to_left_and_emoji_arrive_as_they_are(practice: Practice) -> None:
    name = "مستشفى الحيوان 🐾 «Überall» & Co. <b>"
    contact = {"name": "דנה לוי 🦄", "email": practice.contact}
    request = practice.request(name=name).model_dump(mode="json") | {"primary_contact": contact}
    await practice.desk.start("datapoint", type(practice.request()).model_validate(request), "sam")
    await practice.record("queued")
    [mail] = await practice.mailbox.wait_for(practice.contact)
    text, page = (mail.get_body((kind,)).get_content() for kind in ("plain", "html"))  # type: ignore[union-attr]
    assert mail["To"].addresses[0].display_name == contact["name"]
    assert name in text
    assert "مستشفى الحيوان 🐾 «Überall» &amp; Co. &lt;b&gt;" in page
    row = await eventually(lambda: journal.find(practice.desk.database, practice.identity), lambda row: row is not None)
    assert row and row.practice_name == name


async def test_rubbish_in_reports_and_commands_is_refused_and_leaves_no_trace(practice: Practice) -> None:
    await practice.start()
    before = await practice.desk.state(practice.identity)
    refused: list[Callable[[], Awaitable[object]]] = [
        lambda: practice.record("practice_information_given", comments="a\0b"),
        lambda: practice.record("practice_information_given", comments="\ud800"),
        lambda: practice.record("practice_information_given", comments="x" * 3_000_000),
        lambda: practice.record("practice_information_given", **dict[str, Any]({"x" * 3_000_000: 1})),
        lambda: practice.record("queued", key=""),
        lambda: practice.command("note", why="bell\x07"),
        lambda: practice.command("note", why="x" * 4_001),
        lambda: practice.command("retract", fact="x" * 100_000),
        lambda: practice.command("resend", kind="\0"),
        lambda: practice.command("correct_contact", contact={"name": "\ud800"}),
        lambda: practice.command("correct_contact", contact={"name": {"deep": [[]]}}),
        lambda: practice.command("hold", until=FAR),
        lambda: practice.command("extend", until=FAR),
    ]
    for act in refused:
        with pytest.raises((Refused, ValidationError)) as refusal:
            await act()
        assert not isinstance(refusal.value, Refused) or len(str(refusal.value)) < 400
    after = await practice.desk.state(practice.identity)
    assert after.onboarding == before.onboarding


@pytest.mark.parametrize(
    "identity", ["datapoint/\0", "datapoint/\ud800", "datapoint/" + "x" * 100_000, "datapoint/", "/"]
)
async def test_an_id_that_can_be_none_is_not_found(desk: Desk, identity: str) -> None:
    for act in (desk.show(identity), desk.record(identity, "queued", Report(by="sam"))):
        with pytest.raises(NotFound, match="There is no onboarding") as refusal:
            await act
        assert len(str(refusal.value)) < 200


async def test_payloads_that_are_no_reports_are_refused_and_the_onboarding_goes_on(practice: Practice) -> None:
    """From a client that does not use the desk. Refusals are not in the history: the fixture's replay does without."""
    await practice.start()
    for name, payload in (
        ("queued", "rubbish"),
        ("queued", {"by": "x", "data": {"a": [[[[]]]]}}),
        ("note", {"by": "\0", "why": "x"}),
        ("mail_outcome", {"key": "x"}),
        ("nothing", 1),
    ):
        with pytest.raises(WorkflowUpdateFailedError):
            await practice.handle.execute_update(name, payload)
    assert (await practice.record("queued")).outcome == "recorded"


async def test_forty_at_once_are_all_taken(practice: Practice) -> None:
    """Temporal takes ten updates at a time on one workflow, and a new one drops some."""
    await practice.start()
    await asyncio.gather(*(practice.command("note", why=f"note {number}") for number in range(40)))
    state = await practice.desk.state(practice.identity)
    assert state.onboarding.entry_count == 41


async def test_five_hundred_long_notes_in_a_hurry_are_all_in_the_journal(practice: Practice) -> None:
    """The history is renewed several times on the way."""
    await begin(practice, history_limit=300)
    gate = asyncio.Semaphore(8)

    async def note(number: int) -> None:
        async with gate:
            await practice.command("note", why=f"{number} " + "🐾" * 990, key=f"note {number}")

    await asyncio.gather(*(note(number) for number in range(500)))
    state = await practice.desk.state(practice.identity)
    lines = await eventually(
        lambda: journal.lines(practice.desk.database, practice.identity, state.onboarding.run),
        lambda lines: len(lines) == 501,
        30,
    )
    assert [line.number for line in lines] == list(range(1, 502))
    assert {(line.why or "").split()[0] for line in lines if line.name == "note"} == {str(each) for each in range(500)}
    described = await practice.handle.describe()
    assert described.run_id != state.onboarding.run, "the history was renewed"


async def test_a_program_that_reports_without_end_is_stopped_before_the_onboarding_is(practice: Practice) -> None:
    """What one onboarding holds travels in one payload when its history is renewed, and that has a limit."""
    await begin(practice, history_limit=100)
    words = "🐾" * 3_900

    async def report_without_end() -> None:
        for number in range(100):
            await practice.record("practice_information_given", comments=f"{number} {words}", address=words)

    with pytest.raises(Refused, match="the maximum; find out who keeps reporting, and stop that"):
        await report_without_end()
    assert (await practice.record("queued")).outcome == "recorded"
    assert len((await practice.show()).facts) > 10
