"""The example of docs/writing-a-playbook.md, added to a copy of the program and used as any other playbook."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any, TypeVar

import httpx2
import pytest

from machine.home import Home
from store.database import connect
from tests.cli.shell import Shell, practice_file
from tests.documents import ROOT, blocks
from tests.folders import new_folder
from tests.patience import PATIENCE
from tests.web.browser import Browser, text_of
from tests.web.practice.world import ask, confirm, path_in

T = TypeVar("T")

PROGRAM = (
    *("activities", "cli", "configuration", "desk", "integrations", "machine", "migrations", "partners", "pharmacy"),
    *("playbooks", "practice_page", "store", "templates", "web", "workflows"),
)


@dataclass(frozen=True)
class Product:
    """The running copy, with its command line `onboard` and its `addresses`."""

    onboard: Shell
    addresses: dict[str, Any]

    def mails(self, to: str) -> list[EmailMessage]:
        """Returns the mails to an address, the oldest first."""
        files = sorted((Path(self.addresses["mailbox"]) / "new").iterdir(), key=lambda path: path.stat().st_mtime_ns)
        found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in files]
        return [mail for mail in found if to in str(mail["To"])]

    def start(self, practice: str) -> str:
        """Starts an onboarding by the command line; returns its ID."""
        self.onboard.ok("start", "storefront", "-", stdin=json.dumps(practice_file(practice)))
        return f"storefront/{practice}"

    def show(self, identity: str) -> Any:
        return self.onboard.ok("show", identity, "--json").json

    @asynccontextmanager
    async def colleague(self, handle: str) -> AsyncIterator[Browser]:
        """A browser in which a new specialist is signed in."""
        database = connect(self.addresses["database"])
        try:
            one = await Browser.of_new_person(self.addresses["web"], database, "specialist", handle)
            async with one:
                yield one
        finally:
            await database.dispose()


@pytest.fixture(scope="module")
def written() -> Iterator[Path]:
    """A copy of the program with the files and lines of the document."""
    folder = new_folder("storefront")
    try:
        for name in PROGRAM:
            shutil.copytree(ROOT / name, folder / name)
        shutil.copy2(ROOT / "worker.py", folder)
        text = (ROOT / "docs" / "writing-a-playbook.md").read_text(encoding="utf-8")
        named = re.findall(r"^`([\w/.-]+\.(?:py|mjml|html))`[^\n]*:$", text, re.MULTILINE)
        contents = [block.text for block in blocks(text) if block.language in ("python", "jinja")]
        for name, content in zip(named, contents, strict=False):
            (folder / name).write_text(content, encoding="utf-8")
        assert {Path(name).suffix for name in named} == {".py", ".mjml", ".html"}
        registry, lines = folder / "playbooks" / "registry.py", contents[-1].split("\n\n")
        now = registry.read_text(encoding="utf-8")
        new = now.replace("\nPLAYBOOKS", f"{lines[0]}\n\nPLAYBOOKS", 1)
        new = re.sub(r"^PLAYBOOKS: .*$", lines[1].strip(), new, count=1, flags=re.MULTILINE)
        registry.write_text(new, encoding="utf-8")
        yield folder
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def product(written: Path, new_home: Callable[[], AbstractContextManager[Home]]) -> Iterator[Product]:
    """The copy, started by `onboard up`."""
    with new_home() as home:
        yield from running_product(written, home)


def running_product(written: Path, home: Home) -> Iterator[Product]:
    variables = {
        "PYTHONPATH": os.fspath(written),
        "ONBOARD_HOME": os.fspath(home.path),
        "ONBOARD_BY": "ana",
        "ONBOARD_PEOPLE": "ana=ana@pharmacy.test",
    }
    shell = Shell(written, variables)
    running = shell.start("up", "--home", os.fspath(home.path), "--time-travel", "--no-standins")
    try:
        eventually(home.read_ready, lambda ready: ready is not None or running.poll() is not None)
        assert running.poll() is None, running.communicate()
        yield Product(shell, home.running())
    finally:
        running.send_signal(signal.SIGINT)
        _, errors = running.communicate(timeout=PATIENCE)
    assert running.returncode == 0, errors.decode()


def eventually(look: Callable[[], T], seen: Callable[[T], Any]) -> T:
    """Repeats `look` until its result is as wanted."""
    deadline = time.monotonic() + PATIENCE
    while True:
        last = look()
        if seen(last):
            return last
        assert time.monotonic() < deadline, f"not seen; last: {last}"
        time.sleep(0.05)


def test_its_rules_can_be_read_and_rehearsed(written: Path) -> None:
    shell = Shell(written, {"PYTHONPATH": os.fspath(written)})
    file = shell.write("cedar-creek.json", practice_file("cedar-creek"))
    assert "shop_approved" in shell.ok("playbook", "storefront").out
    assert "shop_approved" in shell.ok("playbook", "storefront", "--diagram").out
    story = shell.ok("rehearse", "storefront", file, "--late").out
    assert "The shop of Practice cedar-creek is ready for you to look at" in story
    assert "DataPoint" not in story


def test_it_is_completed_by_the_command_line(product: Product) -> None:
    onboard, identity = product.onboard, product.start("by-command")
    assert "waiting on the practice's primary contact" in onboard.ok("explain", identity).out
    logo = json.dumps({"file": "https://by-command.test/logo.svg", "sent_by": "Dana"})
    onboard.ok("record", identity, "logo_received", "--data", logo, "--by", "dana")
    onboard.ok("record", identity, "preview_ready", "--by", "ana")
    [mail] = eventually(lambda: product.mails("dana@by-command.test"), lambda mails: len(mails) == 1)
    assert mail["Subject"] == "The shop of Practice by-command is ready for you to look at"
    onboard.ok("record", identity, "shop_approved", "--by", "dana")
    assert product.show(identity)["status"] == "complete"
    listed = eventually(
        lambda: onboard.ok("list", "--playbook", "storefront", "--status", "complete", "--json").json,
        lambda rows: [row["id"] for row in rows] == [identity],
    )
    assert listed[0]["stage"] == "live"
    assert "Preview of the shop" in onboard.ok("report", "--playbook", "storefront").out


async def test_a_contact_reports_on_the_practices_page(product: Product) -> None:
    identity, dana = product.start("by-page"), "dana@by-page.test"
    product.onboard.ok("fast-forward", identity, "100h")
    [reminder] = eventually(lambda: product.mails(dana), lambda mails: len(mails) == 1)
    page = path_in(reminder)
    async with Browser(product.addresses["web"]) as phone:
        told = text_of((await phone.get(page)).text)
        assert "The online shop of Practice by-page" in told and "DataPoint" not in told
        assert "It is your turn Send us the practice's logo. Send the logo" in told
        form = text_of((await phone.get(f"{page}/report-logo_received")).text)
        assert "Address of the file" in form and "Where we can download it." in form and "Sent by" in form
        again = await ask(phone, page, "report-logo_received", d_sent_by="Dana")
        assert "Address of the file is missing." in text_of(again.text)
        given = {"d_file": "https://by-page.test/logo.svg", "d_sent_by": "Dana"}
        question = await ask(phone, page, "report-logo_received", **given)
        assert product.show(identity)["stage"] == "logo", "nothing happens before they say yes"
        assert "Address of the file: https://by-page.test/logo.svg" in text_of(question.text)
        assert "It is on record: logo received." in text_of((await confirm(phone, question)).text)
        [fact] = [each for each in product.show(identity)["facts"] if each["name"] == "logo_received"]
        assert (fact["by"], fact["data"]["file"]) == ("contact:dana", "https://by-page.test/logo.svg")
        assert "preview-ready" not in (await phone.get(page)).text, "the team reports that"

        product.onboard.ok("record", identity, "preview_ready", "--by", "ana")
        assert "Approve the shop" in text_of((await phone.get(page)).text)
        question = await ask(phone, page, "report-shop_approved")
        assert "Shop approved by the practice" in text_of(question.text)
        done = text_of((await confirm(phone, question)).text)
        assert "It is on record: shop approved by the practice." in done and "Everything is done." in done
        assert (await phone.get(f"{page}/report-shop_approved")).status_code == 409
    assert product.show(identity)["status"] == "complete"


async def test_a_colleague_records_in_the_console(product: Product) -> None:
    async with product.colleague("bo") as browser:
        given = {"playbook": "storefront", "name": "By Console", "id": "by-console", "time_zone": "America/Denver"}
        given |= {"contact_name": "Dana Reyes", "contact_email": "dana@by-console.test", "country": "US", "state": "CO"}
        started = await browser.submit("/start", given, "/start")
        home = "/onboardings/storefront/by-console"
        assert str(started.url).endswith(home)
        shown = text_of(started.text)
        assert "Logo received" in shown and "DataPoint" not in shown
        fields = {"d_file": "https://by-console.test/logo.svg", "d_sent_by": "Dana"}
        recorded = await browser.submit(home, fields, f"{home}/facts/logo_received")
        assert "Preview of the shop" in text_of(recorded.text)
        await browser.submit(home, {}, f"{home}/facts/preview_ready")
        assert product.show("storefront/by-console")["stage"] == "approval"
        for path in ("/", "/needs", "/reports", "/mails/templates", f"/links/{home.removeprefix('/onboardings/')}"):
            assert (await browser.get(path)).status_code == 200, path
        preview = text_of((await browser.get("/mails/templates/preview_ready/html")).text)
        assert "The online shop of Riverside Veterinary Clinic is set up" in preview
        assert "DataPoint" not in preview


async def test_a_program_reports_by_the_api(product: Product) -> None:
    headers = {"Authorization": f"Bearer {product.addresses['api_token']}"}
    async with httpx2.AsyncClient(base_url=product.addresses["web"], headers=headers, timeout=PATIENCE) as api:
        rules = {each["name"]: each for each in (await api.get("/api/playbooks")).json()["items"]}
        assert [fact["name"] for fact in rules["storefront"]["facts"]] == [
            *("logo_received", "preview_ready", "shop_approved")
        ]
        started = await api.post("/api/onboardings", json=practice_file("by-program") | {"playbook": "storefront"})
        address = started.headers["location"]
        logo = {"file": "https://by-program.test/logo.svg", "sent_by": "Dana"}
        for fact, data in (("logo_received", logo), ("preview_ready", {})):
            answer = await api.post(f"{address}/facts/{fact}", json={"data": data})
            assert answer.status_code == 200, answer.text
        noted = await api.post(f"{address}/commands/note", json={"why": "They like it"})
        assert noted.json()["outcome"] == "recorded"
        approved = await api.post(f"{address}/facts/shop_approved", json={"data": {}})
        assert approved.json()["status"] == "complete"
        assert (await api.get(address)).json()["stage"] == "live"
