"""Advances the demo's clocks and prints what happens."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape

from cli.demo.simulator_client import SimulatorClient
from desk.onboarding_detail import MailDetail, OnboardingDetail
from desk.service import Desk
from desk.time_travel import fast_forward
from playbooks.engine.onboarding import Report
from store.inbox import queries

T = TypeVar("T")
TIMEOUT = timedelta(seconds=60)


async def wait_for(look: Callable[[], Awaitable[T | None]]) -> T:
    """Looks until there is something. Raises `TimeoutError`."""
    async with asyncio.timeout(TIMEOUT.total_seconds()):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)


class Narrator:
    """Advances the clocks of one onboarding and of DataPoint; prints what happens, in the practice's time zone."""

    def __init__(self, console: Console, desk: Desk, datapoint: SimulatorClient, identity: str, zone: str) -> None:
        self.console = console
        self.desk = desk
        self.datapoint = datapoint
        self.identity = identity
        self.zone = ZoneInfo(zone)
        self._printed_mails = 0
        self._printed_headline = ""

    async def report(self, fact: str, by: str, **data: Any) -> None:
        await self.desk.record(self.identity, fact, Report(data=data, by=by))
        await self.print_news()

    async def submit_form(self, recipient: str, page: str, section: str, **form: str) -> None:
        await self.datapoint.submit_form(recipient, page, section, form)
        await self.print_news()

    async def pass_time(self, length: timedelta) -> None:
        """Advances both clocks, stopping whenever DataPoint has a step to perform."""
        until = (await self._settled()).now + length
        while (due := await self.datapoint.next_step_at()) and due <= until:
            await self.go_to(due)
        await self.go_to(until)

    async def go_to(self, at: datetime) -> None:
        """Advances both clocks to `at`; DataPoint performs the steps that are due by then."""
        if (length := at - (await self._settled()).now) > timedelta():
            await fast_forward(self.desk.client, self.identity, length, TIMEOUT)
        await self.datapoint.set_clock(at)
        await self.print_news()

    async def _settled(self) -> OnboardingDetail:
        """Returns the onboarding once no webhook, no event of the inbox and no mail is pending.

        Advancing a clock earlier could skip what was due in between.
        """

        async def settled() -> OnboardingDetail | None:
            inbox = await queries.status(self.desk.database)
            if inbox.counts.get("new") or not await self.datapoint.has_no_webhooks_waiting():
                return None
            onboarding = await self.desk.show(self.identity)
            return onboarding if all(mail.state not in ("queued", "sending") for mail in onboarding.mails) else None

        return await wait_for(settled)

    async def completed(self) -> OnboardingDetail:
        """Waits until the onboarding is complete, printing what happens."""

        async def complete() -> OnboardingDetail | None:
            return found if (found := await self.print_news()).status == "complete" else None

        return await wait_for(complete)

    async def print_news(self) -> OnboardingDetail:
        """Prints the mails sent since the last call, and the onboarding's headline if it has changed."""
        onboarding = await self._settled()
        for mail in onboarding.mails[self._printed_mails :]:
            self.line(mail.ordered_at, f"[cyan]✉ {escape(_recipient(mail))}[/]  {escape(mail.subject or mail.kind)}")
        self._printed_mails = len(onboarding.mails)
        if onboarding.headline != self._printed_headline:
            self._printed_headline = onboarding.headline
            color = {"breached": "red", "due_soon": "yellow"}.get(onboarding.sla, "green")
            self.line(onboarding.now, f"[{color}]●[/] {escape(onboarding.headline)}")
        return onboarding

    def chapter(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")

    def line(self, at: datetime, text: str) -> None:
        self.console.print(f"  [dim]{at.astimezone(self.zone):%a %d %b %H:%M}[/]  {text}")


def _recipient(mail: MailDetail) -> str:
    return mail.to or mail.role
