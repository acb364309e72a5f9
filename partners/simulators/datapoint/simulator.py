"""The simulator itself: takes requests into the queue, performs the steps that are due, and reports them."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.datapoint import TYPES, QueueRequest, write_event
from partners.simulators.datapoint import agent
from partners.simulators.datapoint.agent import FeedEventKind
from partners.simulators.datapoint.errors import check_behaviour, find_step
from partners.simulators.datapoint.feed_delivery import FeedDelivery
from partners.simulators.datapoint.mail import Mailer
from partners.simulators.datapoint.steps import (
    STEP_OF_FACT,
    Behaviour,
    CompletedStep,
    Practice,
    Step,
    next_event,
    sample_payload,
)
from partners.simulators.datapoint.store import Store, Webhook
from partners.simulators.datapoint.webhooks import Webhooks
from partners.simulators.guards import NotFound, SimulatorProblem
from partners.smtp import TransportError

FIRST_BACKOFF = 0.5
MAX_BACKOFF = 30.0
"""Seconds before a mail that was not sent is sent again: doubled each time."""
FIRST_FEED = "data_received"
RECORDED_BY_PRODUCT = (FIRST_FEED, "import_completed")
"""The facts that the product records by itself once a feed is in its database."""


@dataclass
class _PracticeRuntime:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Simulator:
    def __init__(self, store: Store, mailer: Mailer, webhooks: Webhooks, delivery: FeedDelivery | None = None) -> None:
        """With `delivery`, feeds are really delivered, and the product itself records that they arrived."""
        self.store = store
        self.webhooks = webhooks
        self._mailer = mailer
        self._delivery = delivery
        self._runtimes: dict[str, _PracticeRuntime] = {}
        self._group: asyncio.TaskGroup

    def start(self, group: asyncio.TaskGroup) -> None:
        """Continue with every practice in the store; the tasks run in `group`."""
        self._group = group
        for practice in self.store.practices:
            self._start_tasks(practice)

    def stop(self) -> None:
        for runtime in self._runtimes.values():
            for task in runtime.tasks:
                task.cancel()

    def practice(self, practice: str) -> Practice:
        """Raises NotFound."""
        try:
            return self.store.practices[practice]
        except KeyError:
            raise NotFound(f"No practice '{practice[:63]}' is in the queue.") from None

    def now(self, practice: Practice) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=practice.clock_offset)

    def accept(self, request: QueueRequest) -> tuple[Practice, bool]:
        """Put a practice into the queue; returns it and whether it is new there.

        If the contact's address has changed since, the new contact is invited.
        """
        current = self.store.practices.get(request.practice.id)
        callback = str(request.callback) if request.callback else None
        if current is None:
            settings = self.store.settings
            practice = Practice(
                id=request.practice.id,
                name=request.practice.name,
                contact=request.primary_contact,
                callback=callback,
                automatic=settings.automatic,
                behaviours=settings.behaviours,
            )
            self.record(practice, "queued", {})
            self._start_tasks(practice.id)
            return self.practice(practice.id), True
        practice = current.change(name=request.practice.name, contact=request.primary_contact, callback=callback)
        if practice.contact.email != current.contact.email and "invitation_sent" in current.done:
            practice = practice.change(resend_at={**current.resend_at, "invitation_sent": self.now(current)})
        if practice != current:
            self.save(practice)
        return practice, False

    def remove(self, practice: str) -> None:
        self.practice(practice)
        for task in self._runtimes.pop(practice).tasks:
            task.cancel()
        self.store.remove(practice)

    def save(self, practice: Practice) -> None:
        """Save a changed practice, and wake the task that performs its steps."""
        self.store.save(practice)
        self._runtime(practice.id).changed.set()

    def wake_all(self) -> None:
        """Wake the tasks of all practices, after a change of the settings."""
        for runtime in self._runtimes.values():
            runtime.changed.set()

    def set_behaviour(self, practice: str, fact: str, behaviour: Behaviour) -> None:
        check_behaviour(fact, behaviour)
        current = self.practice(practice)
        self.save(current.change(behaviours={**current.behaviours, fact: behaviour}))

    async def perform(self, practice: str, fact: str) -> None:
        """Perform a step now, in any order; a mail is sent again. Raises SimulatorProblem or TransportError."""
        step = find_step(fact)
        async with self._runtime(self.practice(practice).id).lock:
            if fact in self.practice(practice).done and not step.mails:
                raise SimulatorProblem(
                    f"'{step.title}' has happened already: send its webhook again, or make it doubled."
                )
            await self._perform(practice, step)

    async def set_clock(self, practice: str, to: datetime) -> None:
        """Advance the practice's clock to `to`; what is due until then happens, each at its own time."""
        async with self._runtime(self.practice(practice).id).lock:
            if to < self.now(self.practice(practice)):
                raise SimulatorProblem("A clock goes forward only: name a later time.")
            while (due := self._next_event(practice)) and due[0] <= to:
                self._advance_clock(practice, due[0])
                await self._perform(practice, due[1])
            self._advance_clock(practice, to)

    def record(self, practice: Practice, fact: str, data: dict[str, Any]) -> None:
        """Save what has happened, and report it. The same data again are not reported."""
        step, at = STEP_OF_FACT[fact], self.now(practice)
        before = practice.done.get(fact)
        resend_at = {name: when for name, when in practice.resend_at.items() if name != fact}
        # Only its recipient cares about a mail that is sent again.
        is_news = before is None or not (step.mails or before.data == data)
        if is_news:
            practice = practice.change(done={**practice.done, fact: CompletedStep(at=at, data=data)})
        if before and "email" in data and data["email"] != before.data["email"]:
            # The earlier technical contact's link must stop working, and the new contact needs one.
            practice = practice.change(install_token=secrets.token_urlsafe(16))
            if "technical_contact_reached" in practice.done:
                hours = STEP_OF_FACT["technical_contact_reached"].hours / self.store.settings.speed
                resend_at["technical_contact_reached"] = at + timedelta(hours=hours)
        self.store.save(
            practice.change(resend_at=resend_at), self._webhooks_for(practice, fact, data, at) if is_news else ()
        )
        self._runtime(practice.id).changed.set()
        self.webhooks.wake(practice.id)

    def _webhooks_for(self, practice: Practice, fact: str, data: dict[str, Any], at: datetime) -> list[Webhook]:
        kind = practice.behaviour(fact).kind
        copies = {"untold": 0, "doubled": 2, "reissued": 2}.get(kind, 1)
        if self._delivery and fact in RECORDED_BY_PRODUCT:
            copies = 0
        webhook = Webhook(
            practice=practice.id,
            webhook_id=_webhook_id(),
            type=TYPES[fact],
            body=write_event(fact, practice.id, data, at),
            state="held" if kind == "out_of_order" else "waiting",
        )
        other_id = {"webhook_id": _webhook_id()} if kind == "reissued" else {}
        return [webhook, webhook.model_copy(update=other_id)][:copies]

    async def send_feed_event(self, practice: str, kind: FeedEventKind) -> None:
        """A heartbeat or a feed now, whatever the agent's state. Raises TransportError."""
        delivered = await self._deliver_feed(practice) if kind == "feed" else None
        current = self.practice(practice)
        at = self.now(current)
        clients, patients = delivered or (current.client_count, current.client_count * 3 // 2)
        body = write_event(agent.TYPES[kind], practice, agent.payload(kind, clients, patients, at), at)
        webhook = Webhook(practice=practice, webhook_id=_webhook_id(), type=agent.TYPES[kind], body=body)
        self.store.save(current.change(agent=current.agent.sent(kind, at)), [webhook])
        self._runtime(practice).changed.set()
        self.webhooks.wake(practice)

    def _next_event(self, practice: str) -> tuple[datetime, Step | FeedEventKind] | None:
        return next_event(self.practice(practice), self.store.settings.speed)

    async def _perform(self, practice: str, event: Step | FeedEventKind) -> None:
        if not isinstance(event, Step):
            await self.send_feed_event(practice, event)
            return
        if event.fact == FIRST_FEED:
            await self._deliver_feed(practice)
        current = self.practice(practice)
        if event.mails:
            try:
                await self._send_mail(current, event)
            except TransportError as error:
                self.store.save(self.practice(practice).change(last_error=str(error)))
                raise
            # Read again: it may have changed while the mail was sent.
            current = self.practice(practice)
            count = current.mail_counts.get(event.fact, 0) + 1
            current = current.change(last_error=None, mail_counts={**current.mail_counts, event.fact: count})
        self.record(current, event.fact, sample_payload(current, event.fact))

    async def _deliver_feed(self, practice: str) -> tuple[int, int] | None:
        """How many clients and patients were delivered; None where feeds are only reported."""
        current = self.practice(practice)
        if self._delivery is None or current.behaviour(FIRST_FEED).kind == "untold":
            return None
        at = self.now(current)
        try:
            counts = await self._delivery.deliver(current, at)
        except TransportError as error:
            self.store.save(self.practice(practice).change(last_error=str(error)))
            raise
        current = self.practice(practice)
        self.store.save(current.change(last_error=None, delivered=(*current.delivered, at)))
        return counts

    async def _send_mail(self, practice: Practice, step: Step) -> None:
        if step.mails == "primary_contact":
            await self._mailer.invite(practice)
        elif contact := practice.technical_contact:
            await self._mailer.ask_to_install(practice, contact)
        else:
            raise SimulatorProblem("No technical contact is named yet, so there is nobody to write to.")

    def _advance_clock(self, practice: str, to: datetime) -> None:
        current = self.practice(practice)
        seconds = max(0.0, (to - self.now(current)).total_seconds())
        self.save(current.change(clock_offset=current.clock_offset + seconds))

    def _runtime(self, practice: str) -> _PracticeRuntime:
        return self._runtimes.setdefault(practice, _PracticeRuntime())

    def _start_tasks(self, practice: str) -> None:
        loops = (self._perform_due(practice), self.webhooks.deliver(practice))
        self._runtime(practice).tasks = [self._group.create_task(loop, name=practice) for loop in loops]

    async def _perform_due(self, practice: str) -> None:
        runtime, backoff = self._runtime(practice), FIRST_BACKOFF
        while True:
            runtime.changed.clear()
            event = self._next_event(practice)
            wait = (event[0] - self.now(self.practice(practice))).total_seconds() if event else None
            if wait is None or wait > 0:
                await _wait_for(runtime.changed, wait)
                continue
            try:
                async with runtime.lock:
                    # Somebody may have performed it by hand while we waited for the lock.
                    if event == self._next_event(practice) and event:
                        await self._perform(practice, event[1])
                backoff = FIRST_BACKOFF
            except (TransportError, SimulatorProblem) as error:
                permanent = isinstance(error, SimulatorProblem) or error.permanent
                await _wait_for(runtime.changed, None if permanent else backoff)
                backoff = min(2 * backoff, MAX_BACKOFF)


def _webhook_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


async def _wait_for(event: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
