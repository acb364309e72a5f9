"""Reports: the charts' numbers are those of the practices, shares add up, and the table for a spreadsheet is safe."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from configuration.settings import Settings
from desk.service import Desk
from playbooks.datapoint import DATAPOINT
from store.database import connect
from store.journal.journal import publish
from tests.store.samples import row, visit
from tests.web.browser import Browser, next_number, text_of
from tests.web.busy_day import DAYS_TAKEN, OPEN, Busy
from tests.web.serving import serving
from web.app import create_app
from web.console.charts import MOST, Line, bars, histogram

LINE = re.compile(r'<tr><th scope="row">(.*?)</th>(.*?)</tr>', re.DOTALL)
RECT = re.compile(r'<rect class="bar (\w+)" x="([\d.]+)" y="0" width="([\d.]+)"')


def chart(page: str, name: str) -> dict[str, tuple[int, list[tuple[str, float, float]], str]]:
    """A chart as it is drawn: of each line the number, its stretches (kind, begin, width), and what is said of it."""
    found = re.search(rf'<table class="chart-table" aria-labelledby="{name}">(.*?)</table>', page, re.DOTALL)
    assert found, f"no chart {name}"
    lines = {}
    for title, rest in LINE.findall(found[1]):
        said = text_of(rest.partition('<td class="number">')[2]).replace(" ,", ",")
        number, _, about = said.partition(" ")
        drawn = [(kind, float(x), float(width)) for kind, x, width in RECT.findall(rest)]
        lines[text_of(title)] = (int(number), drawn, about)
    return lines


def in_words(days: float) -> str:
    """Two days or more, as people read them."""
    whole, hours = divmod(int(days * 24 + 1e-6), 24)
    return f"{whole} days" + (f" {hours} hour{'s' * (hours > 1)}" if hours else "")


async def report(browser: Browser, query: str = "") -> str:
    answer = await browser.get(f"/reports?{query}")
    assert answer.status_code == 200, answer.text
    return answer.text


async def test_where_practices_are_now(busy: Busy) -> None:
    page = await report(busy.manager)
    stuck = chart(page, "stuck")
    titles = {stage.name: stage.title for stage in DATAPOINT.stages}
    assert list(stuck) == [stage.title for stage in DATAPOINT.stages if stage.waits_on], "in the order of the way"
    late = {title: sum(sla == "breached" and titles[s] == title for _, s, _, _, _, sla in OPEN) for title in stuck}
    longest = max(number for number, _, _ in stuck.values())
    for title, (number, drawn, about) in stuck.items():
        red = sum(width for kind, _, width in drawn if kind == "bad")
        assert red == pytest.approx(100 * late[title] / longest, abs=0.02)
        assert sum(width for _, _, width in drawn) == pytest.approx(100 * number / longest, abs=0.05)
        assert (f"{late[title]} overdue" in about) == (late[title] > 0)
    assert "1 on hold" in stuck[titles["registration"]][2]
    assert "longest there: 9 days 4 hours" in stuck[titles["registration"]][2]


async def test_how_long_it_took_as_a_distribution(busy: Busy) -> None:
    page = await report(busy.manager)
    took = chart(page, "took")
    weeks = [sum(days // 7 == week for days in DAYS_TAKEN) for week in range(max(DAYS_TAKEN) // 7 + 1)]
    assert [number for number, _, _ in took.values()] == weeks
    assert next(iter(took)) == "Week 1"
    ranked = sorted(DAYS_TAKEN)
    median, most = (ranked[9] + ranked[10]) / 2, ranked[17] + 0.1 * (ranked[18] - ranked[17])
    said = f"Half are connected within {in_words(median)}, nine of ten within {in_words(most)}."
    assert said in text_of(page)
    assert "All integrations count: DataPoint, DataPoint reconnection, ezyVet, Record sharing." in text_of(page)


async def test_deadlines_kept_by_party(busy: Busy) -> None:
    page = await report(busy.manager, "playbook=datapoint")
    kept = chart(page, "kept")
    late = len(range(0, len(DAYS_TAKEN), 4))
    done = len(DAYS_TAKEN)
    assert kept["Us"] == (done, [("good", 0.0, 100.0)], "100 % kept, 0 missed")
    number, drawn, about = kept["DataPoint"]
    share = 100 * (done - late) / done
    assert (number, about) == (3 * done, f"{share:.0f} % kept, {3 * late} missed")
    assert drawn == [("good", 0, share), ("bad", share, 100 - share)]
    assert "By the practices: no deadlines." in text_of(page)


async def test_where_time_is_lost_and_whose_deadlines_are_missed_is_said_first(busy: Busy) -> None:
    page = await report(busy.manager, "playbook=datapoint")
    said, done, late = text_of(page), len(DAYS_TAKEN), len(range(0, len(DAYS_TAKEN), 4))
    ranked = sorted(DAYS_TAKEN)
    median, in_all = in_words(0.3 * (ranked[9] + ranked[10]) / 2), in_words(0.3 * sum(ranked))
    where = f"Most time is lost at Registration with DataPoint , waiting on the practices: {done} practices, "
    whose = f"Deadlines are missed most by DataPoint: {3 * late} of {3 * done} . By us: 0 of {done}."
    assert re.search(rf"{where}{in_all} in all \(median {median}\), more than at any other stage\.", said)
    assert "That counts only stages that ended. The longest wait now is " in said
    [longest] = re.findall(
        r"The longest wait now is (\d+ days \d+ hours): (?:the only practice|one of \d+ practices) in [^.]+\.", said
    )
    assert f"longest there: {longest}" in said
    assert f"{whose} By the practices: no deadlines." in said
    assert said.index(whose) < said.index("Started within")
    [behind] = re.findall(r'Most time is lost at <a href="([^"]*)"', page)
    assert f'data-label="Time in all"><a href="{behind}">{in_all}</a>' in page
    assert await rows_behind(busy.manager, behind) == done


async def test_a_period_is_of_those_started_in_it(busy: Busy) -> None:
    recent = sum(number * 4 + days < 30 for number, days in enumerate(DAYS_TAKEN))
    assert 0 < recent < len(DAYS_TAKEN)
    page = await report(busy.manager, "days=30")
    assert f"Connected {recent}" in text_of(page)
    assert sum(number for number, _, _ in chart(page, "took").values()) == recent
    [open_ones] = re.findall(r"Open (\d+)", text_of(page))
    assert sum(number for number, _, _ in chart(page, "stuck").values()) == int(open_ones)
    for nonsense in ("days=7e9", "days=-1", "playbook=zebra&days=<script>"):
        assert f"Connected {len(DAYS_TAKEN)}" in text_of(await report(busy.manager, nonsense))


async def rows_behind(browser: Browser, address: str) -> int:
    """How many practices the board lists at an address, all of its pages together."""
    exported = (await browser.get(unescape(address).replace("/?", "/board.csv?"))).text
    return len(list(csv.DictReader(io.StringIO(exported.removeprefix("\ufeff")))))


async def test_every_number_leads_to_the_practices_behind_it(busy: Busy) -> None:
    page = await report(busy.manager, "playbook=datapoint")
    tiles = re.findall(r'<a class="tile" href="([^"]*)".*?tile-count">(\d+)<', page)
    of_practices = page[: page.index('id="kept"')] + page[page.index('id="stages"') :]
    drawn = re.findall(r'<td class="number"[^>]*><a href="([^"]*)">(\d+)</a>', of_practices)
    inside = re.findall(r'<a href="(/\?[^"]*)">(\d+) (?:overdue|on hold)</a>', page)
    assert len(tiles) == 4 and len(drawn) > 15 and len(inside) > 3
    for address, number in (*tiles, *drawn, *inside):
        assert await rows_behind(busy.manager, address) == int(number), address
    lengths = re.findall(r'data-label="(?:Median|Nine of ten within)"><a href="([^"]*)">', page)
    assert len(lengths) > len(DATAPOINT.stages), "the medians of stages and of colleagues, and nine of ten"
    for address in (*lengths, *re.findall(r'<a href="([^"]*)">Half are connected', page)):
        assert await rows_behind(busy.manager, address) == len(DAYS_TAKEN), address
    deadlines = page[page.index('id="kept"') :].partition("DataPoint")[2]
    late, address = len(range(0, len(DAYS_TAKEN), 4)), ""
    for what, practices in ((r"\d+", len(DAYS_TAKEN)), (r"\d+ missed", late)):
        [address, *_] = re.findall(rf'<a href="([^"]*)">{what}</a>', deadlines)
        assert await rows_behind(busy.manager, address) == practices, "practices, once each"
    board = text_of((await busy.manager.get(unescape(address))).text)
    assert "From the reports: Integration: DataPoint" in board and "Deadlines missed by: DataPoint." in board
    titles = {stage.title for stage in DATAPOINT.stages}
    missed = re.findall(
        r'<span class="small">Deadline missed: ([^<]+)<', (await busy.manager.get(unescape(address))).text
    )
    assert len(missed) == late and {title for each in missed for title in each.split(", ")} <= titles
    assert sum(len(each.split(", ")) for each in missed) == 3 * late, "each that the report counts"
    assert "Whose turn:" not in board, "the board's figures would be of other practices"


async def test_a_report_of_one_colleague_and_of_each(busy: Busy) -> None:
    page = await report(busy.manager)
    assert re.search(r"<td>nobody</td>", page), "what nobody has is counted too"
    mine = sum(who == "ana" for _, _, who, _, _, _ in OPEN)
    [open_ones] = re.findall(r'<td>Ana Ruiz</td><td class="number" data-label="Open"><a href="([^"]*)">(\d+)</a>', page)
    assert int(open_ones[1]) >= mine and await rows_behind(busy.manager, open_ones[0]) == int(open_ones[1])
    own = await report(busy.manager, "assignee=me")
    assert "By colleague" not in own
    assert sum(number for number, _, _ in chart(own, "stuck").values()) == int(open_ones[1])


async def test_a_clock_that_was_moved_is_not_told_as_no_time(quiet: tuple[Browser, Any]) -> None:
    browser, database = quiet
    ahead = datetime.now(UTC) + timedelta(days=20)
    await publish(database, row("moved", entered_at=ahead, requested_at=ahead, started_at=ahead), [], [])
    page = text_of(await report(browser))
    assert "less than a minute" not in page and "longest there" not in page
    assert "The clocks of some were moved ahead." in page


async def test_an_empty_report(desk: Desk, web_settings: Settings, quiet: tuple[Browser, Any]) -> None:
    assert "Nothing to report yet" in text_of(await report(quiet[0]))


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ((25,), "The connected practice took 25 days."),
        ((101 / 24 / 60,), "The connected practice took 101 minutes."),
        ((10, 20, 30), "3 practices are connected. Their median is 20 days: half took less, half more."),
        (tuple(range(10, 20)), "Half are connected within 14 days 12 hours, nine of ten within 18 days 2 hours."),
    ],
)
async def test_nine_of_ten_is_said_only_of_enough(
    quiet: tuple[Browser, Any], days: tuple[float, ...], said: str
) -> None:
    browser, database = quiet
    now = datetime.now(UTC)
    for number, took in enumerate(days):
        begin = now - timedelta(days=took)
        done: dict[str, Any] = {"status": "complete", "closed_at": now, "requested_at": begin, "started_at": begin}
        await publish(database, row(f"few-{number}", visits=[visit("queue_entry", 5)], **done), [], [])
    page = await report(browser)
    assert said in text_of(page)
    assert ("nine of ten within" in page) == (len(days) >= 10)
    hours = re.search(r"<td>Entry in DataPoint&#39;s queue</td>(.*?)</tr>", page)
    assert hours
    said_of = re.findall(r'data-label="(Median|Nine of ten within)"><a [^>]*>5 hours', hours[1])
    assert said_of == ["Median", "Nine of ten within"][: 2 if len(days) >= 10 else 1]
    assert ("too few" in hours[1]) == ("at least 10 practices have passed" in page) == (len(days) < 10)


async def test_an_open_stage_that_is_overdue_counts_as_missed(quiet: tuple[Browser, Any]) -> None:
    browser, database = quiet
    visits = [visit("queue_entry", None)]
    await publish(database, row("late", stage="queue_entry", sla="breached", visits=visits), [], [])
    await publish(database, row("in-time", stage="queue_entry", sla="on_track", visits=visits), [], [])
    page = await report(browser)
    assert chart(page, "kept")["Us"] == (1, [("bad", 0.0, 100.0)], "0 % kept, 1 missed")
    deadlines = page[page.index('id="kept"') : page.index('id="colleagues"')]
    linked = re.findall(r'<a href="([^"]*)">(?:1 missed|1)</a>', deadlines)
    assert len(linked) == 3, "of the party, all and missed, and of the stage"
    for address in linked:
        assert address.endswith("#list") and await rows_behind(browser, address) == 1


async def test_parties_that_missed_as_many_deadlines_are_all_named(quiet: tuple[Browser, Any]) -> None:
    browser, database = quiet
    visits = [visit("queue_entry", 30, kept=False), visit("invitation", 50, side="partner", kept=False)]
    await publish(database, row("late", visits=visits), [], [])
    said = text_of(await report(browser))
    assert "Deadlines are missed most by DataPoint: 1 of 1 , and as often by us: 1 of 1 ." in said


async def test_the_table_for_a_spreadsheet(busy: Busy) -> None:
    answer = await busy.manager.get("/reports.csv?days=")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [each["Stage"] for each in rows] == [stage.title for stage in DATAPOINT.stages if stage.waits_on]
    assert all(each["Practices that passed it"] == str(len(DAYS_TAKEN)) for each in rows)
    first = rows[0]
    assert float(first["Time in all (hours)"]) == pytest.approx(24 * 0.05 * sum(DAYS_TAKEN), abs=0.05)
    assert float(first["Median (hours)"]) == pytest.approx(16.5 * 24 * 0.05)
    assert (first["Integration"], first["Waiting on"]) == (DATAPOINT.title, "us")
    nine = [each["Nine of ten took at most (hours)"] for each in rows]
    assert all(re.fullmatch(r"\d+\.\d", each) for each in nine), "of ten and more nine of ten are said"


async def test_what_came_from_outside_is_no_formula(quiet: tuple[Browser, Any]) -> None:
    browser, database = quiet
    visits = [visit("=HYPERLINK(1)", 5), visit("@cmd", 5)]
    now = datetime.now(UTC)
    done: dict[str, Any] = {
        "status": "complete",
        "closed_at": now,
        "requested_at": now - timedelta(days=2),
        "started_at": now,
    }
    await publish(database, row("one", playbook="-datapoint", visits=visits, **done), [], [])
    text = (await browser.get("/reports.csv")).text.removeprefix("\ufeff")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {each["Nine of ten took at most (hours)"] for each in rows} == {""}, "too few, as on the page"
    assert {(each["Integration"], each["Stage"]) for each in rows} == {
        ("'-datapoint", "'=HYPERLINK(1)"),
        ("'-datapoint", "'@cmd"),
    }
    assert (await browser.get("/reports")).status_code == 200, "a playbook that there is no more is told by its names"


@pytest.fixture
async def quiet(
    desk: Desk, web_settings: Settings, new_database: Callable[[], str]
) -> AsyncIterator[tuple[Browser, Any]]:
    """A viewer of a system in which nothing has happened, and its database."""
    database = connect(new_database())
    async with (
        serving(create_app(Desk(desk.client, database, web_settings), web_settings), web_settings) as address,
        await Browser.of_new_person(address, database, "viewer", f"v-{next_number()}") as viewer,
    ):
        yield viewer, database
    await database.dispose()


def test_a_bar_is_as_long_as_its_number() -> None:
    one, other = bars([Line("a", [("bad", 1), ("calm", 2)]), Line("b", [("calm", 6)])])
    assert [(part.kind, part.start, part.width) for part in one.parts] == [("bad", 0, 16.67), ("calm", 16.67, 33.33)]
    assert [(part.start, part.width) for part in other.parts] == [(0, 100)]
    assert bars([]) == ()
    assert bars([Line("none", [("bad", 0)])])[0].parts == ()
    [whole] = bars([Line("a", [("good", 1), ("bad", 1)])], whole=True)
    assert [part.width for part in whole.parts] == [50, 50]


@pytest.mark.parametrize(
    ("days", "unit", "lines"),
    [([], None, 0), ([(0, 3)], "Day", 1), ([(15, 1)], "Day", 16), ([(16, 1)], "Week", 3), ([(900, 2)], "Four", 33)],
)
def test_a_histogram_of_any_length_loses_none(days: list[tuple[int, int]], unit: str | None, lines: int) -> None:
    drawn = histogram(days)
    assert (len(drawn), sum(bar.total for bar in drawn)) == (lines, sum(count for _, count in days))
    assert len(drawn) <= MOST or unit == "Four"
    assert all(unit and bar.title.startswith(unit) for bar in drawn)
