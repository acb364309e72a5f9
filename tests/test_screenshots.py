"""The demo in a terminal; what managers then see in Temporal UI and contacts on their phones; the demo once more.

The pictures are taken at every run, and written into docs/images by `make screenshots` only.
"""

from __future__ import annotations

import email
import os
import pty
import re
import signal
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize, expect

from cli.demo.account import password
from cli.demo.scenario import IDENTITY
from cli.demo.sister_clinics import ADMINS, ELM, NAMES
from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.home import Home
from store.database import connect as connect_database
from tests.browser import keep_picture, running_browser
from tests.cli.shell import EXECUTABLE
from tests.machine.trial_system import fresh_home, own_environment
from tests.mailing import bodies
from tests.patience import PATIENCE

ZONE = "America/Chicago"
PHONE = ViewportSize(width=390, height=844)
COLUMNS = ("Stage", "WaitingOn", "Sla", "DueAt", "Assignee")
UNWANTED = ("Run ID", "Type", "Start", "End")
BOARD = {
    # Where the demo's other practices stand, and whose they are.
    "north-shore-equine": ("queue_entry", "ana"),
    "hillcrest": ("invitation", "ana"),
    "lakeview-cats": ("registration", "sam"),
    "maple-street": ("agent_installation", "ana"),
    "old-mill": ("initial_import", "sam"),
}
SMALLEST = """
() => Math.min(...[...document.body.querySelectorAll("*")]
  .filter((each) => each.offsetHeight > 1)
  .filter((each) => [...each.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()))
  .map((each) => parseFloat(getComputedStyle(each).fontSize)))
"""
"""The size, in pixels, of the smallest text that is shown."""
STORY = re.compile(r"⇣ (?:feed (\d): ([\d,]+) new, ([\d,]+) updated|([\d,]+) merged .*, ([\d,]+) for a person)")
AWAITED = 300
"""Seconds after which a demo hangs."""
OVERDUE, HELD, IMPORTING = "datapoint/hillcrest", "datapoint/prairie-paws", "datapoint/old-mill"


@dataclass(frozen=True)
class World:
    """A system in which the demo has been played."""

    home: Home
    addresses: dict[str, Any]
    desk: Desk

    @property
    def workflows(self) -> str:
        return f"{self.addresses['temporal_ui']}/namespaces/{self.addresses['namespace']}/workflows"

    async def mail(self, kind: str) -> EmailMessage:
        """The last mail of a kind that the demo sent, as it lies in the mailbox."""
        wanted = [mail.message_id for mail in (await self.desk.show(IDENTITY)).mails if mail.kind == kind][-1]
        arrived = messages(Path(self.addresses["mailbox"]))
        return next(message for message in arrived if message["Message-ID"] == wanted)


def messages(mailbox: Path) -> Iterator[EmailMessage]:
    """What lies in a Maildir, as a mail program reads it."""
    for path in (mailbox / "new").iterdir():
        message = email.message_from_bytes(path.read_bytes(), policy=default)
        assert isinstance(message, EmailMessage)
        yield message


@dataclass
class DemoInTerminal:
    """`onboard demo` in a terminal, in which everything keeps running after the story until Ctrl-C."""

    home: Home
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        terminal, theirs = pty.openpty()
        self._process = subprocess.Popen(
            command(self.home),
            env=own_environment() | {"TERM": "dumb"},
            stdin=subprocess.DEVNULL,
            stdout=theirs,
            stderr=subprocess.PIPE,
            text=True,
        )
        os.close(theirs)
        self._terminal = os.fdopen(terminal, encoding="utf-8")

    def read(self, until: str = "") -> None:
        """What it says up to this line, or until it ends."""
        # A terminal that nobody writes to any more cannot be read either.
        with suppress(OSError):
            for line in self._terminal:
                self.said.append(line)
                if until and until in line:
                    return

    def end(self) -> tuple[int, str]:
        """Presses Ctrl-C if it still runs; the exit status, and what was written to stderr."""
        if self._terminal.closed:
            return self._process.returncode, ""
        self._process.send_signal(signal.SIGINT)
        self.read()
        self._terminal.close()
        _, errors = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, errors


