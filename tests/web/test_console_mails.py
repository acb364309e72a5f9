"""Mails: the stop for all of them, what waits and why, the mailbox of one machine, and how each mail looks."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.registry import PLAYBOOKS
from store.mail import ledger, outbox
from templates.render import kinds
from tests.store.samples import letter
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, next_number, text_of
from tests.web.busy_day import Busy
from tests.web.looking import look

FIRST = "1767600000.M0P1.here"
LAST = f"{1_767_600_000 + 60 * 52}.M52P1.here"


@pytest.fixture
async def let_out(database: AsyncEngine) -> AsyncIterator[None]:
    """Whatever a test does: mail goes out again afterwards."""
    yield
    await outbox.resume(database, "test")


async def test_why_mail_waits_that_our_own_sending_keeps_back(specialist: Browser, database: AsyncEngine) -> None:
    mail = letter("kept-back", onboarding=None, run=None)
    await ledger.store(database, [mail])
    try:
        await ledger.claim(database, mail.key)
        await ledger.release(database, mail.key, 1, "Relay access denied: check SMTP_URL.", "ours")
        shown = text_of((await specialist.client.get("/mails")).text)
    finally:
        await ledger.sent(database, mail.key)
    assert "Mail is waiting" in shown
    assert "Relay access denied: check SMTP_URL." in shown


@pytest.mark.usefixtures("let_out")
async def test_a_manager_stops_all_mail_and_lets_it_out_again(
    signed_in: SignedIn, specialist: Browser, practice: Practice
) -> None:
    manager = await signed_in("manager")
    without = await manager.submit("/mails", {"why": "  "}, "/mails/pause")
    assert (without.status_code, "Say why you pause all mail" in text_of(without.text)) == (422, True)
    await manager.submit("/mails", {"why": "A wrong template <b>"}, "/mails/pause")
    said = text_of((await specialist.get("/mails")).text)
    assert "All mail is paused" in said and f"By {manager.name}, since" in said
    assert "A wrong template <b>" in said
    assert "All mail is paused by" in text_of((await specialist.get("/")).text)
    await practice.start()
    await practice.record("queued")

    async def waiting() -> str:
        return text_of((await specialist.get("/mails")).text)

    found = await eventually(waiting, lambda text: f"to {practice.contact}, written" in text)
    assert "onboard mail" not in found
    assert practice.mailbox.to(practice.contact) == []
    answer = await manager.submit("/mails", {"why": "Corrected"}, "/mails/resume")
    assert re.search(r"Mail is sent again; [1-9]\d* were waiting.", text_of(answer.text))
    await practice.mailbox.wait_for(practice.contact)
    await eventually(waiting, lambda text: f"to {practice.contact}, written" not in text)


async def test_what_went_out_on_a_day_is_found_by_whom_it_went_to(specialist: Browser, database: AsyncEngine) -> None:
    word = f"zebra-{next_number()}"
    mails = [letter(f"{word}/{number}", subject=f"About {word} {number}", run=word) for number in range(52)]
    mails.append(
        letter(f"{word}/ours", subject=f"For us, {word}", run=word, role="assignee", to_email="ana@pharmacy.test")
    )
    await ledger.store(database, mails)
    at = "timestamptz '2026-03-02 12:00Z' + row_number() OVER (ORDER BY length(key), key) * interval '1 minute'"
    went = f"(SELECT key, {at} AS at FROM mails WHERE run = '{word}') went"
    async with database.begin() as connection:
        await connection.execute(
            text(f"UPDATE mails SET state = 'sent', sent_at = went.at FROM {went} WHERE mails.key = went.key")
        )
    page = (await specialist.get(f"/mails?day=2026-03-02&q={word}")).text
    assert "Sent Mon 2 Mar" in text_of(page)
    assert re.findall(rf"About {word} (\d+)", page) == [str(number) for number in range(51, 2, -1)]
    assert "to Dana Reyes dana@riverside.test, Mon 2 Mar" in text_of(page)
    [more] = re.findall(r'rel="next" href="([^"]+)"', page)
    assert re.findall(rf"About {word} (\d+)", (await specialist.get(unescape(more))).text) == ["2", "1", "0"]
    ours = text_of((await specialist.get(f"/mails?day=2026-03-02&q={word}&to=colleagues")).text)
    assert f"For us, {word}" in ours and f"About {word}" not in ours
    practices = text_of((await specialist.get(f"/mails?day=2026-03-02&q={word}+51&to=practices")).text)
    assert f"About {word} 51" in practices and f"For us, {word}" not in practices
    later = (await specialist.get(f"/mails?day=2026-03-03&q={word}&after=nonsense")).text
    assert "No mail of this day matches." in later and "/mails?day=2026-03-02" in later
    assert (await specialist.get("/mails?day=soon&to=zebras")).status_code == 200


async def test_a_mail_about_several_practices_opens_as_it_was_sent(
    chromium: Chromium, specialist: Browser, database: AsyncEngine
) -> None:
    word = f"okapi-{next_number()}"
    html = f"<!doctype html><html><head></head><body>Today: {word}</body></html>"
    mail = letter(
        f"{word}/a&b", onboarding=None, run=None, subject=f"Digest {word}", text=f"In words {word}", html=html
    )
    await ledger.store(database, [mail])
    async with database.begin() as connection:
        sent = "UPDATE mails SET state = 'sent', sent_at = '2026-03-04 12:00Z' WHERE key = :key"
        await connection.execute(text(sent), {"key": mail.key})
    async with look(chromium, specialist) as seen:
        await seen.go(f"/mails?day=2026-03-04&q={word}")
        await seen.page.get_by_role("link", name=f"Digest {word}").click()
        await expect(seen.page.frame_locator("iframe").get_by_text(f"Today: {word}")).to_be_visible()
        await expect(seen.page.get_by_text(f"In words {word}")).to_be_visible()
    assert (await specialist.get("/mails/one?key=nothing")).status_code == 404


@pytest.mark.parametrize("action", ["pause", "resume"])
async def test_only_managers_stop_mail(specialist: Browser, database: AsyncEngine, action: str) -> None:
    page = (await specialist.get("/mails")).text
    assert f"/mails/{action}" not in page
    data = {"csrf": await specialist.token(), "why": "x"}
    assert (await specialist.client.post(f"/mails/{action}", data=data)).status_code == 403
    assert not (await outbox.switch(database)).paused


async def test_the_mailbox_shows_the_latest_first_in_pages(busy: Busy) -> None:
    page = (await busy.manager.get("/mails/box")).text
    subjects = re.findall(r"is in DataPoint&#39;s queue (\d+)</a>", page)
    assert subjects == [str(number) for number in range(52, 2, -1)]
    [more] = re.findall(r'rel="next" href="([^"]+)"', page)
    rest = (await busy.manager.get(unescape(more))).text
    assert re.findall(r"is in DataPoint&#39;s queue (\d+)</a>", rest) == ["2", "1", "0"]
    assert 'rel="next"' not in rest


async def test_a_message_is_shown_whole_and_nothing_of_it_runs(chromium: Chromium, busy: Busy) -> None:
    async with look(chromium, busy.manager) as seen:
        asked: list[str] = []
        seen.page.on("request", lambda request: asked.append(request.url))
        await seen.go(f"/mails/box/{LAST}")
        frame = seen.page.frame_locator("iframe")
        await expect(frame.get_by_text("Hello Dana.")).to_be_visible()
        await expect(frame.get_by_role("link", name="See")).to_have_attribute("href", "http://console.test/p/secret")
        await expect(seen.page.get_by_text("Hello Dana. See http://console.test/p/secret")).to_be_visible()
        await seen.page.get_by_text("All headers").click()
        await expect(seen.page.get_by_text("Example Pharmacy <support@pharmacy.test>").first).to_be_visible()
        refused = " ".join(seen.complaints)
        assert "Blocked script execution" in refused and "pixel.png" in refused
        seen.complaints.clear()
        await seen.check()
        assert all(url.startswith(busy.address) for url in asked if "pixel" not in url)


async def test_the_mailbox_is_for_those_who_may_act(busy: Busy, specialist: Browser) -> None:
    for path in ("/mails/box", f"/mails/box/{LAST}", f"/mails/box/{LAST}/html"):
        assert (await busy.viewer.get(path)).status_code == 403
    assert "/mails/box" not in (await busy.viewer.get("/mails")).text
    elsewhere = await specialist.get("/mails/box")
    assert (elsewhere.status_code, "This system sends its mail through another server." in elsewhere.text) == (
        404,
        True,
    )
    assert "/mails/box" not in (await specialist.get("/mails")).text


@pytest.mark.parametrize("name", ["nothing", "..%2F..%2Fonboard.toml", ".hidden", "%00", f"{FIRST}%2F..", "a" * 300])
async def test_no_other_file_is_shown(busy: Busy, name: str) -> None:
    for path in (f"/mails/box/{name}", f"/mails/box/{name}/html"):
        answer = await busy.manager.get(path, follow_redirects=False)
        assert answer.status_code == 404, path


async def test_every_kind_of_mail_has_its_template_page(busy: Busy) -> None:
    page = (await busy.viewer.get("/mails/templates")).text
    listed = set(re.findall(r'href="/mails/templates/([a-z_]+)"', page))
    assert listed == set(kinds())
    assert {kind for book in PLAYBOOKS.values() for kind in book.mail_kinds} <= listed
    for kind in sorted(listed):
        shown = await busy.viewer.get(f"/mails/templates/{kind}")
        html = await busy.viewer.get(f"/mails/templates/{kind}/html")
        assert (shown.status_code, html.status_code) == (200, 200), kind
        [plain] = re.findall(r'<pre class="letter-text"[^>]*>(.+?)</pre>', shown.text, re.DOTALL)
        assert len(plain) > 100 and "{{" not in plain
        assert "<html" in html.text and "sandbox" in html.headers["content-security-policy"]
    said = text_of(page)
    assert "Queue confirmation" in said and "to the primary contact: “In DataPoint's request queue” is reported" in said
    rows = [text_of(each) for each in page.split("<li data-row>")[1:]]
    assert len(rows) == len(kinds()), "each once"
    assert all(re.search(r" to the [\w ]+: ", each) and not re.search("[a-z]_[a-z]", each) for each in rows)
    assert (await busy.viewer.get("/mails/templates/zebra")).status_code == 404
