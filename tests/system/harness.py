"""The world a workflow test lives in: a desk, a worker and a mailbox on real servers, and one practice of its own."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any, TypeVar

from aiosmtpd.smtp import SMTP, Envelope, Session
from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from desk.onboarding_detail import OnboardingDetail
from desk.service import Desk
from playbooks.engine.onboarding import Command, Receipt, Report, Request
from tests.patience import PATIENCE
from workflows.contracts import Start

T = TypeVar("T")


@dataclass
class Mailbox:
    """What arrived over SMTP, newest last. Recipients in `refused` are turned away with a 550."""

    messages: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    arrived: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address in self.refused:
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        message = email.message_from_bytes(content, policy=email.policy.default)
        async with self.arrived:
            self.messages += [(to, message) for to in envelope.rcpt_tos]
            self.arrived.notify_all()
        return "250 OK"

    def to(self, address: str) -> list[EmailMessage]:
        return [message for to, message in self.messages if to == address]

    async def wait_for(self, address: str, count: int = 1, seconds: float = PATIENCE) -> list[EmailMessage]:
        """The mails to an address once there are `count` of them."""
        async with self.arrived, asyncio.timeout(seconds):
            await self.arrived.wait_for(lambda: len(self.to(address)) >= count)
        return self.to(address)


@dataclass
class Practice:
    """One practice's onboarding, driven as its users do."""

    desk: Desk
    mailbox: Mailbox
    id: str
    by: str = "sam"
    playbook: str = "datapoint"

    @property
    def identity(self) -> str:
        return f"{self.playbook}/{self.id}"

    @property
    def contact(self) -> str:
        return f"dana@{self.id}.test"

    @property
    def handle(self) -> WorkflowHandle[Any, Any]:
        return self.desk.client.get_workflow_handle(self.identity)

    def request(self, **practice: Any) -> Request:
        place = {"time_zone": "America/Chicago", "country": "US", "state": "IL"}
        return Request.model_validate(
            {
                "practice": {"id": self.id, "name": f"Practice {self.id}", **place, **practice},
                "primary_contact": {"name": "Dana Reyes", "email": self.contact, "phone": "312 555 0100"},
                "assignee": "sam",
            }
        )

    async def start(self, **practice: Any) -> Receipt:
        return await self.desk.start(self.playbook, self.request(**practice), self.by)

    async def record(self, fact: str, *, at: datetime | None = None, key: str | None = None, **data: Any) -> Receipt:
        return await self.desk.record(self.identity, fact, Report(data=data, by=self.by, at=at, key=key))

    async def command(self, name: str, why: str = "because", **fields: Any) -> Receipt:
        return await self.desk.command(self.identity, name, Command(by=self.by, why=why, **fields))

    async def register(self) -> None:
        """The three facts of registration (DP4)."""
        await self.record("practice_information_given", client_count=3_000)
        await self.record("technical_contact_designated", name="Lee Park", email=f"lee@{self.id}.test")
        await self.record("eula_accepted", version="2026-01", accepted_by="Dana Reyes")

    async def forward(self, duration: timedelta) -> None:
        """Moves this onboarding's clock."""
        await forward(self.desk.client, self.handle, duration)

    async def show(self) -> OnboardingDetail:
        return await self.desk.show(self.identity)

    async def shown_when(self, seen: Callable[[OnboardingDetail], bool], seconds: float = PATIENCE) -> OnboardingDetail:
        """The onboarding once it looks as wanted; the last look is in the error if it never does."""
        return await eventually(self.show, seen, seconds)


async def forward(client: Client, handle: WorkflowHandle[Any, Any], duration: timedelta) -> None:
    """Moves a workflow's clock."""
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False, disable_propagation=True))
    async with asyncio.timeout(PATIENCE):
        await skipper.fast_forward(handle, duration)


async def eventually(look: Callable[[], Awaitable[T]], seen: Callable[[T], bool], seconds: float = PATIENCE) -> T:
    """Looks until it is as wanted: for what lives in another process and tells nobody."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        last = await look()
        if seen(last):
            return last
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"not seen within {seconds} s; last: {last}")
        await asyncio.sleep(0.05)


async def begin(practice: Practice, history_limit: int) -> None:
    """Starts with a history that is renewed early."""
    request = practice.request()
    calendar = practice.desk.team_calendar()
    start = Start(
        playbook="datapoint",
        request=request,
        by="sam",
        team_calendar=calendar,
        practice_calendar=calendar,
        history_limit=history_limit,
    )
    await practice.desk.client.start_workflow(
        "Onboarding", start, id=practice.identity, task_queue=practice.desk.settings.task_queue
    )
