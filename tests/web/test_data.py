"""A practice's data in the console: feeds handed in, followed, decided upon, and what was set aside of them."""

from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import text

from pharmacy.records import feeds
from pharmacy.records.clinic import clinic_transaction as of_practice
from playbooks.feed_watch.values import FeedRow
from store.journal import feed_status
from tests.records.clinics import patient
from tests.system.harness import eventually
from tests.web.browser import Browser, SignedIn, form_on, text_of
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.looking import TWO_WINDOWS, look

__all__ = ["clinic"]


async def hand_in(
    browser: Browser, clinic: DataPractice, content: bytes, name: str = "export.ndjson"
) -> httpx2.Response:
    page, action = f"{clinic.pages}/data", f"/data/feeds/{clinic.id}"
    form = form_on((await browser.get(page)).text, action)
    return await browser.client.post(action, data=form, files={"file": (name, content)})


def animals(count: int, **more: object) -> list[dict[str, object]]:
    return [client(1), *(patient(number, 1, **more) for number in range(1, count + 1))]


async def test_dp11_a_feed_is_handed_in_and_its_result_told(specialist: Browser, clinic: DataPractice) -> None:
    content = gzip.compress(clinic.export(client(1), client(2, email="nobody"), patient(1, 1), patient(2, 7)))
    said = text_of((await hand_in(specialist, clinic, content, "Export of today.ndjson.gz")).text)
    assert "Export of today.ndjson.gz has come as feed 1; below it says how far it is." in said
    await clinic.feed(1)
    shown = (await specialist.get(f"{clinic.pages}/data")).text
    assert '<a href="/data" aria-current="page">Data</a>' in shown
    said = text_of(shown)
    assert f"by {specialist.name}" in said
    assert "2 new clients, 1 new patient 1 row set aside 1 value left out" in said
    assert "2 clients and 1 patient are in the database" in said
    page = text_of((await specialist.get(f"{clinic.pages}/data/feeds/1")).text)
    assert "Its client C7 is neither in the feed nor known, or was set aside." in page
    table = (await specialist.get(f"{clinic.pages}/data/feeds/1/set-aside.csv")).text
    assert table.splitlines()[0] == "\ufeffline,what,id,value,reason,original row"
    assert len(table.splitlines()) == 3


async def test_the_same_file_again_is_the_same_feed(specialist: Browser, clinic: DataPractice) -> None:
    content = clinic.export(client(1))
    await hand_in(specialist, clinic, content)
    said = text_of((await hand_in(specialist, clinic, content, "copy.ndjson")).text)
    assert "This file was uploaded before as feed 1; nothing was added." in said


async def test_what_is_no_feed_is_told_in_a_sentence(specialist: Browser, clinic: DataPractice) -> None:
    for content, sentence in ((b"", "is empty"), (b"hello", "")):
        answer = await hand_in(specialist, clinic, content, "odd.csv")
        assert "Traceback" not in answer.text
        if sentence:
            assert answer.status_code == 422 and sentence in text_of(answer.text)
    feed = await clinic.feed(1)
    assert feed.state == "refused" and feed.why
    said = text_of((await specialist.get(f"{clinic.pages}/data")).text)
    assert "Refused" in said and feed.why in said


async def test_a_picture_is_refused_at_its_upload_and_becomes_no_feed(
    specialist: Browser, clinic: DataPractice
) -> None:
    answer = await hand_in(specialist, clinic, bytes(range(256)) * 8, "photo.png")
    assert answer.status_code == 422
    assert "photo.png is no table of text: save the table as CSV and send that." in text_of(answer.text)
    assert "Feed 1" not in answer.text


async def test_a_feed_that_asks_is_refused_or_taken_in_with_a_reason(specialist: Browser, clinic: DataPractice) -> None:
    await clinic.import_rows(*animals(20))
    await clinic.import_rows(*animals(20, deceased=True))
    page, action = f"{clinic.pages}/data", f"{clinic.pages}/data/feeds/2/decision"
    said = text_of((await specialist.get(page)).text)
    assert "Feed 2 needs a decision It marks 20 of 20 patients as deceased." in said
    answer = await specialist.submit(page, {"decision": "refuse", "why": " "}, action)
    assert answer.status_code == 422 and "Say why" in text_of(answer.text)
    await specialist.submit(page, {"decision": "refuse", "why": "The clinic exported the wrong column"}, action)
    assert (await clinic.feed(2, asks=False)).state == "refused"
    said = text_of((await specialist.get(page)).text)
    assert f"{specialist.name} refused it: The clinic exported the wrong column" in said
    await clinic.import_rows(*animals(20, deceased=True, name="Rex"))
    await specialist.submit(
        page, {"decision": "take", "why": "A kennel burned"}, f"{clinic.pages}/data/feeds/3/decision"
    )
    feed = await clinic.feed(3, asks=False)
    assert (feed.state, feed.updated_patients, feed.decided_by) == ("done", 20, specialist.handle)
    late = await specialist.client.post(action, data={"csrf": await specialist.token(), "decision": "take", "why": "x"})
    assert late.status_code == 422 and "does not wait for a decision" in text_of(late.text)


async def test_the_watch_is_paused_and_resumed(specialist: Browser, clinic: DataPractice) -> None:
    page = f"{clinic.pages}/data"
    assert "The watch begins when the practice is connected." in text_of((await specialist.get(page)).text)
    await clinic.register()
    await clinic.import_rows(client(1), patient(1, 1))

    async def said() -> str:
        return text_of((await specialist.get(page)).text)

    await eventually(said, lambda text: "Is data flowing? Flowing" in text)
    await specialist.submit(page, {"why": "The clinic moves house", "until": ""}, f"{page}/watch/pause")
    await eventually(said, lambda text: f"{specialist.name} paused it: The clinic moves house" in text)
    await specialist.submit(page, {"why": "They are back"}, f"{page}/watch/resume")
    await eventually(said, lambda text: "Is data flowing? Paused" not in text and "They are back" in text)


