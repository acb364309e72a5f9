"""What needs a person of all practices, for the board, its rows and the page of all that needs a person. What one
onboarding needs is computed by the same (`desk.attention.collect`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desk.attention.alerts import MOST, refused, told
from desk.attention.collect import by_standing, sorted_out
from desk.attention.data import undecided
from desk.attention.item import KINDS, OURS, Kind, Need, kind_of, once
from integrations.registry import RECONNECTION
from playbooks.engine.listed import Row
from playbooks.engine.states import CLOSED
from store.journal.listing import Filter, list_onboardings
from web.console.filters import Filters
from web.services import Services

DATA_KEPT = 5.0
"""Seconds for which what waits in the practices' data is not asked for again."""

# How those of a kind are asked for, beside being open.
_STANDING: Mapping[Kind, Mapping[str, Any]] = {
    "overdue": {"sla": "breached"},
    "ours": {"waiting_on": tuple(OURS), "overdue": False},
    "lost": {"playbook": RECONNECTION, "overdue": False},
}


@dataclass(frozen=True)
class Part:
    """All of a kind: the most urgent of them, and how many they are, or may be more than."""

    kind: Kind
    needs: tuple[Need, ...]
    count: int
    or_more: bool = False

    @property
    def title(self) -> str:
        return KINDS[self.kind][0]

    @property
    def counted(self) -> str:
        one, many = KINDS[self.kind][1:]
        return f"{self.count:,}{' or more' if self.or_more else ''} {one if self.count == 1 else many}"


@dataclass(frozen=True)
class Attention:
    """What needs a person, by kind, in the order in which it is seen to; no kind is without any."""

    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def or_more(self) -> bool:
        return any(part.or_more for part in self.parts)

    def first(self, most: int) -> tuple[Need, ...]:
        """The most urgent; of every kind one at least, so that a bad week does not hide what is rare."""
        room, found = most - len(self.parts), list[Need]()
        for part in self.parts:
            more = max(0, min(len(part.needs) - 1, room))
            room -= more
            found += part.needs[: 1 + more]
        return tuple(found)


@dataclass(frozen=True)
class Heard:
    """What needs a person whatever the journal's rows say: what was told, mails that did not arrive, and data."""

    told: tuple[Need, ...]
    mails: tuple[Need, ...]
    data: tuple[Need, ...]


async def heard(web: Services, *, fresh: bool = False) -> Heard:
    """As of now; what waits in the practices' data may be some seconds old, unless it has to be `fresh`."""
    return Heard(
        told=await web.change_feed.cached("told", lambda: told(web.database)),
        mails=await refused(web.database),
        data=await web.change_feed.cached_for(
            0.0 if fresh else DATA_KEPT, "undecided", lambda: undecided(web.database)
        ),
    )


async def attention(web: Services, of: Heard, wanted: Filters, asked: Filter, me: str, each: int) -> Attention:
    """What the filters leave; of each kind `each` are named. `asked` is what the filters ask of the journal for the
    viewer `me`."""
    found = [await _standing(web, kind, wanted, asked, me, each) for kind in _STANDING]
    left = await _left(web, (*of.told, *of.mails), of.data, wanted, asked)
    found += _parts(left, each, ("mail",) if len(of.mails) >= MOST else ())
    order = list(KINDS)
    return Attention(tuple(sorted((part for part in found if part.count), key=lambda part: order.index(part.kind))))


async def of_search(
    web: Services,
    of: Heard,
    wanted: Filters,
    asked: Filter,
    rows: Iterable[Row],
    needs: Mapping[str, tuple[Need, ...]],
    *,
    more: bool,
) -> Attention:
    """The same of what a search found, without searching again: the rows that are shown and their needs. `more`:
    there are other rows."""
    mine = [replace(need, assignee=row.assignee) for row in rows for need in needs[row.id]]
    left = await _left(web, (), of.data, wanted, asked) if of.data else []
    there = {need.id for need in mine}
    found = once([*mine, *(need for need in left if need.id not in there)])
    return Attention(tuple(_parts(found, len(found), tuple(KINDS) if more else ())))


async def of_rows(web: Services, of: Heard, rows: Sequence[Row]) -> dict[str, tuple[Need, ...]]:
    """Why each of these needs a person, by their IDs: what `attention` says of them."""
    ids = [row.id for row in rows if row.closed_at is None]
    mails = await refused(web.database, ids) if ids and len(of.mails) >= MOST else of.mails
    return sorted_out(rows, of.told, mails, of.data)


def _parts(needs: Sequence[Need], each: int, or_more: Collection[str]) -> list[Part]:
    """By kind; of those in `or_more` there may be others."""
    kinds = ((kind, tuple(need for need in needs if need.kind == kind)) for kind in KINDS)
    return [Part(kind, these[:each], len(these), kind in or_more) for kind, these in kinds if these]


async def _standing(web: Services, kind: Kind, wanted: Filters, asked: Filter, me: str, each: int) -> Part:
    """Those that need a person by how they stand."""
    which, nothing = _STANDING[kind], Part(kind, (), 0)
    if "open" not in asked.status or not _both(which, asked):
        return nothing
    count = None
    if wanted.countable:
        groups = await web.change_feed.groups()
        count = sum(group.count for group in groups if kind_of(group) == kind and wanted.fits(group, me))
        if not count:
            return nothing
    limit = each if count is not None else MOST
    rows = await list_onboardings(web.database, replace(asked, **which, status=("open",)), order="urgent", limit=limit)
    needs = tuple(need for need in by_standing(rows) if need.kind == kind)
    return Part(kind, needs[:each], len(needs) if count is None else count, count is None and len(rows) >= MOST)


def _both(which: Mapping[str, Any], asked: Filter) -> bool:
    """Whether anything can be of the kind and among what is asked for."""
    for name in ("sla", "waiting_on", "playbook"):
        kinds, given = which.get(name), getattr(asked, name)
        if kinds and given and given not in ((kinds,) if isinstance(kinds, str) else kinds):
            return False
    return True


async def _left(
    web: Services, events: Sequence[Need], data: Sequence[Need], wanted: Filters, asked: Filter
) -> list[Need]:
    """What the filters leave of these, and whose it is. Data of a practice that is connected has no stage, and no
    deadline."""
    ids = {need.id for need in (*events, *data)}
    rows = await list_onboardings(web.database, replace(asked, ids=ids), limit=len(ids)) if ids else []
    owners = {row.id: row.assignee for row in rows}
    left = {need.id for need in data} if not wanted.narrowed else set(owners)
    if wanted.narrowed and data and not (wanted.stage or wanted.waiting_on or wanted.sla or wanted.status):
        closed = replace(asked, ids={need.id for need in data}, status=CLOSED)
        left |= {row.id for row in await list_onboardings(web.database, closed, order="newest", limit=len(ids))}
    mine = (replace(need, assignee=owners[need.id]) for need in events if need.id in owners)
    return [*mine, *(need for need in data if need.id in left)]
