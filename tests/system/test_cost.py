"""What an onboarding costs in history: events and bytes, and what Temporal bills as actions."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType

from desk.onboarding_detail import OnboardingDetail
from store.journal import journal
from tests.system.harness import Practice, eventually

REPORTS: list[tuple[str, dict[str, Any]]] = [
    ("queued", {}),
    ("invitation_sent", {}),
    ("practice_information_given", {"client_count": 3_000}),
    ("technical_contact_designated", {"name": "Lee Park", "email": "lee@clinic.test"}),
    ("eula_accepted", {"version": "2026-01", "accepted_by": "Dana Reyes"}),
    ("technical_contact_reached", {}),
    ("agent_installed", {}),
    ("data_received", {"clients": 3_000, "patients": 5_000}),
]


async def settled(practice: Practice) -> None:
    """Until everything that follows from the last report has been done, as it is when days lie between reports."""

    def done(seen: OnboardingDetail) -> bool:
        return all(mail.state == "sent" for mail in seen.mails)

    seen = await practice.shown_when(done)
    database, identity = practice.desk.database, practice.identity
    await eventually(lambda: journal.find(database, identity), lambda row: row is not None and row.stage == seen.stage)


@pytest.mark.outcome("complete")
async def test_a_complete_onboarding_stays_small(practice: Practice) -> None:
    """Without reminders: at most 150 events and 60 kB, each report settled before the next comes."""
    await practice.start()
    for fact, data in REPORTS:
        await settled(practice)
        await practice.record(fact, **data)
    await practice.handle.result()
    history = await practice.handle.fetch_history()
    size = sum(event.ByteSize() for event in history.events)
    kinds = Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)
    assert len(history.events) <= 150, kinds
    assert size <= 60_000, size
