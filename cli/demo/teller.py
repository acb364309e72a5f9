"""How the demo's days pass and are told: the practice's clock, DataPoint's, what was heard, and what was written."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from cli.demo.datapoint import DataPointStandIn
from desk.onboarding_detail import Shown, ShownMail
from desk.service import Desk
from desk.time_travel import fast_forward
from playbooks.engine.onboarding import Report
from store.inbox import queries

PATIENCE = timedelta(seconds=60)


class Teller:
    """Lets time pass for one onboarding and for DataPoint, and prints what comes of it, in the practice's own time."""

    def __init__(self, console: Console, desk: Desk, datapoint: DataPointStandIn, identity: str, zone: str) -> None:
        self.console = console
        self.desk = desk
        self.datapoint = datapoint
        self.identity = identity
        self.zone = ZoneInfo(zone)
        self.told = 0
        self.headline = ""

    async def report(self, fact: str, by: str, **data: Any) -> None:
        await self.desk.record(self.identity, fact, Report(data=data, by=by))
        await self.look()

    async def fill_in(self, reader: str, page: str, part: str, **form: str) -> None:
        await self.datapoint.fill_in(reader, page, part, form)
        await self.look()

    async def let_pass(self, length: timedelta) -> None:
        """Lets time pass, for the practice and for DataPoint, which reports what it does meanwhile."""
        until = (await self._settled()).now + length
        while (coming := await self.datapoint.next_due()) and coming <= until:
            await self.go_to(coming)
        await self.go_to(until)

    async def go_to(self, moment: datetime) -> None:
        """Lets time pass until a moment at which DataPoint may do something."""
        if (length := moment - (await self._settled()).now) > timedelta():
            await fast_forward(self.desk.client, self.identity, length, PATIENCE)
        await self.datapoint.go_to(moment)
        await self.look()

    async def _settled(self) -> Shown:
        """The onboarding once nothing is on its way: no webhook, no event in the inbox, no mail.

        A clock that is moved while something still goes on may pass by what was due in between.
        """
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                if await self.datapoint.all_told() and not (await queries.status(self.desk.database)).counts.get("new"):
                    seen = await self.desk.show(self.identity)
                    if all(mail.state not in ("queued", "sending") for mail in seen.mails):
                        return seen
                await asyncio.sleep(0.05)

    async def ended(self) -> Shown:
        """Looks on until the onboarding is complete."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                if (seen := await self.look()).status == "complete":
                    return seen
                await asyncio.sleep(0.1)

    async def look(self) -> Shown:
        """Tells which mails went out since the last look, and where the onboarding stands."""
        seen = await self._settled()
        for mail in seen.mails[self.told :]:
            self.line(mail.ordered_at, f"[cyan]✉ {escape(_reader(mail))}[/]  {escape(mail.subject or mail.kind)}")
        self.told = len(seen.mails)
        if seen.headline == self.headline:
            return seen
        self.headline = seen.headline
        color = {"breached": "red", "due_soon": "yellow"}.get(seen.sla, "green")
        self.line(seen.now, f"[{color}]●[/] {escape(seen.headline)}")
        return seen

    def chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def line(self, at: datetime, text: str) -> None:
        """Prints what happened at a time."""
        self.console.print(f"  [dim]{at.astimezone(self.zone):%a %d %b %H:%M}[/]  {text}")


def _reader(mail: ShownMail) -> str:
    return mail.to or mail.role
