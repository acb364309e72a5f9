"""A practice as somebody who answers its call needs it: its onboardings, its contacts, and whether its data came."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.clock import is_moved
from desk.feed_status import now_of, watched
from desk.practices import ORDER
from desk.problem import DeskProblem, NotFound
from desk.service import Desk
from integrations.registry import BRINGS_DATA, CLINIC_DATA, RECONNECTION, integration_of
from pharmacy.records import feed_progress
from playbooks.engine.facts import contacts, current_reports, practice_phone
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.listed import Row
from playbooks.engine.model import Playbook, Role
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, Fact, contact_handle
from playbooks.engine.states import OPEN
from playbooks.feed_watch.values import TECHNICAL_CONTACT, FeedRow
from playbooks.registry import PLAYBOOKS
from store.conversation.timeline import Correspondent
from store.database import DatabaseDown
from store.journal import feed_status, journal
from store.journal.contacts import former_contacts
from workflows.feed_visibility import row as row_of_feed

PATIENCE = 3.0
"""Seconds in which an onboarding must say who its contacts are; without its answer they are left out."""
RECENT_FEEDS = 20


@dataclass(frozen=True)
class Known:
    """A contact of the practice, with all roles; a former one has none."""

    name: str
    email: str
    phone: str | None
    roles: tuple[str, ...] = ()

    @property
    def correspondent(self) -> Correspondent:
        handle = contact_handle(self.name, self.roles[0] if self.roles else "")
        return Correspondent(self.name, self.email, self.phone, handle)


@dataclass(frozen=True)
class Told:
    """What somebody at the practice did, in `role`, as somebody else recorded it: a fact's title and by whom."""

    at: datetime
    title: str
    by: str
    role: str


@dataclass(frozen=True)
class Reached:
    """The contacts of a practice, each address once, and the time there: ours, unless a clock was moved ahead.

    `data` is the first report that data came, if one is on record; `told` is what came from the practice, as others
    recorded it. `phone` is the practice's own.
    """

    people: list[Known]
    now: datetime
    data: Fact | None = None
    told: tuple[Told, ...] = ()
    phone: str | None = None


@dataclass(frozen=True)
class _Answer:
    """What an onboarding or a watch says: its contacts by role, the time on its clock, the reports of data and from the
    practice, and the practice's own telephone."""

    people: dict[str, Contact]
    now: datetime
    data: tuple[Fact, ...] = ()
    told: tuple[Told, ...] = ()
    phone: str | None = None


@dataclass(frozen=True)
class ReceivedData:
    """Whether a practice's data came: what became of the last file at `at`, and how many records we have.

    `reported`: the watch of the feed knows of data, but no file is known here. `told`: an onboarding has a report of
    data, by `by`, but no file came yet; `none`: it has not even that. `first` is when the first data came, if that is
    known; `lost` is since when the connection is lost, if it is and nothing came since.
    """

    state: Literal["imported", "importing", "asking", "refused", "reported", "told", "none"]
    at: datetime | None = None
    clients: int | None = None
    patients: int | None = None
    first: datetime | None = None
    lost: datetime | None = None
    by: str = ""


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


async def reach(desk: Desk, practice: str, rows: Sequence[Row]) -> Reached:
    """Returns the contacts in these onboardings of one practice, and its time; what does not answer is left out."""
    people: dict[str, tuple[Contact, list[str]]] = {}
    watching, *asked = await asyncio.gather(_ask_watch(desk, practice), *(_ask(desk, row) for row in rows))
    by_row = [(row, answer.people) for row, answer in zip(rows, asked, strict=True)]
    # Of a connected practice the watch knows who was replaced since, and a reconnection who was while it is open.
    replaced = {role for row, held in by_row if _is_reconnecting(row) for role in held}
    watched_people = {role: person for role, person in watching.people.items() if role not in replaced}
    theirs = (held for row, held in by_row if not (watching.people and _is_connected(row)))
    for held in (watched_people, *theirs):
        for role, person in held.items():
            _, roles = people.setdefault(person.email.lower(), (person, []))
            if role not in roles:
                roles.append(role)
    known = [Known(person.name, person.email, person.phone, tuple(roles)) for person, roles in people.values()]
    reports = [report for answer in asked for report in answer.data]
    first = min(reports, key=lambda report: report.at, default=None)
    told = tuple(each for answer in asked for each in answer.told)
    phone = next((answer.phone for answer in asked if answer.phone), None)
    return Reached(known, max(answer.now for answer in (watching, *asked)), first, told, phone)


