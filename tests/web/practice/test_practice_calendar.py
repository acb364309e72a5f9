"""The time that the page names, as an entry for the reader's calendar."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from icalendar import Calendar

from practice_page.named_time import NamedTime
from tests.moments import CHICAGO
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, shown
from web.practice.calendar import calendar_of

OFFER = "Put this time into my calendar"


def entry_of(content: bytes) -> Any:
    (entry,) = Calendar.from_ical(content).walk("VEVENT")
    return entry


async def added(phone: Browser, path: str) -> Any:
    """The entry that the page offers."""
    assert OFFER in text_of((await phone.get(path)).text)
    answer = await phone.get(f"{path}/calendar.ics")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="datapoint.ics"'
    return entry_of(answer.content)


async def test_the_time_that_datapoint_has_goes_into_a_calendar(clinic: Clinic, phone: Browser) -> None:
    await clinic.start(name="Oak, Elm; & Ash")
    queued = datetime.now(UTC) - timedelta(hours=20)
    await clinic.record("queued", at=queued)
    path = await clinic.link(clinic.contact)
    entry, due = await added(phone, path), queued + timedelta(hours=48)
    assert entry["DTSTART"].dt == due.replace(microsecond=0)
    assert entry["SUMMARY"] == "DataPoint e-mails the primary contact (Oak, Elm; & Ash)"
    until = f"DataPoint has until {shown(due)}. There is no deadline on your side."
    assert str(entry["DESCRIPTION"]).startswith(until) and "junk and spam" in entry["DESCRIPTION"]
    # Calendars are shared, and whoever has the link gets in.
    assert path.removeprefix("/p/") not in entry.to_ical().decode().replace("\r\n ", "")
    await clinic.command("extend", until=due + timedelta(days=3))
    later = await added(phone, path)
    assert (later["UID"], later["DTSTART"].dt) == (entry["UID"], (due + timedelta(days=3)).replace(microsecond=0))


async def test_no_time_is_offered_where_none_is_named(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert OFFER not in text_of((await phone.get(path)).text)
    gone = await phone.get(f"{path}/calendar.ics")
    assert (gone.status_code, "There is no time to put into a calendar" in text_of(gone.text)) == (404, True)
    assert (await phone.get(f"/p/{'x' * 43}/calendar.ics")).status_code == 410
    await registering.register()
    await registering.record("agent_installed")
    told = text_of((await phone.get(path)).text)
    assert "This is an estimate" in told and OFFER not in told


@pytest.mark.parametrize(
    ("local", "instant"),
    [
        (datetime(2026, 3, 7, 9, tzinfo=CHICAGO), "20260307T150000Z"),
        (datetime(2026, 3, 8, 9, tzinfo=CHICAGO), "20260308T140000Z"),
        (datetime(2026, 11, 1, 1, 30, tzinfo=CHICAGO), "20261101T063000Z"),
        (datetime(2026, 11, 1, 1, 30, fold=1, tzinfo=CHICAGO), "20261101T073000Z"),
    ],
)
def test_an_entry_means_one_instant_also_where_clocks_change(local: datetime, instant: str) -> None:
    named = NamedTime("a", local, "invitation", "DataPoint")
    assert f"DTSTART:{instant}\r\n".encode() in calendar_of(named, "Title", "About", "Willow")


def test_what_a_name_contains_stays_text_and_lines_stay_short() -> None:
    evil = "Oak; Elm, \\ Co\r\nEND:VEVENT\nBEGIN:VEVENT " + "é" * 200
    content = calendar_of(NamedTime("a", datetime.now(UTC), "invitation", "D"), evil, evil, "Willow\r\nX-EVIL:1")
    assert max(len(line) for line in content.split(b"\r\n")) <= 75
    assert content.count(b"\r\nBEGIN:VEVENT") == 1 and b"\r\nX-EVIL" not in content
    assert str(entry_of(content)["SUMMARY"]).replace("\r", "") == evil.replace("\r", "")