def command(home: Home) -> list[str]:
    return [os.fspath(EXECUTABLE), "demo", "--home", os.fspath(home.path)]


@pytest.fixture(scope="module")
def demo() -> Iterator[DemoInTerminal]:
    with fresh_home() as home:
        one = DemoInTerminal(home)
        try:
            one.read(until="The terminal:")
            yield one
        finally:
            one.end()


@pytest.fixture(scope="module")
async def world(demo: DemoInTerminal) -> AsyncIterator[World]:
    addresses = demo.home.running()
    settings = Settings.load(demo.home.path)
    client = await connect(addresses["temporal"], addresses["namespace"], settings=settings)
    database = connect_database(addresses["database"])
    desk = Desk(client, database, settings)
    yield World(demo.home, addresses, desk)
    await database.dispose()


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    async with running_browser() as started:
        yield started


@pytest.fixture
async def page(chromium: Browser) -> AsyncIterator[Page]:
    """A page on a manager's desk, in the team's zone."""
    context = await chromium.new_context(viewport={"width": 1280, "height": 800}, timezone_id=ZONE, locale="en-US")
    yield await context.new_page()
    await context.close()


async def test_the_list_in_temporal_ui_says_where_each_practice_stands_and_on_whom_it_waits(
    world: World, page: Page
) -> None:
    await page.set_viewport_size({"width": 1600, "height": 640})
    await page.goto(world.workflows)
    await page.get_by_label("Configure Columns").click()
    for name in UNWANTED:
        await page.get_by_label(f"Remove {name} column").click()
    for name in COLUMNS:
        await page.get_by_label(f"Add {name} column").click()
    await page.get_by_label("Close Workflows Table configuration").click()
    await expect(page.get_by_text("Configure Workflows Table")).to_be_hidden()
    for practice, (stage, assignee) in BOARD.items():
        row = page.get_by_role("row").filter(has_text=f"datapoint/{practice}")
        await expect(row).to_contain_text(stage)
        await expect(row).to_contain_text(assignee)
    await expect(page.get_by_role("row").filter(has_text=OVERDUE)).to_contain_text("breached")
    await expect(page.get_by_role("row").filter(has_text=HELD)).to_contain_text("none")
    await expect(page.get_by_role("row").filter(has_text=IDENTITY)).to_contain_text("connected")
    for name in COLUMNS:
        await expect(page.get_by_role("columnheader", name=name)).to_be_visible()
    keep_picture("temporal-list", await page.locator("main").screenshot())


async def test_a_filter_in_the_address_finds_what_is_overdue(world: World, page: Page) -> None:
    await page.goto(f"{world.workflows}?query=Sla%3D%22breached%22")
    await expect(page.get_by_role("row").filter(has_text=OVERDUE)).to_be_visible()
    await expect(page.get_by_role("row").filter(has_text="datapoint/")).to_have_count(1)


async def test_the_timeline_of_a_finished_onboarding_reads_as_its_story(world: World, page: Page) -> None:
    await page.set_viewport_size({"width": 1400, "height": 1700})
    await page.goto(world.workflows)
    link = await page.get_by_role("link", name=IDENTITY).get_attribute("href")
    await page.goto(f"{world.addresses['temporal_ui']}{link}")
    await page.get_by_role("button", name="Descending").click()
    last = page.get_by_role("button", name="Event data_received: Completed")
    timeline = page.locator("div", has=last).filter(has=page.get_by_role("heading", name="Timeline")).last
    for fact in ("queued", "invitation_sent", "eula_accepted", "agent_installed", "data_received"):
        await expect(timeline.get_by_text(fact, exact=True).first).to_be_visible()
    for words in (
        "E-mail to the primary contact: queue confirmation",
        "E-mail to the manager: escalation",
    ):
        await expect(timeline).to_contain_text(words)
    await page.mouse.move(0, 0)  # what it rests on is highlighted
    assert re.search(r"Duration\s+2\dd ", await page.locator("body").inner_text())
    keep_picture("temporal-timeline", await timeline.screenshot())


