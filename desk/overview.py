"""Everything about one onboarding: its position, journal, mails, earlier runs, and activities being retried."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.journal_fallback import JournalCopy, journal_copy
from desk.onboarding_detail import OnboardingDetail, detail_of
from desk.practice_files import playbook_called
from desk.problem import NoAnswer, NotFound
from desk.retries import Retry, retries
from desk.service import Desk
from playbooks.engine.onboarding import Entry, Onboarding
from playbooks.engine.states import CLOSED
from store.accounts import accounts
from store.database import at_once
from store.journal import journal
from store.journal.tables import onboardings
from store.mail import outbox
from store.mail.rows import Mail
from workflows.contracts import State

MOST_RUNS = 20


@dataclass(frozen=True)
class Run:
    run: str
    status: str
    headline: str
    started_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Dossier:
    """If the onboarding does not answer, `detail` is the journal's copy, there is no `state`, and `trouble` says why.

    `names` are those of the practices' people in the journal, by handle.
    """

    detail: OnboardingDetail | JournalCopy
    lines: list[Entry]
    mails: list[Mail]
    runs: list[Run]
    retries: list[Retry]
    names: Mapping[str, str]
    trouble: str | None = None
    state: State | None = None

    @property
    def live(self) -> OnboardingDetail | None:
        """The onboarding's own answer, if it gave one."""
        return self.detail if isinstance(self.detail, OnboardingDetail) else None


async def dossier(desk: Desk, identity: str, run: str | None = None) -> Dossier:
    """Loads the latest onboarding with this ID, or an earlier one by its run. Raises `NotFound`."""
    playbook = playbook_called(identity.partition("/")[0])
    state, runs, tried = await asyncio.gather(
        _state(desk, identity, run), _runs(desk.database, identity), retries(desk.client, identity)
    )
    if isinstance(state, NoAnswer):
        copy, lines, mails = await journal_copy(desk.database, identity)
        return Dossier(copy, lines, mails, runs, [], await _names(desk.database, lines), trouble=str(state))
    its_run = desk.database, identity, state.onboarding.run
    lines, mails = await asyncio.gather(journal.lines(*its_run), outbox.mails_of(*its_run))
    detail = detail_of(playbook, state.onboarding, state.now, mails, lines)
    tried = [] if detail.status in CLOSED else tried
    return Dossier(detail, lines, mails, runs, tried, await _names(desk.database, lines), state=state)


async def _state(desk: Desk, identity: str, run: str | None) -> State | NoAnswer:
    """Returns the state of the open onboarding, or the last one of a closed one."""
    if run is not None:
        row = await journal.find(desk.database, identity, run)
        if row is None:
            raise NotFound(f"There was no such onboarding of {identity}; 'onboard list' shows all.")
        if row.record is not None and row.closed_at is not None:
            return State(onboarding=Onboarding.model_validate(row.record), now=max(datetime.now(UTC), row.closed_at))
    try:
        return await desk.state(identity)
    except NoAnswer as problem:
        return problem


async def _names(database: AsyncEngine, lines: Iterable[Entry]) -> dict[str, str]:
    return await accounts.member_names(database, (each for line in lines for each in (line.by, *line.data.values())))


async def _runs(database: AsyncEngine, identity: str) -> list[Run]:
    names = [field.name for field in fields(Run)]
    query = select(*(onboardings.c[name] for name in names)).where(onboardings.c.id == identity)
    async with at_once(database) as connection:
        rows = (await connection.execute(query.order_by(onboardings.c.started_at.desc()).limit(MOST_RUNS))).mappings()
        return [Run(**row) for row in rows]
