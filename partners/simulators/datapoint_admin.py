"""DataPoint's people and machines: they take requests, do what is due, and report it."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from partners.datapoint import TYPES, QueueRequest, write_event
from partners.datapoint_feed import write_sign
from partners.simulators import datapoint_agent as agents
from partners.simulators.datapoint_agent import Sign
from partners.simulators.datapoint_delivery import Delivery
from partners.simulators.datapoint_mail import Letters
from partners.simulators.datapoint_problem import NotFound, Refused, check_behaviour, step_called
from partners.simulators.datapoint_progress import BY_FACT, Behaviour, Done, Practice, Step, made_up, next_happening
from partners.simulators.datapoint_store import Store, Webhook
from partners.simulators.datapoint_webhooks import Webhooks
from partners.smtp import TransportError

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before a mail that did not leave is sent again: doubled each time."""
FIRST_DATA = "data_received"
SEEN_BY_ITSELF = (FIRST_DATA, "import_completed")
"""What the product records by itself once a feed is in its database."""


@dataclass
class _Desk:
    """What is going on about one practice."""

    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)


class Office:
    def __init__(self, store: Store, letters: Letters, webhooks: Webhooks, delivery: Delivery | None = None) -> None:
        """With `delivery`, data are really handed in, and the product knows by itself that they came."""
        self.store = store
        self.webhooks = webhooks
        self._letters = letters
        self._delivery = delivery
        self._desks: dict[str, _Desk] = {}
        self._group: asyncio.TaskGroup

    def open(self, group: asyncio.TaskGroup) -> None:
        """Go on with every practice where it was left; the tasks run in `group`."""
        self._group = group
        for practice in self.store.practices:
            self._attend(practice)

    def close(self) -> None:
        for desk in self._desks.values():
            for task in desk.tasks:
                task.cancel()

    def practice(self, practice: str) -> Practice:
        try:
            return self.store.practices[practice]
        except KeyError:
            raise NotFound(f"No practice '{practice[:63]}' is in the queue.") from None

    def now(self, practice: Practice) -> datetime:
        """The present time on the practice's own clock."""
        return datetime.now(UTC) + timedelta(seconds=practice.ahead)

    def accept(self, wanted: QueueRequest) -> tuple[Practice, bool]:
        """Put a practice into the queue, and say whether it is new there. Another contact than before is invited."""
        known = self.store.practices.get(wanted.practice.id)
        callback = str(wanted.callback) if wanted.callback else None
        if known is None:
            program = self.store.program
            practice = Practice(
                id=wanted.practice.id,
                name=wanted.practice.name,
                contact=wanted.primary_contact,
                callback=callback,
                automatic=program.automatic,
                behaviours=program.behaviours,
            )
            self.record(practice, "queued", {})
            self._attend(practice.id)
            return self.practice(practice.id), True
        practice = known.change(name=wanted.practice.name, contact=wanted.primary_contact, callback=callback)
        if practice.contact.email != known.contact.email and "invitation_sent" in known.done:
            practice = practice.change(again={**known.again, "invitation_sent": self.now(known)})
        if practice != known:
            self.save(practice)
        return practice, False

    def remove(self, practice: str) -> None:
        self.practice(practice)
        for task in self._desks.pop(practice).tasks:
            task.cancel()
        self.store.remove(practice)

    def save(self, practice: Practice) -> None:
        """Keep a practice that was changed, and look what is due now."""
        self.store.save(practice)
        self._desk(practice.id).changed.set()

    def look_again(self) -> None:
        """What holds for all has changed."""
        for desk in self._desks.values():
            desk.changed.set()

    def behave(self, practice: str, fact: str, behaviour: Behaviour) -> None:
        """From now on this step of the practice goes like that."""
        check_behaviour(fact, behaviour)
        known = self.practice(practice)
        self.save(known.change(behaviours={**known.behaviours, fact: behaviour}))

    async def do(self, practice: str, fact: str) -> None:
        """Let a step happen now, in whatever order; a mail is sent once more. Raises Refused or TransportError."""
        step = step_called(fact)
        async with self._desk(self.practice(practice).id).lock:
            if fact in self.practice(practice).done and not step.mails:
                raise Refused(f"'{step.title}' has happened already: send its webhook again, or make it doubled.")
            await self._happen(practice, step)

    async def set_clock(self, practice: str, to: datetime) -> None:
        """Move the practice's clock on to `to`: what is due till then happens, each at its own time."""
        async with self._desk(self.practice(practice).id).lock:
            if to < self.now(self.practice(practice)):
                raise Refused("A clock goes forward only: name a later time.")
            while (coming := self._coming(practice)) and coming[0] <= to:
                self._turn(practice, coming[0])
                await self._happen(practice, coming[1])
            self._turn(practice, to)

    def record(self, practice: Practice, fact: str, data: dict[str, Any]) -> None:
        """Keep what has happened, and report it. The same details again are nothing new."""
        step, at = BY_FACT[fact], self.now(practice)
        before = practice.done.get(fact)
        again = {name: when for name, when in practice.again.items() if name != fact}
        # A mail that is sent once more is no news to anybody but its reader.
        news = before is None or not (step.mails or before.data == data)
        if news:
            practice = practice.change(done={**practice.done, fact: Done(at=at, data=data)})
        if before and "email" in data and data["email"] != before.data["email"]:
            # The earlier technical contact's link is good no more, and the new one needs one.
            practice = practice.change(install_token=secrets.token_urlsafe(16))
            if "technical_contact_reached" in practice.done:
                hours = BY_FACT["technical_contact_reached"].hours / self.store.program.speed
                again["technical_contact_reached"] = at + timedelta(hours=hours)
        self.store.save(practice.change(again=again), self._events(practice, fact, data, at) if news else ())
        self._desk(practice.id).changed.set()
        self.webhooks.wake(practice.id)

    def _events(self, practice: Practice, fact: str, data: dict[str, Any], at: datetime) -> list[Webhook]:
        kind = practice.behaviour(fact).kind
        copies = {"untold": 0, "doubled": 2, "reissued": 2}.get(kind, 1)
        if self._delivery and fact in SEEN_BY_ITSELF:
            copies = 0
        event = Webhook(
            practice=practice.id,
            webhook_id=_webhook_id(),
            type=TYPES[fact],
            body=write_event(fact, practice.id, data, at),
            state="held" if kind == "out_of_order" else "waiting",
        )
        other = {"webhook_id": _webhook_id()} if kind == "reissued" else {}
        return [event, event.model_copy(update=other)][:copies]

    async def give(self, practice: str, sign: Sign) -> None:
        """The agent is seen, or a feed is delivered, now: whatever state it is in. Raises TransportError."""
        delivered = await self._deliver(practice) if sign == "feed" else None
        known = self.practice(practice)
        at = self.now(known)
        clients, patients = delivered or (known.client_count, known.client_count * 3 // 2)
        body = write_sign(agents.TYPES[sign], practice, agents.told(sign, clients, patients, at), at)
        event = Webhook(practice=practice, webhook_id=_webhook_id(), type=agents.TYPES[sign], body=body)
        self.store.save(known.change(agent=known.agent.gives(sign, at)), [event])
        self._desk(practice).changed.set()
        self.webhooks.wake(practice)

    def _coming(self, practice: str) -> tuple[datetime, Step | Sign] | None:
        return next_happening(self.practice(practice), self.store.program.speed)

    async def _happen(self, practice: str, step: Step | Sign) -> None:
        if not isinstance(step, Step):
            await self.give(practice, step)
            return
        if step.fact == FIRST_DATA:
            await self._deliver(practice)
        known = self.practice(practice)
        if step.mails:
            try:
                await self._write(known, step)
            except TransportError as error:
                self.store.save(self.practice(practice).change(trouble=str(error)))
                raise
            # Whatever was changed while the mail was under way stays changed.
            known = self.practice(practice)
            count = known.letters.get(step.fact, 0) + 1
            known = known.change(trouble=None, letters={**known.letters, step.fact: count})
        self.record(known, step.fact, made_up(known, step.fact))

    async def _deliver(self, practice: str) -> tuple[int, int] | None:
        """How many clients and patients were handed in; None where only a webhook tells of them."""
        known = self.practice(practice)
        if self._delivery is None or known.behaviour(FIRST_DATA).kind == "untold":
            return None
        at = self.now(known)
        try:
            delivered = await self._delivery.deliver(known, at)
        except TransportError as error:
            self.store.save(self.practice(practice).change(trouble=str(error)))
            raise
        known = self.practice(practice)
        self.store.save(known.change(trouble=None, delivered=(*known.delivered, at)))
        return delivered

    async def _write(self, practice: Practice, step: Step) -> None:
        if step.mails == "primary_contact":
            await self._letters.invite(practice)
        elif contact := practice.technical_contact:
            await self._letters.ask_to_install(practice, contact)
        else:
            raise Refused("No technical contact is named yet, so there is nobody to write to.")

    def _turn(self, practice: str, to: datetime) -> None:
        known = self.practice(practice)
        seconds = max(0.0, (to - self.now(known)).total_seconds())
        self.save(known.change(ahead=known.ahead + seconds))

    def _desk(self, practice: str) -> _Desk:
        return self._desks.setdefault(practice, _Desk())

    def _attend(self, practice: str) -> None:
        work = (self._play(practice), self.webhooks.deliver(practice))
        self._desk(practice).tasks = [self._group.create_task(each, name=practice) for each in work]

    async def _play(self, practice: str) -> None:
        desk, pause = self._desk(practice), FIRST_PAUSE
        while True:
            desk.changed.clear()
            coming = self._coming(practice)
            wait = (coming[0] - self.now(self.practice(practice))).total_seconds() if coming else None
            if wait is None or wait > 0:
                await _first(desk.changed, wait)
                continue
            try:
                async with desk.lock:
                    # It may have been done by hand while the lock was waited for.
                    if coming == self._coming(practice) and coming:
                        await self._happen(practice, coming[1])
                pause = FIRST_PAUSE
            except (TransportError, Refused) as error:
                hopeless = isinstance(error, Refused) or error.permanent
                await _first(desk.changed, None if hopeless else pause)
                pause = min(2 * pause, LONGEST_PAUSE)


def _webhook_id() -> str:
    return f"msg_{secrets.token_hex(16)}"


async def _first(event: asyncio.Event, seconds: float | None) -> None:
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