async def test_the_details_of_an_open_one_say_whose_turn_it_is_and_what_comes_next(world: World, page: Page) -> None:
    await page.goto(world.workflows)
    await page.set_viewport_size({"width": 1280, "height": 900})
    link = str(await page.get_by_role("link", name=IMPORTING).get_attribute("href"))
    await page.goto(f"{world.addresses['temporal_ui']}{re.sub('/(timeline|history).*', '/user-metadata', link)}")
    # Markdown is shown in frames of its own.
    summary, current = (page.frame_locator("iframe").nth(number).locator("body") for number in (0, 2))
    back = current.get_by_role("link", name="In the console")
    await expect(back).to_have_attribute("href", f"{world.addresses['web']}/onboardings/{IMPORTING}")
    async with page.context.expect_page() as opened:
        await back.click()
    await (await opened.value).wait_for_url(f"{world.addresses['web']}/sign-in**")
    await expect(summary).to_have_text("Old Mill Veterinary Group · DataPoint")
    await expect(current).to_contain_text("First import of the data · waiting on DataPoint · due")
    await expect(current).to_contain_text("Next automatic step: First import of the data: ")
    keep_picture("temporal-details", await page.locator("main").screenshot())


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (
            "queue_confirmation",
            ("Riverside Veterinary Clinic is now in its queue", "within 48 hours", "junk and spam", "no deadline"),
        ),
        (
            "technical_briefing",
            ("Hello Kim Osei", "on its server", "three things on your page", "Name times that suit you"),
        ),
    ],
)
async def test_a_mail_can_be_read_on_a_phone(
    world: World, chromium: Browser, kind: str, wanted: tuple[str, ...]
) -> None:
    _, html = bodies(await world.mail(kind))
    context = await chromium.new_context(viewport=PHONE, device_scale_factor=2, is_mobile=True)
    page = await context.new_page()
    await page.set_content(html)
    seen = " ".join((await page.locator("body").inner_text()).split())
    support = ("practice-support@pharmacy.example", "(800) 555-0142", "no-reply@datapoint.example", "rivacy policy")
    assert [words for words in (*wanted, *support) if words not in seen] == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    assert await page.evaluate(SMALLEST) >= 12
    keep_picture(f"mail-{kind.replace('_', '-')}", await page.screenshot(full_page=True))
    await context.close()


async def test_a_patient_of_two_clinics_shows_whose_each_record_is(world: World, chromium: Browser) -> None:
    email, _ = ADMINS[ELM]
    context = await chromium.new_context(viewport=PHONE, timezone_id=ZONE, locale="en-US")
    page = await context.new_page()
    await page.goto(f"{world.addresses['web']}/clinic/{ELM}/clients?name=jo")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password", exact=True).fill(password(world.home))
    await page.get_by_role("button", name="Sign in").click()
    await page.get_by_role("link", name="Jo Bell").click()
    await page.get_by_role("link", name="Scooby").click()
    records = page.get_by_role("region", name="Medical records")
    for clinic in NAMES.values():
        await expect(records.get_by_text(clinic, exact=True)).to_be_visible()
    await expect(page.get_by_text("Upcoming", exact=True)).to_have_count(1)
    keep_picture("sharing-patient", await page.screenshot(full_page=True))
    await context.close()


def test_the_demo_succeeds_twice_in_one_home(demo: DemoInTerminal) -> None:
    """The last of this file: it ends the system that the others look at."""
    assert demo.end() == (0, ""), demo.said
    again = subprocess.run(
        command(demo.home), capture_output=True, text=True, env=own_environment(), timeout=AWAITED, check=False
    )
    assert (again.returncode, again.stderr) == (0, ""), again.stdout
    for said in ("".join(demo.said), again.stdout):
        assert "did not come out right" not in said
        brought, people, _, _ = STORY.findall(said)
        number, new, updated, *_ = brought
        assert (number, updated) == ("1", "0"), "a clinic whose data was never seen before"
        assert int(new.replace(",", "")) > 12_400
        *_, merged, to_review = people
        assert int(merged) > 0 and int(to_review) > 0
