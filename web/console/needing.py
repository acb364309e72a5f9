"""Which practices need a person now, why, and what to do there: above the board and in its rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pharmacy.attention import TroubledMail, troubled
from pharmacy.journal import Row, listing
from pharmacy.listing import EVERY
from pharmacy.records.everywhere import Held, held_back, to_review
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.registry import PLAYBOOKS
from web.console.need import Need, need_of, once
from web.console.need_data import CONNECTED, undecided
from web.console.need_told import refused, told
from web.console.needs import Told, mail_actions, unseen
from web.services import Services

SHOWN = 8
"""Practices that are named above the board."""
MOST = 100
"""Mails that did not arrive are counted up to here."""
MOST_DECISIONS = 1_000
"""Pairs and differences are."""
DECISIONS_KEPT = 5.0
"""Seconds for which the number of pairs and differences that wait is not asked for again."""


@dataclass(frozen=True)
class Needing:
    """An onboarding that needs a person, whatever its deadline says: why in a few words, and what to do."""

    id: str
    practice_name: str
    why: str
    todo: str


@dataclass(frozen=True)
class Decisions:
    """What of the practices' data waits for somebody's decision: pairs to review, and differences held back."""

    pairs: tuple[Held, ...]
    differences: tuple[Held, ...]
    most: int = MOST_DECISIONS


@dataclass(frozen=True)
class Attention:
    """The first of those that need a person, in the order of the page of them all; `more` are not among them."""

    first: tuple[Needing, ...]
    more: int
    or_more: bool
    decisions: Decisions
    _told: tuple[Needing, ...]
    _mails: tuple[Needing, ...]

    def of(self, row: Row) -> tuple[Needing, ...]:
        """Why one of the rows that were asked about needs a person."""
        if row.closed_at is not None:
            return ()
        lost = [_lost(row)] if row.playbook == RECONNECTION.name else []
        return _once(each for each in (*self._told, *self._mails, *lost) if each.id == row.id)


async def attention(web: Services, rows: list[Row]) -> Attention:
    """As of now, of all and of these rows."""
    known_told = _told(await web.pulse.kept("told", lambda: unseen(web)))
    lost_count = sum(group.count for group in await web.pulse.groups() if _is_lost(group.playbook, group.status))
    latest = await troubled(web.database, limit=MOST)
    lost = await web.pulse.kept("lost", lambda: _all_lost(web)) if lost_count else []
    known = _once([*known_told, *map(_mail, latest), *lost])
    return Attention(
        first=known[:SHOWN],
        more=len(known) + lost_count - len(lost) - len(known[:SHOWN]),
        or_more=len(latest) == MOST,
        decisions=await web.pulse.lately("decisions", lambda: _decisions(web), DECISIONS_KEPT),
        _told=known_told,
        _mails=tuple(
            map(_mail, await troubled(web.database, limit=MOST, of=[row.id for row in rows]) if latest else ())
        ),
    )


def _once(found: Iterable[Needing]) -> tuple[Needing, ...]:
    """Two mails to correct are one thing to see to."""
    return tuple({(each.id, each.why): each for each in reversed(list(found))}.values())[::-1]


def _told(given: Told) -> tuple[Needing, ...]:
    calls = (Needing(need.id, need.practice_name, "Asked for something", need.todo) for need in given.calls)
    lacking = (Needing(need.id, need.practice_name, "Record incomplete", need.todo) for need in given.anomalies)
    return (*calls, *lacking)


def _mail(mail: TroubledMail) -> Needing:
    ways = " or ".join(action.title[:1].lower() + action.title[1:] for action in mail_actions(mail))
    to = mail.to_email or f"the {mail.role.replace('_', ' ')}"
    why = "Mail may not have arrived" if mail.state == "unknown" else "Mail did not arrive"
    todo = f"{ways[:1].upper()}{ways[1:]}: {mail.kind.replace('_', ' ')} to {to}."
    return Needing(mail.onboarding, mail.practice_name, why, todo)


def _is_lost(playbook: str, status: str) -> bool:
    return playbook == RECONNECTION.name and status == "open"


async def _all_lost(web: Services) -> list[Needing]:
    rows = await listing(web.database, playbook=RECONNECTION.name, status=("open",), order="urgent", limit=SHOWN)
    return [_lost(row) for row in rows]


def _lost(row: Row) -> Needing:
    stage = next((each for each in PLAYBOOKS[row.playbook].stages if each.name == row.stage), None)
    todo = (stage.chase or stage.asks) if stage else ""
    return Needing(row.id, row.practice_name, "Connection lost", todo)


async def _decisions(web: Services) -> Decisions:
    pairs = await to_review(web.database, MOST_DECISIONS)
    return Decisions(tuple(pairs), tuple(await held_back(web.database, MOST_DECISIONS)))


async def needing_of(web: Services, identity: str) -> tuple[Need, ...]:
    """What needs a person at one onboarding now, the most urgent first; empty if nothing does.

    `identity` is `PLAYBOOK/PRACTICE`, of the latest onboarding with that ID. It is what the board's row of it and the
    page of all that needs a person say: how it stands (overdue, our turn, a lost connection), calls for help, what is
    missing, and mails that did not arrive. Of a practice that is connected, or was, also what its data needs and the
    reconnection that is open, whichever of its onboardings is asked for. Read from the journal, which may lag a moment
    behind the workflow.
    """
    playbook, _, practice = identity.partition("/")
    ids = [f"{each}/{practice}" for each in CONNECTED] if playbook in CONNECTED else [identity]
    rows = await listing(web.database, ids=ids, status=EVERY, order="newest")
    latest = {row.id: row for row in reversed(rows)}
    mine = latest.get(identity)
    if mine is None:
        return ()
    is_open = mine.closed_at is None
    standing = [mine, *(row for row in latest.values() if row is not mine and row.playbook == RECONNECTION.name)]
    said = [*await told(web, [identity]), *await refused(web, [identity])] if is_open else []
    data = await undecided(web, practice) if playbook in CONNECTED else ()
    return once(
        [
            *(need for row in standing if (need := need_of(row))),
            *(replace(need, assignee=mine.assignee) for need in said),
            *data,
        ]
    )