async def former_people(engine: AsyncEngine, practice: str) -> list[Known]:
    """Returns who was a contact of the practice, as far as their addresses are known."""
    found = await former_contacts(engine, journals_of(practice))
    return [Known(each.name, each.email, each.phone or None) for each in found if each.email]


async def received_data(
    engine: AsyncEngine, practice: str, rows: Sequence[Row], report: Fact | None
) -> ReceivedData | None:
    """Returns whether the practice's data came, as `report` says if no file did; None for one that sends none."""
    feed = await feed_status.find(engine, practice)
    feeds = await feed_progress.list_feeds(engine, practice, RECENT_FEEDS)
    done = [feed for feed in feeds if feed.state == "done"]
    if feeds and not done:
        last = feeds[0]
        state: Literal["importing", "asking", "refused"] = (
            last.state if last.state in ("asking", "refused") else "importing"
        )
        return ReceivedData(state, last.received_at)
    if done:
        clients, patients = await feed_progress.count_records(engine, practice)
        at = feed.feed_at if feed and feed.feed_at and is_moved(feed.feed_at) else done[0].received_at
        oldest = done[-1].received_at if len(feeds) < RECENT_FEEDS else None
        return ReceivedData("imported", at, clients, patients, _connected_at(rows, at) or oldest, _lost_at(feed, at))
    if feed and feed.feed_at:
        first = _connected_at(rows, feed.feed_at)
        lost = _lost_at(feed, feed.feed_at)
        return ReceivedData("reported", feed.feed_at, feed.clients, feed.patients, first, lost)
    if report:
        return ReceivedData("told", report.at, by=report.by)
    if any(integration_of(row.playbook).feed for row in rows):
        return ReceivedData("none")
    return None


def _is_reconnecting(row: Row) -> bool:
    return row.playbook == RECONNECTION and row.status in OPEN


def _is_connected(row: Row) -> bool:
    return row.status == "complete" and row.playbook in (BRINGS_DATA.playbook.name, RECONNECTION)


def _connected_at(rows: Sequence[Row], latest: datetime) -> datetime | None:
    """Returns when the first data connected the practice, unless by a clock that is ahead of that of the latest."""
    ends = (row.closed_at for row in rows if row.status == "complete" and row.playbook == BRINGS_DATA.playbook.name)
    return next((at for at in ends if at and at <= latest), None)


def _lost_at(feed: FeedRow | None, latest: datetime) -> datetime | None:
    """Returns since when the connection is lost; None if it is not, or if data came since."""
    return feed.since if feed and feed.state == "reconnecting" and latest <= feed.since else None


async def _ask(desk: Desk, row: Row) -> _Answer:
    """Asks an onboarding; what does not answer knows nobody."""
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(row.id)
    except (DeskProblem, DatabaseDown, TimeoutError):
        return _Answer({}, datetime.now(UTC))
    book, reports = PLAYBOOKS[row.playbook], current_reports(state.onboarding).values()
    data = tuple(report for report in reports if report.name in CLINIC_DATA.facts)
    phone = practice_phone(book, state.onboarding)
    return _Answer(contacts(book, state.onboarding), state.now, data, tuple(_told(book, reports)), phone)


def _told(book: Playbook, reports: Iterable[Fact]) -> Iterator[Told]:
    for report in reports:
        fact = book.fact(report.name)
        if fact.reported_by in book.practice_roles and not report.by.startswith(CONTACT_PREFIX):
            yield Told(report.at, fact.title, report.by, fact.reported_by)


async def _ask_watch(desk: Desk, practice: str) -> _Answer:
    """Asks the watch of a connected practice's feed the same."""
    try:
        async with asyncio.timeout(PATIENCE):
            watch = await watched(desk, practice)
            if watch is None:
                return _Answer({}, datetime.now(UTC))
            now = await now_of(desk, row_of_feed(watch))
    except (DeskProblem, TimeoutError):
        return _Answer({}, datetime.now(UTC))
    people = {name: getattr(watch.subject, name) for name in (Role.PRIMARY_CONTACT.value, TECHNICAL_CONTACT)}
    return _Answer({role: person for role, person in people.items() if person}, now)
