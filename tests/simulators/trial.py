"""The simulator as a process, with its mail server and receiver, and its pages used as people use them."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import httpx2
from aiosmtpd.smtp import SMTP, Envelope, Session

from machine.servers import PROJECT, with_project_path
from partners.datapoint import Contact, DataPoint, Practice, QueueRequest
from tests.mailing import Mailbox, bodies, mail_server
from tests.patience import PATIENCE
from tests.simulators.receiver import SECRET, Receiver, receiving

DANA = Contact(name="Dana Reyes", email="dana@riverside.example")
RIVERSIDE = QueueRequest(
    practice=Practice(id="riverside-vet", name="Riverside Veterinary Clinic"), primary_contact=DANA
)
FACTS = (
    *("queued", "invitation_sent", "practice_information_given", "technical_contact_designated", "eula_accepted"),
    *("technical_contact_reached", "agent_installed", "data_received", "import_completed"),
)
FAST = 1e7
"""A speed at which all of DataPoint's steps take a fraction of a second."""


@dataclass
class MailServer(Mailbox):
    """The mail server, and a way to await its mails."""

    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        answer = await super().handle_DATA(server, session, envelope)
        async with self._news:
            self._news.notify_all()
        return answer

    async def mail(self, number: int) -> EmailMessage:
        """The last mail, once there are so many."""
        async with asyncio.timeout(PATIENCE), self._news:
            await self._news.wait_for(lambda: len(self.messages) >= number)
        return self.last()


@dataclass
class RunningSimulator:
    """One running simulator; `http` is a client of it."""

    process: asyncio.subprocess.Process
    url: str
    http: httpx2.AsyncClient

    async def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)

    async def practice(self, practice: str = "riverside-vet") -> dict[str, Any]:
        answer = await self.http.get(f"/control/practices/{practice}")
        found: dict[str, Any] = answer.raise_for_status().json()
        return found

    async def queue(self, practice: str) -> QueueRequest:
        """Ask for a practice's place in the queue."""
        wanted = RIVERSIDE.model_copy(update={"practice": Practice(id=practice, name="Riverside")})
        await DataPoint(self.url).request(wanted)
        return wanted

    async def step(self, fact: str, practice: str = "riverside-vet", **change: Any) -> dict[str, Any]:
        """Perform one step, or set its behaviour."""
        answer = await self.http.post(f"/control/practices/{practice}/steps/{fact}", json=change)
        found: dict[str, Any] = answer.raise_for_status().json()
        return next(step for step in found["steps"] if step["fact"] == fact)


@dataclass
class Trial:
    """A simulator's home, its mail server and the receiver of its webhooks."""

    home: Path
    post: MailServer
    receiver: Receiver

    async def start(self, *options: str, **environment: str) -> asyncio.subprocess.Process:
        command = ("-m", "partners.simulators.datapoint", "--port", "0", "--home", str(self.home))
        variables = {
            "ONBOARD_DATAPOINT_WEBHOOK_SECRET": SECRET,
            "ONBOARD_SMTP_URL": f"smtp://127.0.0.1:{self.post.port}",
        }
        return await asyncio.create_subprocess_exec(
            *(sys.executable, *command, "--hooks-url", self.receiver.url, *options),
            cwd=PROJECT,
            env=with_project_path(os.environ) | variables | environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    @asynccontextmanager
    async def running(self, *options: str, speed: float = FAST) -> AsyncIterator[RunningSimulator]:
        """A simulator that runs until the end of the block, unless it is ended before."""
        process = await self.start("--speed", str(speed), *options)
        assert process.stdout
        line = (await asyncio.wait_for(process.stdout.readline(), PATIENCE)).decode()
        try:
            url = re.fullmatch(r"listening on (http://127\.0\.0\.1:\d+)\n", line)
            assert url, await process.communicate()
            async with httpx2.AsyncClient(base_url=url[1], trust_env=False, timeout=PATIENCE) as http:
                yield RunningSimulator(process, url[1], http)
        finally:
            if process.returncode is None:
                process.terminate()
            _, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
        assert process.returncode in (0, -signal.SIGKILL)
        assert errors == b""


@asynccontextmanager
async def a_trial(home: Path) -> AsyncIterator[Trial]:
    async with mail_server(MailServer()) as post, receiving(Receiver()) as receiver:
        assert isinstance(post, MailServer)
        yield Trial(home, post, receiver)


def link_in(message: EmailMessage) -> str:
    """The one link of a mail, the same in both bodies."""
    text, page = bodies(message)
    [link] = re.findall(r"http://\S+", text)
    assert f'href="{link}"' in page
    return str(link)


class Forms(HTMLParser):
    """The forms of a page: what each sends to, with its fields and what they hold."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            assert given.get("method") in ("post", "get")
            self.found.append((given["action"] or "", {}))
        elif tag == "input" and self.found and given.get("type") != "checkbox":
            self.found[-1][1][given["name"] or ""] = given.get("value") or ""

    def fields(self, end: str) -> tuple[str, dict[str, str]]:
        """The one form whose address ends so."""
        [form] = [form for form in self.found if form[0].endswith(end)]
        return form


async def fill_in(http: httpx2.AsyncClient, link: str, part: str, **values: str) -> httpx2.Response:
    """Open a page, fill in one of its forms, and send it, as a browser does."""
    page = (await http.get(link)).raise_for_status()
    action, fields = Forms(page.text).fields(part)
    return await http.post(
        action, data=fields | values, headers={"sec-fetch-site": "same-origin"}, follow_redirects=True
    )
