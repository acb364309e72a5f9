"""A practice with a client that repeats every call under its own key until it is answered."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from desk.onboarding_detail import OnboardingDetail
from desk.problem import AlreadyOpen, NoAnswer
from playbooks.engine.view import view
from playbooks.registry import PLAYBOOKS
from store.database import DatabaseDown
from store.journal import journal
from tests.patience import PATIENCE
from tests.system.harness import Practice, eventually

T = TypeVar("T")
FACTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("queued", {}),
    ("invitation_sent", {}),
    ("practice_information_given", {"client_count": 3_000}),
    ("technical_contact_designated", {"name": "Lee Park", "email": "lee@{id}.test"}),
    ("eula_accepted", {"version": "2026-01", "accepted_by": "Dana Reyes"}),
    ("technical_contact_reached", {}),
    ("agent_installed", {}),
    ("data_received", {"clients": 3_000, "patients": 5_000}),
)
MAILS = {
    "queued": "queue_confirmation",
    "technical_contact_designated": "technical_briefing",
    "agent_installed": "import_begun",
    "data_received": "data_received",
}
"""The mail that follows from a fact."""
TWICE = "may have been delivered twice"


async def retry_until_answered(act: Callable[[], Awaitable[T]], seconds: float = PATIENCE) -> T:
    """Repeats a call that is not answered; any other problem fails the test."""
    async with asyncio.timeout(seconds):
        while True:
            try:
                return await act()
            except (NoAnswer, DatabaseDown):
                await asyncio.sleep(0.3)


@dataclass
class RetryingClient:
    """Reports the first `length` facts of a practice, `pause` seconds apart, with a note after each but the last."""

    practice: Practice
    length: int
    pause: Callable[[], float] = lambda: 0.0

    @property
    def facts(self) -> list[str]:
        return [fact for fact, _ in FACTS[: self.length]]

    @property
    def notes(self) -> list[str]:
        return [f"after {fact}" for fact in self.facts if fact != "data_received"]

    async def run(self) -> None:
        await asyncio.sleep(self.pause())
        await retry_until_answered(self._start)
        for fact, data in FACTS[: self.length]:
            given = {
                name: value.format(id=self.practice.id) if name == "email" else value for name, value in data.items()
            }
            await asyncio.sleep(self.pause())
            await retry_until_answered(partial(self.practice.record, fact, key=f"fact {fact}", **given))
            if f"after {fact}" in self.notes:
                await retry_until_answered(partial(self.practice.command, "note", f"after {fact}", key=f"note {fact}"))

    async def _start(self) -> None:
        # If it is open, the start was carried out and only its answer was lost.
        with suppress(AlreadyOpen):
            await self.practice.start()

    async def check(self, seconds: float = PATIENCE) -> int:
        """Waits until everything is on record exactly once, in all places.

        Returns how many mails came twice.
        """
        seen = await self.practice.shown_when(
            lambda seen: not seen.caveat and all(mail.state == "sent" for mail in seen.mails), seconds
        )
        assert [fact.name for fact in seen.facts] == self.facts
        assert not [fact for fact in seen.facts if fact.superseded or fact.retracted]
        await self._check_journal(seconds)
        await self._check_search(seen)
        return self._check_mails(seen)

    async def _check_journal(self, seconds: float) -> None:
        desk, identity = self.practice.desk, self.practice.identity
        onboarding = (await desk.state(identity)).onboarding
        shown = view(PLAYBOOKS[onboarding.playbook], onboarding, datetime.now(UTC))
        lines = await eventually(
            lambda: journal.lines(desk.database, identity, onboarding.run),
            lambda lines: len(lines) >= onboarding.entry_count,
            seconds,
        )
        assert [line.number for line in lines] == list(range(1, onboarding.entry_count + 1)), "complete, without a gap"
        row = await journal.find(desk.database, identity, onboarding.run)
        assert row
        assert (row.stage, row.status, row.due_at) == (shown.stage, shown.status, shown.due_at)
        assert [line.name for line in lines if line.kind == "fact"] == self.facts
        assert [line.why for line in lines if line.name == "note"] == self.notes

    async def _check_search(self, seen: OnboardingDetail) -> None:
        described = await self.practice.handle.describe()
        found = {pair.key.name: pair.value for pair in described.typed_search_attributes}
        open_ = seen.status == "open"
        assert (found["Stage"], found["Sla"], found["Assignee"]) == (seen.stage, seen.sla, "sam")
        assert (found.get("WaitingOn"), found.get("DueAt")) == (
            (seen.waiting_on, seen.due_at) if open_ else (None, None)
        )
        query = f"WorkflowId = '{self.practice.identity}' AND Stage = '{seen.stage}'"

        async def listed() -> int:
            return (await self.practice.desk.client.count_workflows(query)).count

        await eventually(listed, lambda count: count == 1)

    def _check_mails(self, seen: OnboardingDetail) -> int:
        assert [mail.kind for mail in seen.mails] == [MAILS[fact] for fact in self.facts if fact in MAILS]
        copies = Counter(str(message["Message-ID"]) for _, message in self.practice.mailbox.messages)
        for mail in seen.mails:
            count = copies[str(mail.message_id)]
            assert count == 1 or (count == 2 and TWICE in (mail.note or "")), (count, mail)
        return sum(copies[str(mail.message_id)] - 1 for mail in seen.mails)
