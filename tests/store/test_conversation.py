"""One conversation of a practice: all onboardings, the latest first, searched, and a page at a time; and its calls."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from store.conversation import calls
from store.conversation.calls import Call, NoSuchCall, OtherCall
from store.conversation.tables import Direction
from store.conversation.timeline import Correspondent, Item, Part, conversation
from store.journal.journal import publish
from store.mail.ledger import store
from tests.store.samples import MONDAY, letter, line, row

OURS = ["datapoint/riverside-vet", "ezyvet/riverside-vet"]
HOUR = timedelta(hours=1)


async def call(engine: AsyncEngine, hours: int = 0, key: str = "key", **given: str) -> Call:
    direction: Direction = "outgoing" if given.get("direction") == "outgoing" else "incoming"
    return await calls.log(
        engine,
        given.get("practice", "riverside-vet"),
        direction=direction,
        name=given.get("name", "Dana Reyes"),
        phone=given.get("phone", "(312) 555-0118"),
        said=given.get("said", "Have you our data?"),
        at=MONDAY + hours * HOUR,
        by="ana",
        key=key,
    )


async def written(engine: AsyncEngine) -> None:
    """Mails of two onboardings and runs, one to colleagues, one of another practice; two entries, and a call."""
    await store(
        engine,
        [
            letter("m1", created_at=MONDAY, subject="You are in the queue"),
            letter("m2", created_at=MONDAY + HOUR, subject="100% done", run="run-2", to_name="Lee Park"),
            letter("m3", created_at=MONDAY + 2 * HOUR, onboarding=OURS[1], subject="Connect ezyVet"),
            letter("m4", created_at=MONDAY + 3 * HOUR, role="assignee", subject="Overdue"),
            letter("m5", created_at=MONDAY, onboarding="datapoint/other-vet", subject="Of others"),
        ],
    )
    lines = [
        line(1, at=MONDAY, recorded_at=MONDAY),
        line(2, by="contact:dana", kind="command", name="tell", text="Dana asks", why="When?", recorded_at=MONDAY),
        line(3, by="mail", kind="mail", text="E-mail came back", recorded_at=MONDAY + 4 * HOUR),
    ]
    await publish(engine, row(), lines, [])
    await call(engine, 5)


async def titles(engine: AsyncEngine, *parts: Part, search: str = "") -> list[str]:
    chosen: tuple[Part, ...] = parts or ("mails", "page", "calls")
    return [each.title for each in await conversation(engine, "riverside-vet", OURS, parts=chosen, search=search)]


async def test_all_of_a_practice_is_one_conversation_apart_from_mails_to_colleagues(engine: AsyncEngine) -> None:
    await written(engine)
    assert await titles(engine) == [
        "incoming",
        "E-mail came back",
        "Connect ezyVet",
        "100% done",
        "Dana asks",
        "You are in the queue",
    ]
    assert await titles(engine, "page") == ["Dana asks"]
    assert await titles(engine, "calls") == ["incoming"]
    assert await titles(engine, "team") == ["Overdue"]


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("connect", ["Connect ezyVet"]),
        ("park 100%", ["100% done"]),
        ("100_", []),
        ("our data", ["incoming"]),
        ("555-0118", ["incoming"]),
        ("+1 312.555.0118", ["incoming"]),
        ("+1 312.555.0119", []),
        ("when?", ["Dana asks"]),
        ("dana@riverside queue", ["You are in the queue"]),
        ("nothing like it", []),
        ("\0", ["incoming", "E-mail came back", "Connect ezyVet", "100% done", "Dana asks", "You are in the queue"]),
    ],
)
async def test_every_word_of_a_search_occurs(engine: AsyncEngine, search: str, found: list[str]) -> None:
    await written(engine)
    assert await titles(engine, search=search) == found


@pytest.mark.parametrize(
    ("person", "found"),
    [
        (
            Correspondent("Dana Reyes", "DANA@riverside.test", None, "contact:dana"),
            ["incoming", "Connect ezyVet", "100% done", "Dana asks", "You are in the queue"],
        ),
        (Correspondent("D. Reyes", "d@riverside.test", "+1 312 555 0118", "contact:d"), ["incoming"]),
        (Correspondent("Lee Park", "lee@it.test", None, "contact:lee"), ["For Lee"]),
        (Correspondent("Kim Cho", "kim@it.test", "773 555 0199", "contact:kim"), []),
    ],
)
async def test_what_was_written_to_somebody_and_said_by_them(
    engine: AsyncEngine, person: Correspondent, found: list[str]
) -> None:
    await written(engine)
    lee = {"to_name": "Lee Park", "to_email": "lee@it.test"}
    await store(engine, [letter("m6", created_at=MONDAY, subject="For Lee", **lee)])
    assert [each.title for each in await conversation(engine, "riverside-vet", OURS, person=person)] == found


async def test_pages_follow_each_other_also_where_times_are_the_same(engine: AsyncEngine) -> None:
    await store(engine, [letter(f"m{number}", created_at=MONDAY) for number in range(7)])
    await publish(engine, row(), [line(1, by="contact:dana", recorded_at=MONDAY)], [])
    await call(engine)
    found: list[Item] = []
    after = None
    while part := await conversation(engine, "riverside-vet", OURS, limit=2, after=after):
        found += part
        after = part[-1].place
    assert len(found) == len({(each.kind, each.id) for each in found}) == 9
    for nonsense in ("", "x", "2026-01-05 mail m1", "2026-01-05T15:00:00+00:00 mail"):
        with pytest.raises(ValueError):
            await conversation(engine, "riverside-vet", OURS, after=nonsense)


async def test_a_call_is_logged_once_by_its_key(engine: AsyncEngine) -> None:
    first = await call(engine)
    assert await call(engine, hours=1) == first
    with pytest.raises(OtherCall):
        await call(engine, said="Something else")
    assert len(await calls.list_calls(engine, "riverside-vet", 10)) == 1


async def test_a_call_is_taken_back_once_and_stays(engine: AsyncEngine) -> None:
    logged = await call(engine)
    taken = await calls.take_back(engine, "riverside-vet", logged.id, "bo", "Another practice")
    assert (taken.taken_back_by, taken.taken_back_why, taken.said) == ("bo", "Another practice", logged.said)
    assert await calls.take_back(engine, "riverside-vet", logged.id, "cy", "Again") == taken
    with pytest.raises(NoSuchCall):
        await calls.take_back(engine, "other-vet", logged.id, "bo", "Another practice")
    [item] = await conversation(engine, "riverside-vet", OURS)
    assert (item.taken_back, item.trouble) == ("bo", "Another practice")


async def test_calls_are_listed_the_latest_first_a_page_at_a_time(engine: AsyncEngine) -> None:
    for number, hours in enumerate((1, 3, 2, 3)):
        await call(engine, hours, key=str(number), said=str(number))
    await call(engine, 9, key="others", practice="other-vet")
    first = await calls.list_calls(engine, "riverside-vet", 3)
    assert [each.said for each in first] == ["3", "1", "2"]
    assert [each.said for each in await calls.list_calls(engine, "riverside-vet", 3, first[-1].id)] == ["0"]
    assert await calls.list_calls(engine, "riverside-vet", 3, before=first[-1].id + 1_000) == []


async def test_who_called_is_found_by_the_start_of_a_name_and_else_by_a_part(engine: AsyncEngine) -> None:
    for hours, name in enumerate(("Katherina Bell", "Rina Lee", "Jo O'Rin")):
        await call(engine, hours, name, name=name)
    for search, found in {"rin": ["Jo O'Rin", "Rina Lee"], "herina": ["Katherina Bell"]}.items():
        assert [each.name for each in await calls.find_callers(engine, search, 9)] == found
