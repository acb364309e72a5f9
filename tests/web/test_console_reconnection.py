"""DP7: the page of a practice that was connected leads to the open reconnection, and that one back."""

from __future__ import annotations

from playwright.async_api import Browser as Chromium

from store.journal import journal
from tests.system.feeds import Reconnection
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, text_of
from tests.web.looking import look


async def test_dp7_a_complete_onboarding_names_the_open_reconnection(
    practice: Practice, specialist: Browser, chromium: Chromium
) -> None:
    await practice.start()
    await practice.register()
    await practice.record("data_received")
    await practice.handle.result()
    database, home = practice.desk.database, f"/onboardings/{practice.identity}"
    lost = Reconnection(practice.desk, practice.mailbox, practice.id)
    there = f"/onboardings/{lost.identity}"
    assert there not in (await specialist.get(home)).text

    await lost.desk.start(lost.identity.partition("/")[0], lost.request(), "sam")
    await lost.record("technical_contact_designated", name="Lee Park", email=f"lee@{lost.id}.test")
    await lost.record("connection_lost")
    await eventually(lambda: journal.find(database, lost.identity), lambda row: bool(row and row.stage == "check"))
    await eventually(lambda: journal.find(database, practice.identity), lambda row: bool(row and row.closed_at))
    page = (await specialist.get(home)).text
    assert "Connection lost Call the technical contact; if they have left, ask the practice who took over" in text_of(
        page
    )
    assert f'href="{there}"' in page
    page = (await specialist.get(there)).text
    assert f'href="{home}"' in page and "Replace the technical contact" in text_of(page)
    await lost.record("technical_contact_designated", name="Kim Sorensen", email=f"kim@{lost.id}.test")
    said = text_of((await specialist.get(f"/practices/{practice.id}/conversation")).text)
    assert "Kim Sorensen, technical contact" in said and "Lee Park, technical contact" not in said
    async with look(chromium, specialist) as seen:
        for path in (home, there):
            await seen.go(path)
            await seen.check()

    await lost.record("data_flowing")
    await eventually(lambda: journal.find(database, lost.identity), lambda row: bool(row and row.closed_at))
    assert f'href="{there}"' not in (await specialist.get(home)).text
