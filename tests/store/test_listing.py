"""Lists: what is in them, in which order, and pages that join without a gap."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, get_args

import pytest
import pytest_asyncio
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.listed import Row
from playbooks.engine.states import OPEN, STATUSES
from store.journal.journal import publish
from store.journal.listing import Filter, Order, assigned, cursor, list_onboardings
from tests.store.samples import MONDAY, row, visit

ALL = STATUSES


@pytest_asyncio.fixture(scope="module")
async def many() -> list[Row]:
    """Rows with many equal sort values, so that only the identity tells them apart."""
    pick = random.Random(3)
    rows = []
    for number in range(60):
        status = pick.choice(ALL)
        rows.append(
            row(
                f"practice-{pick.randrange(40)}",
                run=f"run-{number}",
                status=status,
                closed_at=None if status in OPEN else MONDAY,
                due_at=pick.choice([None, *(MONDAY + timedelta(hours=hours) for hours in (-5, 1, 30))]),
                entered_at=MONDAY - timedelta(days=pick.randrange(4)),
                started_at=MONDAY - timedelta(days=pick.randrange(4), microseconds=pick.randrange(3)),
                stage=pick.choice(["queue_entry", "invitation"]),
                waiting_on=pick.choice(["team", "datapoint"]),
                assignee=pick.choice([None, "ann", "bob"]),
                sla=pick.choice(["none", "on_track", "breached"]),
                playbook=pick.choice(["datapoint", "ezyvet"]),
            )
        )
    return rows


@pytest_asyncio.fixture
async def filled(engine: AsyncEngine, many: list[Row]) -> AsyncIterator[AsyncEngine]:
    for each in many:
        await publish(engine, each, [], [])
    yield engine


def _sorted(rows: list[Row], order: Order, reverse: bool = False) -> list[Row]:
    def key(each: Row) -> tuple[object, ...]:
        first: dict[Order, object] = {
            "urgent": (each.sla != "breached", each.due_at is None, each.due_at or MONDAY),
            "due": (each.due_at is None, each.due_at or MONDAY),
            "longest": each.entered_at,
            "newest": each.started_at,
            "name": each.practice_name,
            "assignee": each.assignee or "",
        }
        return first[order], each.id, each.run

    return sorted(rows, key=key, reverse=(order == "newest") != reverse)


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize("status", [OPEN, ALL])
@pytest.mark.parametrize("reverse", [False, True])
async def test_pages_join_without_gap_or_repeat(
    filled: AsyncEngine, many: list[Row], order: Order, status: tuple[str, ...], reverse: bool
) -> None:
    found: list[Row] = []
    after, wanted = None, Filter(status=status)
    while page := await list_onboardings(filled, wanted, order=order, reverse=reverse, limit=7, after=after):
        assert len(page) <= 7
        found += page
        after = cursor(page[-1], order, reverse=reverse)
    assert found == _sorted([each for each in many if each.status in status], order, reverse)


async def test_what_comes_in_between_pages_moves_nothing(filled: AsyncEngine, many: list[Row]) -> None:
    first = await list_onboardings(filled, limit=10)
    await publish(filled, row("aaa", due_at=MONDAY - timedelta(days=9)), [], [])
    rest = await list_onboardings(filled, limit=1000, after=cursor(first[-1]))
    assert first + rest == _sorted([each for each in many if each.status in OPEN], "due")


@pytest.mark.parametrize(
    "filters",
    [
        {"playbook": "ezyvet"},
        {"stage": "invitation"},
        {"waiting_on": "team"},
        {"assignee": "ann"},
        {"sla": "breached"},
        {"stage": "invitation", "assignee": "bob", "playbook": "datapoint"},
    ],
)
async def test_filters(filled: AsyncEngine, many: list[Row], filters: dict[str, Any]) -> None:
    wanted = [
        each
        for each in many
        if each.status in OPEN and all(vars(each)[name] == value for name, value in filters.items())
    ]
    assert wanted
    assert await list_onboardings(filled, Filter(**filters), limit=1000) == _sorted(wanted, "due")


@pytest.mark.parametrize("status", [("open",), ("on_hold",), ("complete",), ("open", "withdrawn"), ALL])
async def test_statuses(filled: AsyncEngine, many: list[Row], status: tuple[str, ...]) -> None:
    wanted = [each for each in many if each.status in status]
    assert await list_onboardings(filled, Filter(status=status), limit=1000) == _sorted(wanted, "due")


async def test_what_is_due_before(filled: AsyncEngine, many: list[Row]) -> None:
    limit = MONDAY + timedelta(hours=2)
    wanted = [each for each in many if each.status in OPEN and each.due_at and each.due_at < limit]
    assert await list_onboardings(filled, Filter(due_before=limit), limit=1000) == _sorted(wanted, "due")


async def test_search_takes_its_text_as_it_stands(engine: AsyncEngine) -> None:
    for practice, name in (("riverside-vet", "Riverside Vet"), ("hill", "100% Pets_Only"), ("dale", "Dale")):
        await publish(engine, row(practice, practice_name=name), [], [])

    async def found(search: str) -> list[str]:
        return [each.practice for each in await list_onboardings(engine, Filter(search=search))]

    assert await found("RIVER") == ["riverside-vet"]
    assert await found("side vet") == ["riverside-vet"]
    assert await found("datapoint/h") == ["hill"]
    assert await found("%") == ["hill"]
    assert await found("s_o") == ["hill"]
    assert await found("_") == ["hill"]
    assert await found("\\") == []


async def test_each_word_of_a_search_is_found_somewhere(engine: AsyncEngine) -> None:
    jo = "Jo Bell office@north.test (312) 555-0118"
    await publish(
        engine, row("hillcrest", practice_name="Hillcrest Pets", contacts=f"{jo}\nLee Park lee@it.test"), [], []
    )
    await publish(
        engine, row("dale", practice_name="Dale 100 200", contacts="Jo Bell jo@dale.test 773 555 0199"), [], []
    )
    wanted = {
        "Jo Bell hillcrest": ["hillcrest"],
        "pets  BELL": ["hillcrest"],
        "bell lee@it": ["hillcrest"],
        "north.test datapoint/hill": ["hillcrest"],
        "bell +1 312 555-0118": ["hillcrest"],
        "312.555.0118 (312) 555 0118 pets": ["hillcrest"],
        "dale 312 555 0118": [],
        "dale 100 200": ["dale"],
        "Jo Bell": ["dale", "hillcrest"],
        "Jo Park dale": [],
        "bell nobody": [],
    }
    for search, found in wanted.items():
        rows = await list_onboardings(engine, Filter(search=search), order="name")
        assert [each.practice for each in rows] == found, search


async def test_what_is_inside_words_is_found_only_if_no_word_begins_so(engine: AsyncEngine) -> None:
    closed: dict[str, Any] = {"status": "complete", "closed_at": MONDAY}
    await publish(engine, row("hill", practice_name="Hill Veterinary", assignee="ann"), [], [])
    await publish(engine, row("dale", practice_name="Dale", contacts="Dr. Erin Shaw shaw@dale.test"), [], [])
    await publish(engine, row("elm", practice_name="Élan Pets (Serin)", run="gone", **closed), [], [])

    async def found(search: str, **wanted: Any) -> list[str]:
        return sorted(each.practice for each in await list_onboardings(engine, Filter(search=search, **wanted)))

    assert await found("ERIN") == ["dale"]
    assert await found("erin veter") == ["hill"], "no one has both words at their starts"
    assert await found("erina") == ["hill"]
    assert await found("erin", assignee="ann") == ["hill"], "nobody called so is among those"
    assert await found("erin", status=("complete",)) == ["elm"]
    assert await found("erin", status=("complete",), beside=ALL) == []
    assert await found("lan", status=ALL) == ["elm"]
    assert await found("élan", status=ALL) == ["elm"]
    assert await found("(ser", status=ALL) == ["elm"], "marks are no pattern"


@pytest.mark.parametrize("recorded", ["(312) 555-0118", "+1 312 555 0118", "312.555.0118"])
@pytest.mark.parametrize(
    "search",
    ["(312) 555-0118", "312.555.0118", "+1 (312) 555-0118", "+13125550118", "tel:+1-312-555-0118", "555-0118 x12"],
)
async def test_a_telephone_is_found_however_it_is_written(engine: AsyncEngine, recorded: str, search: str) -> None:
    await publish(engine, row(contacts=f"Dana Reyes dana@riverside.test {recorded}"), [], [])
    await publish(engine, row("other-vet", contacts="Jo Bell jo@other.test (312) 555-0119"), [], [])
    assert [each.practice for each in await list_onboardings(engine, Filter(search=search))] == ["riverside-vet"]


async def test_numbers_that_end_alike_are_others(engine: AsyncEngine) -> None:
    await publish(engine, row(contacts="Dana Reyes dana@riverside.test (312) 555-0118"), [], [])
    for search in ("(773) 555-0118", "+1 773 555 0118", "555-0119", "312 555 0118 9"):
        assert await list_onboardings(engine, Filter(search=search)) == [], search
    assert len(await list_onboardings(engine, Filter(search="312 555"))) == 1


async def test_lists_leave_the_bulk_out(engine: AsyncEngine) -> None:
    await publish(engine, row(status="complete", closed_at=MONDAY, record={"a": 1}, visits=[visit("x", 1)]), [], [])
    [found] = await list_onboardings(engine, Filter(status=ALL))
    assert (found.record, found.visits) == (None, [])


async def test_the_onboardings_of_one_colleague(engine: AsyncEngine) -> None:
    given: dict[str, dict[str, Any]] = {
        "b": {"assignee": "ann"},
        "a": {"assignee": "ann", "status": "on_hold"},
        "c": {"assignee": "bob"},
        "d": {"assignee": "ann", "status": "complete", "closed_at": MONDAY},
        "e": {},
    }
    for practice, values in given.items():
        await publish(engine, row(practice, **values), [], [])
    assert await assigned(engine, "ann") == ["datapoint/a", "datapoint/b"]
    assert await assigned(engine, "nobody") == []


BAD: list[Any] = [
    None,
    "due",
    ["due"],
    {"a": 1},
    ["due", "soon", "a", "b"],
    ["due", "infinity", "a"],
    ["due", 1, "a", "b"],
]
BAD += [["due", "infinity", "a", 1], ["due", "infinity", "a", "b", "c"], ["name", "a\0", "a", "b"]]


def _encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


@pytest.mark.parametrize("bad", ["x", "", "%%%", "ünï", *map(_encoded, BAD)])
async def test_a_cursor_that_is_none_is_one_sentence(engine: AsyncEngine, bad: str) -> None:
    with pytest.raises(ValueError, match="does not continue a list"):
        await list_onboardings(engine, after=bad)


async def test_a_cursor_of_another_order_is_one_sentence(engine: AsyncEngine) -> None:
    with pytest.raises(ValueError, match="sorted by due and not by name"):
        await list_onboardings(engine, order="name", after=cursor(row()))
    with pytest.raises(ValueError, match="begin the list again"):
        await list_onboardings(engine, reverse=True, after=cursor(row()))
