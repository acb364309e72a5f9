"""The board: what is late comes first, figures that lead to what they count, filters, pages, export."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from pharmacy.records.clinic import clinic_transaction as of_practice
from store.accounts import accounts
from store.database import connect
from store.journal.journal import publish
from tests.records.clinics import Clinic, client
from tests.records.reviewing import import_with_home_clients
from tests.store.samples import letter, line, row
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, next_number, text_of
from tests.web.looking import DESKTOP, TWO_WINDOWS, look
from tests.web.serving import serving
from web.app import create_app
from web.console import attention
from web.console.board import PAGE, SHOWN

HELD_BACK = """
    INSERT INTO differences (practice, kind, id, field, ours, theirs, first_seen, last_seen, state)
    SELECT 'oak-hill', 'client', 'C1', field, '{}', '{}', now(), now(), 'open' FROM unnest(ARRAY['name', 'phone']) field
"""
INVITATION = "Invitation from DataPoint"
SCRIPT = "<script>alert(1)</script>"


@dataclass
class Board:
    """A board of its own: nothing on it but what a test puts there."""

    browser: Browser
    database: AsyncEngine
    now: datetime
    """When the test began."""

    async def put(self, practice: str, **values: Any) -> None:
        await publish(self.database, row(practice, **values), [], [])

    async def names(self, query: str = "") -> list[str]:
        return re.findall(r'class="name"><a id="o-datapoint-([a-z0-9-]+)"', await self.page(query))

    async def page(self, query: str = "") -> str:
        answer = await self.browser.get(f"/?{query}")
        assert answer.status_code == 200, answer.text
        return answer.text


def said_of(page: str, practice: str) -> str:
    """What the row of a practice says."""
    [found] = [each for each in page.split("<tr ")[1:] if f'-{practice}" href=' in each]
    return text_of("<tr " + found.partition("</tr>")[0])


def top_of(page: str) -> str:
    """What stands above the rows of what needs a person."""
    [found] = re.findall(r'<section class="card flush attention".*?</section>', page, re.DOTALL)
    return text_of(found)


@pytest.fixture
async def board(desk: Desk, web_settings: Settings, new_database: Callable[[], str]) -> AsyncIterator[Board]:
    database = connect(new_database())
    app = create_app(Desk(desk.client, database, web_settings), web_settings)
    async with serving(app, web_settings) as address:
        browser = await Browser.of_new_person(address, database, "specialist", f"ana-{next_number()}")
        async with browser:
            yield Board(browser, database, datetime.now(UTC))
    await database.dispose()


async def test_overdue_ones_come_first_and_then_what_is_due(board: Board) -> None:
    await board.put("later", due_at=board.now + timedelta(days=3))
    await board.put("sooner", due_at=board.now + timedelta(days=1))
    await board.put("held", sla="paused", status="on_hold", due_at=board.now - timedelta(days=9))
    await board.put("late", sla="breached", due_at=board.now - timedelta(hours=30))
    await board.put("never", sla="none", due_at=None)
    await board.put("latest", sla="breached", due_at=board.now - timedelta(days=5))
    assert await board.names() == ["latest", "late", "held", "sooner", "later", "never"]


async def test_it_says_who_needs_us_and_why(board: Board) -> None:
    values = {"stage": "invitation", "stage_title": "Invitation from DataPoint", "waiting_on": "datapoint"}
    await board.put(
        "late", sla="breached", due_at=board.now - timedelta(hours=30), waiting_on_title="DataPoint", **values
    )
    await board.put("fine")
    said = text_of(await board.page())
    assert "Needs a person now: 2" in said
    assert "Overdue due 30 hours ago Invitation from DataPoint To do: Ask DataPoint whether the invitation" in said


async def test_figures_lead_to_what_they_count(board: Board) -> None:
    for number in range(3):
        due = {"sla": "breached", "due_at": board.now - timedelta(days=1)} if number else {}
        await board.put(f"queue-{number}", **due)
    await board.put("invited", stage="invitation", waiting_on="datapoint", waiting_on_title="DataPoint")
    team, queue = "the onboarding team", "Entry in DataPoint&#39;s queue"
    for filters, wanted in (
        ("", {team: 3, "DataPoint": 1, queue: 3, INVITATION: 1}),
        ("sla=breached", {team: 2, queue: 2}),
        ("status=on_hold", {}),
    ):
        page = await board.page(filters)
        chips = re.findall(
            r'<a class="chip[^"]*" href="/\?([^"]*)".*?chip-title cap">(.*?)<.*?chip-count">(\d+)<', page, re.DOTALL
        )
        assert {title: int(count) for _, title, count in chips} == wanted
        assert ("2 overdue" in text_of(page)) == bool(wanted)
        for query, title, count in chips:
            assert len(await board.names(unescape(query))) == int(count), title


async def test_filters(board: Board) -> None:
    await board.put("one", assignee=board.browser.handle)
    await board.put("two", assignee="bo", stage="invitation", waiting_on="datapoint")
    await board.put("three", sla="breached", due_at=board.now - timedelta(days=1))
    await board.put("gone", status="withdrawn", closed_at=board.now, waiting_on=None)
    await board.put("held", status="on_hold", sla="paused", due_at=board.now + timedelta(days=40))
    wanted = {
        "q=TW": ["two"],
        "q=datapoint%2Ft": ["three", "two"],
        "stage=invitation": ["two"],
        "waiting_on=datapoint": ["two"],
        "assignee=me": ["one"],
        "assignee=bo": ["two"],
        "sla=breached": ["three"],
        "sla=paused": ["held"],
        "status=on_hold": ["held"],
        "status=withdrawn": ["gone"],
        "sla=nonsense&status=nonsense&stage=": ["three", "one", "two", "held"],
        "playbook=ezyvet": [],
        "assignee=me&sla=breached": [],
        "q=%00%25": [],
    }
    for query, names in wanted.items():
        assert await board.names(query) == names, query
    assert sorted(await board.names("status=all")) == ["gone", "held", "one", "three", "two"]


async def test_search_finds_a_contacts_e_mail_and_telephone(board: Board) -> None:
    await board.put("one", contacts="jo@hillcrest.example +1 (312) 555-0117 lee@it.example")
    await board.put("two", contacts="jo@elsewhere.example 0312 555 0199")
    wanted = {
        "jo%40hillcrest.example": ["one"],
        "HILLCREST.ex": ["one"],
        "lee%40it": ["one"],
        "555-0117": ["one"],
        "%2B1+312+5550117": ["one"],
        "5550": ["one", "two"],
        "555+0199": ["two"],
    }
    for query, names in wanted.items():
        assert await board.names(f"q={query}") == names, query
    await board.put("one", contacts="new@hillcrest.example", version=2)
    assert await board.names("q=new%40hill") == ["one"]
    assert "hillcrest.example" not in (await board.browser.get("/board.csv")).text


async def test_former_contacts_are_found_and_shown_as_such(board: Board) -> None:
    tom = "Tom Ortiz tom@it.example 773 555 0199"
    await board.put("one", contacts=f"Dana Reyes dana@hill.example (312) 555-0118\n{tom}")
    await board.put("one", contacts="Dana Reyes dana@hill.example (312) 555-0118\nLee Park lee@it.example", version=2)
    await board.put("one", contacts="Dana Reyes new@hill.example (312) 555-0118\nLee Park lee@it.example", version=3)
    dana = "Former contact: Dana Reyes dana@hill.example (312) 555-0118"
    wanted = {
        "ortiz": f"Former contact: {tom}",
        "tom%40it.example": f"Former contact: {tom}",
        "%2B1+773+555-0199": f"Former contact: {tom}",
        "dana%40hill": dana,
        "dana+reyes": None,
        "312-555-0118": None,
        "lee%40it": None,
    }
    for query, said in wanted.items():
        page = text_of(await board.page(f"q={query}"))
        assert await board.names(f"q={query}") == ["one"], query
        assert (said in page) if said else ("Former contact" not in page), query
        options = text_of((await board.browser.get(f"/palette?q={query}")).text)
        assert (said in options) if said else ("Former contact" not in options), query
    # Another run, after this one has closed: what was once known stays known.
    await board.put("one", version=4, contacts="Dana Reyes new@hill.example", status="withdrawn", closed_at=board.now)
    await board.put("one", run="second", contacts="Kim Cho kim@hill.example")
    for query in ("ortiz", "lee+park", "new%40hill"):
        assert "Former contact: " in text_of(await board.page(f"q={query}")), query
    # Who comes back is no longer a former contact.
    await board.put("one", run="second", version=2, contacts=f"Kim Cho kim@hill.example\n{tom}")
    assert "Former contact" not in text_of(await board.page("q=ortiz"))


async def test_a_hit_says_whose_telephone_address_or_name_it_was(board: Board) -> None:
    contacts = "Dana Reyes dana@hill.example (312) 555-0118\nMaria Lopez maria@it.example 773 555 0199"
    await board.put("one", contacts=contacts)
    await board.put("two", contacts="Kim Cho kim@two.example 312 555 0118")
    wanted = {
        "773-555-0199": "Telephone of Maria Lopez, technical contact",
        "maria%40it": "E-mail address of Maria Lopez, technical contact",
        "dana+r": "Dana Reyes, primary contact",
        "%2B1+312+555+0118": "Telephone of Kim Cho, primary contact",
        "maria+lopez+one": "Maria Lopez, technical contact",
        "reyes+one+312-555-0118": "Telephone of Dana Reyes, primary contact",
    }
    for query, said in wanted.items():
        page = await board.page(f"q={query}")
        assert said in text_of(page), query
        assert "/conversation?caller=" in page, "the conversation opens as answers to them"
        assert "hill.example" not in page, "no address stands in a link"
        assert said in text_of((await board.browser.get(f"/palette?q={query}")).text), query
    found_by_name = await board.page("q=one")
    assert "primary contact" not in text_of(found_by_name).partition("Views")[2]
    assert 'href="/practices/one/conversation"' in found_by_name


async def test_who_was_just_started_is_found_by_the_contact(practice: Practice, specialist: Browser) -> None:
    await practice.start()

    async def found() -> str:
        return (await specialist.get(f"/?q={practice.contact.upper()}")).text

    await eventually(found, lambda page: f'href="/onboardings/{practice.identity}"' in page)


async def test_what_is_due_today_in_the_viewers_zone(board: Board) -> None:
    await board.put("late", sla="breached", due_at=board.now - timedelta(days=3))
    await board.put("now", due_at=board.now)
    await board.put("later", due_at=board.now + timedelta(days=2))
    assert await board.names("sla=today") == ["late", "now"]
    await board.put("next", due_at=board.now + timedelta(days=1))
    assert await board.names("sla=tomorrow") == ["late", "now", "next"]
    assert "Due today" in said_of(await board.page(), "now") and "Due tomorrow" in said_of(await board.page(), "next")


async def test_columns_sort_and_the_address_keeps_it(board: Board) -> None:
    await board.put("bee", assignee="ann", due_at=board.now + timedelta(days=1), entered_at=board.now)
    await board.put("cow", assignee="bob", due_at=None, sla="none", entered_at=board.now - timedelta(days=1))
    await board.put("ant", due_at=board.now + timedelta(days=2), entered_at=board.now - timedelta(days=2))
    wanted = {
        "sort=practice": ["ant", "bee", "cow"],
        "sort=-practice": ["cow", "bee", "ant"],
        "sort=-deadline": ["cow", "ant", "bee"],
        "sort=since": ["ant", "cow", "bee"],
        "sort=assignee": ["ant", "bee", "cow"],
        "sort=-assignee&q=w": ["cow"],
        "sort=nonsense": ["bee", "ant", "cow"],
    }
    for query, names in wanted.items():
        assert await board.names(query) == names, query
    page = await board.page("sort=practice&assignee=ann")
    assert re.search(r'aria-sort="ascending"><a class="sorts" href="/\?assignee=ann&amp;sort=-practice">Practice', page)
    assert '<input type="hidden" name="sort" value="practice">' in page, "filters keep the order"
    exported = (await board.browser.get("/board.csv?sort=-practice")).text
    assert exported.index("datapoint/cow") < exported.index("datapoint/ant")


async def test_pages_join_without_a_gap(board: Board) -> None:
    for number in range(PAGE + 7):
        late = {"sla": "breached"} if number % 9 == 0 else {}
        await board.put(f"p-{number:03}", due_at=board.now + timedelta(minutes=number), **late)
    first = await board.page()
    following = re.search(r'rel="next" href="/\?([^"]*)"', first)
    assert following
    rest = await board.names(unescape(following[1]))
    assert len(rest) == 7
    assert len({*rest, *(await board.names())}) == PAGE + 7


async def test_a_page_that_is_out_of_date_begins_anew(board: Board) -> None:
    await board.put("one")
    page = await board.page("after=nonsense")
    assert "This is its first page" in page
    assert await board.names("after=nonsense") == ["one"]


async def test_empty_states(board: Board) -> None:
    assert "No open onboardings" in await board.page()
    await board.put("one")
    assert "Nothing matches" in await board.page("q=zebra")


async def test_who_is_called_so_is_found_and_not_what_has_it_inside_a_word(board: Board) -> None:
    """Whoever takes the first hit logs a call at the right practice."""
    for practice in ("ash", "birch", "cedar"):
        await board.put(practice, practice_name=f"{practice.title()} Veterinary", contacts="Jo Bell jo@bell.test")
    await board.put("dale", practice_name="Dale Veterinary", contacts="Dr. Erin Shaw dr@dale.test 773 555 0199")
    await board.put("erin", practice_name="Erin Street Pets", contacts="Jo Bell jo@erin.test")
    assert await board.names("q=erin") == ["dale", "erin"]
    assert await board.names("q=erin&sort=-practice") == ["erin", "dale"], "whoever sorts has it sorted"
    assert "Dr. Erin Shaw, primary contact" in text_of(await board.page("q=erin"))
    options = (await board.browser.get("/palette?q=erin")).text
    assert re.findall(r'data-go="/onboardings/datapoint/([a-z]+)"', options) == ["dale", "erin"]
    assert "/practices/dale/conversation?caller=" in options
    assert len(await board.names("q=terin")) == 4
    # Who has closed is shown below, and is meant rather than a part of another's name.
    known = "Erina Quill quill@fir.test"
    await board.put("fir", contacts=known, status="complete", sla="none", closed_at=board.now)
    assert await board.names("q=erina") == []
    assert "Erina Quill, primary contact" in text_of(await board.page("q=erina"))


async def test_a_colleagues_name_leads_to_what_is_assigned_to_them(board: Board) -> None:
    person = accounts.new_person(
        handle=f"zadie-{next_number()}", name="Zadie Quill", email=f"zadie-{next_number()}@pharmacy.test"
    )
    async with board.database.begin() as connection:
        await accounts.add(connection, person, "test")
    for practice in ("one", "two"):
        await board.put(practice, assignee=person.handle)
    for search in ("zadie+quill", "Quill", "zad"):
        page = await board.page(f"q={search}")
        assert "Assigned to Zadie Quill: 2 open onboardings" in text_of(page)
        assert f'href="/?assignee={person.handle}"' in page
    for search in ("quill+x", "uill", "one"):
        assert "Assigned to Zadie Quill:" not in text_of(await board.page(f"q={search}"))


async def test_names_are_text(board: Board) -> None:
    await board.put("evil", practice_name=SCRIPT, assignee=SCRIPT, headline=SCRIPT)
    for query in ("", "q=script", f"q={SCRIPT}", f"assignee={SCRIPT}", f"stage={SCRIPT}"):
        page = await board.page(query)
        assert SCRIPT not in page
    assert SCRIPT in text_of(await board.page())


async def test_export_is_all_that_is_filtered_and_no_formula(board: Board) -> None:
    await board.put("sum", practice_name="=1+1", assignee="@cmd")
    await board.put("wide", practice_name="＝1+1", assignee=" +1")
    await board.put("gone", practice_name="Gone", status="withdrawn", closed_at=board.now, waiting_on=None)
    answer = await board.browser.get("/board.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    found = {each["id"]: (each["practice_name"], each["assignee"]) for each in rows}
    assert found == {"datapoint/sum": ("'=1+1", "'@cmd"), "datapoint/wide": ("'＝1+1", "' +1")}
    assert all(not cell.startswith(("=", "+", "-", "@", "＝")) for each in rows for cell in each.values())
    closed = await board.browser.get("/board.csv?status=withdrawn")
    assert "Gone" in closed.text


async def test_a_hold_says_why_and_until_when(board: Board) -> None:
    until = board.now + timedelta(days=9)
    held = line(
        name="hold", kind="command", text="On hold", by="sam", why="They move house", data={"until": until.isoformat()}
    )
    away = row("away", status="on_hold", sla="paused", due_at=None, waiting_on="primary_contact", stage="registration")
    await publish(board.database, away, [held], [])
    said = said_of(await board.page(), "away")
    assert "On hold until" in said and "On hold: They move house (sam, " in said
    here = until.astimezone(ZoneInfo("America/Chicago"))
    assert "No deadline" not in said and f"until {here:%a} {here.day} {here:%b}" in said


async def test_a_clock_that_was_moved_is_told_once(board: Board) -> None:
    await board.put("today", due_at=board.now + timedelta(days=2))
    assert "clocks were moved" not in await board.page()
    ahead = board.now + timedelta(days=30)
    await board.put("later", entered_at=ahead, requested_at=ahead, due_at=ahead + timedelta(days=1))
    page = text_of(await board.page())
    assert page.count("Some clocks were moved ahead") == 1
    assert "dates follow them: Later. Our clock shows" in page
    assert "Some clocks were moved ahead" in text_of((await board.browser.get("/needs")).text)


async def test_a_mail_that_did_not_arrive_is_told(board: Board) -> None:
    lost = letter(state="failed", error="No such mailbox")
    await publish(board.database, row("riverside-vet"), [], [lost])
    page = await board.page()
    wanted = "Correct the address dana@riverside.test; the queue confirmation then goes out again."
    assert f"Mail did not arrive Riverside Vet {wanted}" in top_of(page)
    assert f"To do: {wanted}" in said_of(page, "riverside-vet")


async def test_a_row_that_needs_a_person_never_says_that_all_is_well(board: Board) -> None:
    lost = letter(state="bounced", error="No such mailbox")
    await publish(board.database, row("riverside-vet"), [], [lost])
    data = line(1, name="data_received", at=board.now, recorded_at=board.now)
    named = {"role": "team", "kind": "data_without_eula", "state": "sent", "onboarding": "datapoint/granite"}
    without = letter("datapoint/granite/run-1/1", **named)
    await publish(board.database, row("granite", sla="none", due_at=None), [data], [without])
    check = {"stage": "check", "stage_title": "Check at the practice", "due_at": board.now + timedelta(days=2)}
    await board.put("silent", playbook="datapoint-reconnection", **check)
    await board.put("fine", due_at=board.now + timedelta(days=2))
    page = await board.page()
    for name, why, todo in (
        ("riverside-vet", "Mail did not arrive", "Correct the address"),
        (
            "granite",
            "Record incomplete",
            "Record what is missing: EULA accepted; or, if that is wrong, take back: Data",
        ),
        ("silent", "Connection lost", "Call the technical contact"),
    ):
        said = said_of(page, name)
        assert why in said and f"To do: {todo}" in said, name
        assert "On track" not in said and 'class="pill quiet"' not in said, name
    assert "Our turn" in said_of(page, "fine") and "To do: Ask DataPoint for a place" in said_of(page, "fine")


async def test_where_nothing_listed_needs_a_person_others_are_not_denied(board: Board) -> None:
    await board.put("silent", playbook="datapoint-reconnection", stage="check")
    await board.put("silent", status="complete", closed_at=board.now, sla="none", due_at=None)
    page = await board.page("status=complete")
    said = "None of the onboardings listed needs a person now. There may be others: "
    assert said in text_of(page) and '<a href="/needs">' in page
    assert "Needs a person now: 1" in top_of(await board.page())


async def test_of_many_that_need_a_person_the_first_of_each_kind_are_named(board: Board) -> None:
    for number in range(SHOWN + 3):
        lost = letter(f"mail-{number}", state="failed", onboarding=f"datapoint/p-{number}")
        await publish(board.database, row(f"p-{number}", waiting_on="datapoint"), [], [lost])
        await board.put(f"r-{number}", playbook="datapoint-reconnection", stage="check")
    await board.put("late", sla="breached", due_at=board.now - timedelta(days=1))
    page = await board.page()
    named = re.findall(r'id="n-\d+" href="[^"]+">([^<]+)<', page)
    assert len(named) == SHOWN and named[0] == "Late" and named[-1].startswith("R ")
    assert f"Needs a person now: {2 * SHOWN + 7}" in top_of(page)
    assert f"1 overdue, {SHOWN + 3} mails did not arrive, {SHOWN + 3} lost connections" in top_of(page)
    assert all("Mail did not arrive" in said_of(page, f"p-{number}") for number in range(SHOWN + 3))
    assert all("Connection lost" in said_of(page, f"r-{number}") for number in range(SHOWN + 3))


async def test_what_waits_for_a_decision_is_led_to(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attention, "DATA_CACHE_SECONDS", 0.0)
    await import_with_home_clients(await Clinic(board.database, "oak-hill", tmp_path).create())
    async with of_practice(board.database, "oak-hill") as connection:
        await connection.execute(text(HELD_BACK))
    page = await board.page()
    assert '<a href="/review/oak-hill">Review 5 pairs of clients.</a>' in page
    assert '<a href="/practices/oak-hill/differences">Decide 2 differences.</a>' in page


async def test_who_only_looks_is_offered_nothing_to_do(signed_in: SignedIn) -> None:
    viewer = await signed_in("viewer")
    page = (await viewer.get("/")).text
    assert "Start a practice" not in page
    assert 'name="id"' not in page


async def test_a_caller_is_found_also_where_all_is_closed(board: Board) -> None:
    known = "Dana Reyes dana@oak-hill.test (312) 555-0118"
    await board.put("oak-hill", contacts=known, status="complete", sla="none", closed_at=board.now)
    await board.put("elm-road", contacts="Jo Bell jo@elm-road.test 773 555 0199")
    for search in ("dana+reyes", "%2B1+312.555.0118", "dana%40oak-hill"):
        page = await board.page(f"q={search}")
        said = text_of(page)
        assert re.search("Closed onboardings Oak Hill datapoint/oak-hill .*Dana Reyes, primary contact Complete", said)
        assert "No open onboarding matches." in said
        assert 'href="/practices/oak-hill/conversation?caller=' in page
    assert "Closed onboardings" not in text_of(await board.page("q=dana+reyes&status=all"))
    page = await board.page("q=555-0199")
    assert 'href="/practices/elm-road/conversation?caller=' in page and "Closed onboardings" not in text_of(page)


async def test_the_way_back_leads_to_the_view_that_one_left(chromium: Chromium, board: Board) -> None:
    await board.put("oak-hill")
    async with look(chromium, board.browser) as seen:
        await seen.go("/?stage=queue_entry&sort=practice")
        await seen.page.get_by_role("link", name="Oak Hill", exact=True).first.click()
        await seen.page.get_by_role("link", name="Conversation", exact=True).click()
        await seen.page.locator("main").get_by_role("link", name="Board", exact=True).click()
        await expect(seen.page).to_have_url(re.compile(r"/\?stage=queue_entry&sort=practice$"))
        await seen.go("/?q=Oak")
        await seen.page.get_by_role("link", name="Oak Hill", exact=True).first.click()
        await seen.page.locator("main").get_by_role("link", name="Board: “Oak”", exact=True).click()
        await expect(seen.page).to_have_url(re.compile(r"/\?q=Oak$"))
        await seen.page.get_by_role("navigation", name="Main").get_by_role("link", name="Board", exact=True).click()
        await expect(seen.page).to_have_url(re.compile(r"/$"))


async def test_a_long_name_without_a_space_pushes_nothing_out_of_sight(chromium: Chromium, board: Board) -> None:
    late: dict[str, Any] = {"sla": "breached", "due_at": board.now - timedelta(days=1)}
    await board.put("long", practice_name="Ab" * 150, **late)
    await board.put("short", **late)
    async with look(chromium, board.browser, windows=TWO_WINDOWS) as seen:
        await seen.page.set_viewport_size(DESKTOP)
        await seen.go("/")
        for column in ("Practice", "Deadline", "Assigned to"):
            await expect(seen.page.get_by_role("columnheader", name=column)).to_be_in_viewport(ratio=1)
        both = "id=datapoint/long&id=datapoint/short"
        for path in ("/", "/needs", f"/bulk?{both}", "/onboardings/datapoint/long", "/practices/long/conversation"):
            await seen.go(path)
            await seen.check()
        await seen.go(f"/bulk?{both}")
        note = seen.page.locator('form[action="/bulk/commands/note"]')
        await seen.page.locator("summary").filter(has_text="Write a note").click()
        await note.get_by_label("Note").fill("They called.")
        await note.get_by_role("button").click()
        await seen.page.set_viewport_size(DESKTOP)
        await expect(seen.page.get_by_role("columnheader", name="Why")).to_be_in_viewport(ratio=1)
        await seen.check()


async def test_clients_are_found_beside_practices(board: Board, tmp_path: Path) -> None:
    await board.put("oak-hill")
    oak_hill = await Clinic(board.database, "oak-hill", tmp_path).create()
    await oak_hill.import_rows(*(client(number, given_name="Ann", surname=f"Quist-{number}") for number in range(10)))
    page = await board.page("q=quist-1")
    assert "Clients of practices Ann Quist-1 Oak-Hill, Springfield, 555-0101" in text_of(page)
    assert "Clients of practices Ann Quist-7 Oak-Hill" in text_of(await board.page("q=%28312%29+555.0107"))
    assert "Ann Quist-7 Client of Oak-Hill" in text_of((await board.browser.get("/palette?q=555-0107")).text)
    assert 'href="/practices/oak-hill/clients/C1"' in page
    assert (await board.browser.get("/practices/oak-hill/clients/C1")).status_code == 200
    assert "There are more. Type more of the name." in text_of(await board.page("q=quist"))
    palette = (await board.browser.get("/palette?q=ann+quist-1")).text
    assert 'data-go="/practices/oak-hill/clients/C1"' in palette and "Client of Oak-Hill" in palette
