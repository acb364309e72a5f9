"""A practice as somebody who answers its call needs it: its onboardings, its contacts, and whether its data came."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.feed_status import watched
from desk.practices import ORDER
from desk.problem import DeskProblem, NotFound
from desk.service import Desk
from integrations.registry import integration_of
from pharmacy.records import feed_progress
from playbooks.engine.facts import contacts
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.listed import Row
from playbooks.engine.onboarding import Contact, Onboarding
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from playbooks.registry import PLAYBOOKS
from store.database import DatabaseDown
from store.journal import feed_status, journal

PATIENCE = 3.0
"""Seconds in which an onboarding must say who its contacts are; without its answer they are left out."""
RECENT_FEEDS = 20


@dataclass(frozen=True)
class Known:
    """A contact of the practice, with all roles."""

    name: str
    email: str
    phone: str | None
    roles: tuple[str, ...]


@dataclass(frozen=True)
class ReceivedData:
    """Whether a practice's data came: what became of the last file at `at`, and how many records we have.

    `none`: no file came yet. `reported`: it is on record that data came, but no file is known here.
    """

    state: Literal["imported", "importing", "asking", "refused", "reported", "none"]
    at: datetime | None = None
    clients: int | None = None
    patients: int | None = None


async def onboardings_of(engine: AsyncEngine, practice: str) -> list[Row]:
    """Returns a practice's onboardings as listed, the latest run with each playbook. Raises `NotFound`."""
    ids = [f"{name}/{practice}" for name in ORDER] if PRACTICE_ID.fullmatch(practice) else []
    found = [row for row in await asyncio.gather(*(journal.find(engine, id) for id in ids)) if row]
    if not found:
        raise NotFound(f"There is no practice {practice[:80]}: start its onboarding first.")
    return found


def journals_of(practice: str) -> list[str]:
    """Returns the IDs under which the journal and the mail ledger have what concerns a practice."""
    return [f"{name}/{practice}" for name in (*PLAYBOOKS, feed_status.PREFIX)]


async def contacts_of(desk: Desk, rows: Sequence[Row]) -> list[Known]:
    """Returns the contacts in these onboardings of one practice, each address once; of what does not answer, none."""
    people: dict[str, tuple[Contact, list[str]]] = {}
    for held in await asyncio.gather(_contact_of_feed(desk, rows[0].practice), *(_contacts(desk, row) for row in rows)):
        for role, person in held.items():
            _, roles = people.setdefault(person.email.lower(), (person, []))
            if role not in roles:
                roles.append(role)
    return [Known(person.name, person.email, person.phone, tuple(roles)) for person, roles in people.values()]


async def received_data(engine: AsyncEngine, practice: str, rows: Sequence[Row]) -> ReceivedData | None:
    """Returns whether the practice's data came; None for a practice that sends none."""
    watched = await feed_status.find(engine, practice)
    feeds = await feed_progress.list_feeds(engine, practice, RECENT_FEEDS)
    done = next((feed for feed in feeds if feed.state == "done"), None)
    if feeds and not done:
        last = feeds[0]
        state: Literal["importing", "asking", "refused"] = (
            last.state if last.state in ("asking", "refused") else "importing"
        )
        return ReceivedData(state, last.received_at)
    if done:
        clients, patients = await feed_progress.count_records(engine, practice)
        return ReceivedData("imported", done.received_at, clients, patients)
    if watched and watched.feed_at:
        return ReceivedData("reported", watched.feed_at, watched.clients, watched.patients)
    if any(integration_of(row.playbook).feed for row in rows):
        return ReceivedData("none")
    return None


async def _contacts(desk: Desk, row: Row) -> dict[str, Contact]:
    if row.record is not None:
        return contacts(PLAYBOOKS[row.playbook], Onboarding.model_validate(row.record))
    try:
        async with asyncio.timeout(PATIENCE):
            onboarding = (await desk.state(row.id)).onboarding
    except (DeskProblem, DatabaseDown, TimeoutError):
        return {}
    return contacts(PLAYBOOKS[row.playbook], onboarding)


async def _contact_of_feed(desk: Desk, practice: str) -> dict[str, Contact]:
    """Returns the technical contact of a connected practice, who may have been replaced since."""
    try:
        async with asyncio.timeout(PATIENCE):
            watch = await watched(desk, practice)
    except (DeskProblem, TimeoutError):
        return {}
    person = watch.subject.technical_contact if watch else None
    return {TECHNICAL_CONTACT: person} if person else {}
