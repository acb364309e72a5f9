"""How the demo's days pass and are told: the practice's clock, DataPoint's, what was heard, and what was written."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from cli.demo.datapoint import DataPointStandIn
from desk.office import Desk
from desk.shown import Shown, ShownMail
from desk.time_travel import fast_forward
from playbooks.onboarding import Report

PATIENCE = timedelta(seconds=60)
UNTOLD = "invitation_sent"
"""What DataPoint does without a word to us."""


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

    async def fill_in(self, reader: str, page: str, part: str, fact: str, **form: str) -> None:
        before = await self._recorded(fact)
        await self.datapoint.fill_in(reader, page, part, form)
        await self._heard(fact, before)
        await self.look()

    async def let_pass(self, length: timedelta) -> None:
        """Lets time pass, for the practice and for DataPoint, which reports what it does meanwhile."""
        until = (await self.settled()).now + length
        while (coming := await self.datapoint.next_due()) and coming[1] <= until:
            await self.happens(*coming)
        await self.move(until)
        await self.datapoint.go_to(until)
        await self.look()

    async def happens(self, fact: str, due: datetime) -> None:
        """Lets time pass until DataPoint does what it does next."""
        await self.move(due)
        before = await self._recorded(fact)
        await self.datapoint.go_to(due)
        if fact != UNTOLD:
            await self._heard(fact, before)
        await self.look()

    async def move(self, to: datetime) -> None:
        if (length := to - (await self.settled()).now) > timedelta():
            await fast_forward(self.desk.client, self.identity, length, PATIENCE)

    async def _recorded(self, fact: str) -> int:
        return sum(each.name == fact and each.at is not None for each in (await self.desk.show(self.identity)).facts)

    async def _heard(self, fact: str, before: int) -> None:
        """Waits until the webhook about it is recorded."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while await self._recorded(fact) == before:  # noqa: ASYNC110 - there is nothing to subscribe to
                await asyncio.sleep(0.05)

    async def settled(self) -> Shown:
        """The onboarding once every mail that was written has left."""
        async with asyncio.timeout(PATIENCE.total_seconds()):
            while True:
                seen = await self.desk.show(self.identity)
                if all(mail.state not in ("queued", "sending") for mail in seen.mails):
                    return seen
                await asyncio.sleep(0.05)

    async def look(self) -> Shown:
        """Tells which mails went out since the last look, and where the onboarding stands."""
        seen = await self.settled()
        for mail in seen.mails[self.told :]:
            self._line(mail.ordered_at, f"[cyan]✉ {escape(_reader(mail))}[/]  {escape(mail.subject or mail.kind)}")
        self.told = len(seen.mails)
        if seen.headline == self.headline:
            return seen
        self.headline = seen.headline
        color = {"breached": "red", "due_soon": "yellow"}.get(seen.sla, "green")
        self._line(seen.now, f"[{color}]●[/] {escape(seen.headline)}")
        return seen

    def chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def _line(self, at: datetime, text: str) -> None:
        self.console.print(f"  [dim]{at.astimezone(self.zone):%a %d %b %H:%M}[/]  {text}")


def _reader(mail: ShownMail) -> str:
    return mail.to or mail.role