async def test_who_only_looks_hands_in_nothing(signed_in: SignedIn, clinic: DataPractice) -> None:
    await clinic.import_rows(*animals(20))
    await clinic.import_rows(*animals(20, deceased=True))
    viewer = await signed_in("viewer")
    page = (await viewer.get(f"{clinic.pages}/data")).text
    assert "Feed 2 needs a decision" in page and '<form method="post" action="/practices' not in page
    for path in (
        f"/data/feeds/{clinic.id}",
        f"{clinic.pages}/data/feeds/2/decision",
        f"{clinic.pages}/data/watch/pause",
    ):
        data = {"csrf": await viewer.token(), "decision": "take", "why": "x"}
        assert (await viewer.client.post(path, data=data)).status_code == 403
    assert (await viewer.get("/practices/nowhere/data")).status_code == 404
    assert (await viewer.get(f"{clinic.pages}/data/feeds/9")).status_code == 404


async def test_everybody_can_read_it(chromium: Chromium, specialist: Browser, clinic: DataPractice) -> None:
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(f"{clinic.pages}/data")
        await seen.check()
        await clinic.import_rows(*animals(20), patient(30, 30), client(9, email="nobody"))
        await clinic.import_rows(*animals(20, deceased=True))
        await expect(seen.page.get_by_text("20 new patients")).to_be_visible()
        await seen.go(f"{clinic.pages}/data")
        await seen.check()
        await seen.go(f"{clinic.pages}/data/feeds/1")
        await seen.check()


async def test_the_board_tells_how_all_feeds_stand(specialist: Browser, clinic: DataPractice) -> None:
    await clinic.import_rows(*animals(20))
    await clinic.import_rows(*animals(20, deceased=True))
    board = text_of((await specialist.get("/")).text)
    assert re.search(r"Data of connected practices :.* feeds? needs? a decision", board)
    assert "Data of connected practices" not in (await specialist.get("/?assignee=me")).text, "it is not theirs"
    needs = text_of((await specialist.get("/needs")).text)
    assert f"Practice {clinic.id} Feed stopped Feed 2 stopped: It marks 20 of 20 patients as deceased." in needs
    said = text_of((await specialist.get("/data")).text)
    assert f"Practice {clinic.id} last feed" in said
    assert "Needs a decision Feed 2: It marks 20 of 20 patients as deceased. Decide" in said
    assert f"/practices/{clinic.id}/data" in (await specialist.get(f"/onboardings/{clinic.identity}")).text


async def test_a_watch_of_which_the_clock_was_moved_is_told_by_its_own_clock(
    specialist: Browser, clinic: DataPractice
) -> None:
    await clinic.import_rows(*animals(2))
    ahead = datetime.now(UTC) + timedelta(days=30)
    nothing: dict[str, Any] = dict.fromkeys(
        ("changed_at", "clients", "patients", "assignee", "reason", "by", "why", "until", "next_at")
    )
    known: dict[str, Any] = {"practice": clinic.id, "practice_name": f"Practice {clinic.id}", "run": "r", "version": 1}
    moved: dict[str, Any] = {"state": "flowing", "since": ahead, "agent_at": ahead, "feed_at": ahead}
    await feed_status.publish(clinic.desk.database, FeedRow(**known, **moved, **nothing), [])
    page = text_of((await specialist.get("/data")).text)
    said = page.partition(f"Practice {clinic.id} Flowing ")[2][:100]
    assert "by its own clock" in said and " ago" not in said and f" {ahead:%b}" in said, page
    assert page.count("moved ahead. Our clock shows") == 1


async def test_how_far_a_feed_is_shows_without_a_reload(
    chromium: Chromium, specialist: Browser, clinic: DataPractice
) -> None:
    await stands(clinic, "reading", 40)
    page = (await specialist.get(f"{clinic.pages}/data")).text
    assert '<noscript><meta http-equiv="refresh" content="3"></noscript>' in page
    async with look(chromium, specialist) as seen:
        await seen.go(f"{clinic.pages}/data")
        bar = seen.page.get_by_label("How far feed 1 is")
        await expect(bar).to_have_js_property("position", 0.4)
        await stands(clinic, "reading", 90)
        await expect(bar).to_have_js_property("position", 0.9)
        await seen.check()
        await stands(clinic, "asking", 100)
        await expect(seen.page.get_by_role("heading", name="Feed 1 needs a decision")).to_be_visible()
        await seen.page.get_by_label("Why").fill("The clinic says so")
        await seen.check()


async def stands(clinic: DataPractice, state: str, rows: int) -> None:
    """A feed that stands like this, at which nobody works."""
    await feeds.ensure_practice(clinic.desk.database, clinic.id)
    told = {"practice": clinic.id, "state": state, "rows": rows}
    told |= {"why": "It lacks 9 of 10 clients." if state == "asking" else None}
    query = """
        INSERT INTO feeds (practice, number, name, sha256, size, by, state, rows_total, rows_read, why)
        VALUES (:practice, 1, 'export.zip', '', 1, 'ana', :state, 100, :rows, :why) ON CONFLICT (practice, number)
        DO UPDATE SET state = excluded.state, rows_read = excluded.rows_read, why = excluded.why
    """
    async with of_practice(clinic.desk.database, clinic.id) as connection:
        await connection.execute(text(query), told)
