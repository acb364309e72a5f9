"""`onboard demo`: one practice from request to "data received", three weeks in under a minute.

A real run: real servers, database and mail. Only the clock of this one onboarding is moved, and with it that of
DataPoint's stand-in; the demo plays the people, who use the links in their mails.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from cli.demo_datapoint import DataPointStandIn
from cli.demo_neighbours import move_in
from cli.up import End, up
from desk.connection import connect
from desk.office import Desk
from desk.queue_request import ask_for_queue
from desk.shown import Shown, ShownMail
from desk.time_travel import fast_forward
from machine.home import Home
from pharmacy.database import connect as connect_database
from pharmacy.settings import Settings
from playbooks.onboarding import Command, Report, Request

PRACTICE = {
    "practice": {
        "id": "riverside-vet",
        "name": "Riverside Veterinary Clinic",
        "time_zone": "America/Chicago",
        "country": "US",
        "state": "IL",
    },
    "primary_contact": {"name": "Dana Reyes", "email": "dana@riverside.example", "phone": "(312) 555-0117"},
    "assignee": "sam",
}
IDENTITY = "datapoint/riverside-vet"
UNTOLD = "invitation_sent"
"""What DataPoint does without a word to us."""
ZONE = ZoneInfo("America/Chicago")
EXPECTED = (
    *("queue_confirmation", "invitation_overdue", "escalation", "escalation", "registration_reminder"),
    *("technical_briefing", "technical_briefing", "import_begun", "data_received"),
)
PATIENCE = timedelta(seconds=60)


def run(home: str | None) -> int:
    """Runs the demo in a home of its own; returns the exit status: 0 if the story came out right."""
    given = home or os.environ.get("ONBOARD_HOME")
    place = Path(given) if given else Path(".onboard") / "demo"
    story = Story(place)
    return asyncio.run(up(place, time_travel=True, on_ready=story.play))


class Story:
    """The demo's practice, and how its days are told."""

    def __init__(self, home: Path) -> None:
        self.home = Home.find(home)
        self.console = Console(highlight=False, soft_wrap=True)
        self.told = 0
        self.headline = ""
        self.desk: Desk

    async def play(self, addresses: dict[str, Any]) -> None:
        """Tells the story, and then leaves everything open to be looked at, if there is somebody to look."""
        client = await connect(addresses["temporal"], addresses["namespace"], settings=Settings.load(self.home.path))
        database = connect_database(addresses["database"])
        self.desk = Desk(client, database, Settings.load(self.home.path))
        self.url = addresses["datapoint"]
        self.datapoint = DataPointStandIn(self.url, Path(addresses["mailbox"]), "riverside-vet")
        began = asyncio.get_running_loop().time()
        try:
            seen = await self._tell()
            await move_in(self.desk)
        finally:
            await self.datapoint.close()
            await database.dispose()
        took = asyncio.get_running_loop().time() - began
        right = self._sum_up(seen, took, addresses)
        if not sys.stdout.isatty():
            raise End(0 if right else 1)

    async def _tell(self) -> Shown:
        await self._clear_the_desk()
        await self.datapoint.prepare()
        self._chapter("The request comes in; Sam of the onboarding team starts the practice")
        await self.desk.start("datapoint", Request.model_validate(PRACTICE), "sam")
        seen = await self._look()

        await self._move(seen.now + timedelta(hours=3))
        self._chapter("Sam adds the practice to DataPoint's queue, well within one business day")
        await ask_for_queue(self.desk, self.url, IDENTITY, "sam")
        await self.datapoint.behave(UNTOLD, "untold")
        await self._look()

        self._chapter("DataPoint should write to Dana within 48 hours. Nothing is heard of it ...")
        await self._pass(timedelta(hours=49))
        self._chapter("... and a business day later the manager is told as well")
        await self._pass(timedelta(days=5))

        self._chapter(
            "Dana looks into her junk folder, as the mail said; there is the invitation, and she fills in the form"
        )
        await self._report("invitation_sent", "sam")
        await self._dana(
            "information", "practice_information_given", management_system="Cornerstone", client_count="12400"
        )
        await self._dana(
            "technical-contact", "technical_contact_designated", name="Lee Park", email="lee@riverside.example"
        )

        self._chapter("The licence agreement is still open. Dana is reminded of just that, and accepts it")
        # The reminder of the third day may wait for a long weekend; the next one is due on the seventh.
        await self._pass(timedelta(days=6, hours=22))
        await self._dana("eula", "eula_accepted", agree="yes", accepted_by="Dana Reyes")

        self._chapter("Lee changes jobs; Kim takes over and gets the same briefing")
        await self._dana(
            "technical-contact", "technical_contact_designated", name="Kim Osei", email="kim@riverside.example"
        )

        self._chapter("DataPoint writes to Kim within 24 hours")
        await self._pass(timedelta(days=1, hours=5))
        self._chapter("Kim installs the agent. With 12,400 clients the first copy may take two weeks")
        await self._fill_in("kim@", "installation", "", "agent_installed", client_count="12400")

        self._chapter("Data arrives")
        coming = await self.datapoint.next_due()
        assert coming is not None
        await self._happens(*coming)
        return await self._look()

    async def _clear_the_desk(self) -> None:
        """An earlier demo that was interrupted leaves its onboarding open."""
        rest = [row async for row in self.desk.client.list_workflows(f"WorkflowId = '{IDENTITY}'")]
        if any(row.status and row.status.name == "RUNNING" for row in rest):
            await self.desk.command(IDENTITY, "withdraw", Command(by="demo", why="an earlier demo was interrupted"))
            await self.desk.client.get_workflow_handle(IDENTITY).result()

    async def _report(self, fact: str, by: str, **data: Any) -> None:
        await self.desk.record(IDENTITY, fact, Report(data=data, by=by))
        await self._look()

    async def _dana(self, part: str, fact: str, **form: str) -> None:
        await self._fill_in("dana@", "registration", part, fact, **form)

    async def _fill_in(self, reader: str, page: str, part: str, fact: str, **form: str) -> None:
        before = await self._recorded(fact)
        await self.datapoint.fill_in(reader, page, part, form)
        await self._heard(fact, before)
        await self._look()

    async def _pass(self, length: timedelta) -> None:
        """Lets time pass, for the practice and for DataPoint, which reports what it does meanwhile."""
        until = (await self._settled()).now + length
        while (coming := await self.datapoint.next_due()) and coming[1] <= until:
            await self._happens(*coming)
        await self._move(until)
        await self.datapoint.go_to(until)
        await self._look()

    async def _happens(self, fact: str, due: datetime) -> None:
        """Lets time pass until DataPoint does what it does next."""
        await self._move(due)
        before = await self._recorded(fact)
        await self.datapoint.go_to(due)
        if fact != UNTOLD:
            await self._heard(fact, before)
        await self._look()

    async def _move(self, to: datetime) -> None:
        if (length := to - (await self._settled()).now) > timedelta():
            await fast_forward(self.desk.client, IDENTITY, length, PATIENCE)

    async def _recorded(self, fact: str) -> int:
        return sum(each.name == fact and each.at is not None for each in (await self.desk.show(IDENTITY)).facts)

    async def _heard(self, fact: str, before: int) -> None:
        """Waits until the webhook about it is recorded."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while await self._recorded(fact) == before:  # noqa: ASYNC110 - there is nothing to subscribe to
                await asyncio.sleep(0.05)

    async def _settled(self) -> Shown:
        """The onboarding once every mail that was written has left."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                seen = await self.desk.show(IDENTITY)
                if all(mail.state not in ("queued", "sending") for mail in seen.mails):
                    return seen
                await asyncio.sleep(0.05)

    async def _look(self) -> Shown:
        """Tells which mails went out since the last look, and where the onboarding stands."""
        seen = await self._settled()
        for mail in seen.mails[self.told :]:
            self._line(mail.ordered_at, f"[cyan]✉ {escape(_reader(mail))}[/]  {escape(mail.subject or mail.kind)}")
        self.told = len(seen.mails)
        if seen.headline == self.headline:
            return seen
        self.headline = seen.headline
        color = {"breached": "red", "due_soon": "yellow"}.get(seen.sla, "green")
        self._line(seen.now, f"[{color}]●[/] {escape(seen.headline)}")
        return seen

    def _chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def _line(self, at: datetime, text: str) -> None:
        self.console.print(f"  [dim]{at.astimezone(ZONE):%a %d %b %H:%M}[/]  {text}")

    def _sum_up(self, seen: Shown, took: float, addresses: dict[str, Any]) -> bool:
        kinds = tuple(sorted(mail.kind for mail in seen.mails))
        right = seen.status == "complete" and kinds == tuple(sorted(EXPECTED))
        days = (seen.entered_at - seen.requested_at).days
        self._chapter(
            f"{days} days in {took:.0f} seconds: {seen.headline.lower()}."
            if right
            else "The story did not come out right."
        )
        for step in seen.progress:
            if step.kept is not None and step.left_at:
                word = "[green]kept[/]" if step.kept else "[red]missed[/]"
                self.console.print(f"  deadline {word}: {escape(step.title)}")
        self.console.print(f"\n  The mails:    {addresses['mailbox']}")
        self.console.print(f"  The journal:  onboard --home {self.home.path} show {IDENTITY}")
        where = f"{addresses['temporal_ui']}/namespaces/{addresses['namespace']}/workflows"
        self.console.print(f"  The managers' view, Temporal UI:  {where}")
        return right


def _reader(mail: ShownMail) -> str:
    return mail.to or mail.role
