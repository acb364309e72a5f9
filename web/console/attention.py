"""The attention items of all practices, for the board, its rows and their own page.

`desk.attention.collect` has those of one onboarding."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from desk.attention.alerts import MOST, alert_items, mail_items
from desk.attention.collect import group_by_onboarding, position_items, practice_items
from desk.attention.item import KINDS, OURS, AttentionItem, Kind, deduplicated, kind_of
from integrations.registry import RECONNECTION
from playbooks.engine.listed import Row
from playbooks.engine.states import CLOSED
from store.journal.listing import Filter, list_onboardings
from web.console.filters import Filters
from web.services import Services

DATA_CACHE_SECONDS = 5.0
"""Seconds for which the items of practices' data are cached."""

# By kind, how to query the open onboardings whose position needs a person.
_POSITION_FILTERS: Mapping[Kind, Mapping[str, Any]] = {
    "overdue": {"sla": "breached"},
    "ours": {"waiting_on": tuple(OURS), "overdue": False},
    "lost": {"playbook": RECONNECTION, "overdue": False},
}


@dataclass(frozen=True)
class Part:
    """The items of one kind: the most urgent, and how many there are, or are at least."""

    kind: Kind
    needs: tuple[AttentionItem, ...]
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
    """The items by kind, in order of urgency; kinds without items are left out."""

    parts: tuple[Part, ...]

    @property
    def count(self) -> int:
        return sum(part.count for part in self.parts)

    @property
    def or_more(self) -> bool:
        return any(part.or_more for part in self.parts)

    def first(self, most: int) -> tuple[AttentionItem, ...]:
        """Returns the most urgent items, at least one of every kind, so that frequent kinds do not hide rare ones."""
        room, found = most - len(self.parts), list[AttentionItem]()
        for part in self.parts:
            more = max(0, min(len(part.needs) - 1, room))
            room -= more
            found += part.needs[: 1 + more]
        return tuple(found)


@dataclass(frozen=True)
class OtherItems:
    """The items that do not follow from the journal's rows: calls and missing facts, undelivered mails, and data."""

    alerts: tuple[AttentionItem, ...]
    mails: tuple[AttentionItem, ...]
    data: tuple[AttentionItem, ...]


async def load_other_items(web: Services, *, fresh: bool = False) -> OtherItems:
    """Loads them; those of data may be some seconds old unless `fresh`."""
    return OtherItems(
        alerts=await web.change_feed.cached("alerts", lambda: alert_items(web.database)),
        mails=await mail_items(web.database),
        data=await web.change_feed.cached_for(
            0.0 if fresh else DATA_CACHE_SECONDS, "data", lambda: practice_items(web.database)
        ),
    )


async def attention(web: Services, of: OtherItems, wanted: Filters, asked: Filter, me: str, each: int) -> Attention:
    """Returns the items that pass the filters, at most `each` of a kind.

    `asked` is the filters' query of the journal for the viewer `me`.
    """
    found = [await _position_part(web, kind, wanted, asked, me, each) for kind in _POSITION_FILTERS]
    left = await _left(web, (*of.alerts, *of.mails), of.data, wanted, asked)
    found += _parts(left, each, ("mail",) if len(of.mails) >= MOST else ())
    order = list(KINDS)
    return Attention(tuple(sorted((part for part in found if part.count), key=lambda part: order.index(part.kind))))


async def of_search(
    web: Services,
    of: OtherItems,
    wanted: Filters,
    asked: Filter,
    rows: Iterable[Row],
    needs: Mapping[str, tuple[AttentionItem, ...]],
    *,
    more: bool,
) -> Attention:
    """Returns the same for the rows that a search found, and their items. `more`: there are further rows."""
    own = [replace(item, assignee=row.assignee) for row in rows for item in needs[row.id]]
    left = await _left(web, (), of.data, wanted, asked) if of.data else []
    ids = {item.id for item in own}
    found = deduplicated([*own, *(item for item in left if item.id not in ids)])
    return Attention(tuple(_parts(found, len(found), tuple(KINDS) if more else ())))


async def of_rows(web: Services, of: OtherItems, rows: Sequence[Row]) -> dict[str, tuple[AttentionItem, ...]]:
    """Returns the items of these rows by ID, the same as `attention` has."""
    ids = [row.id for row in rows if row.closed_at is None]
    mails = await mail_items(web.database, ids) if ids and len(of.mails) >= MOST else of.mails
    return group_by_onboarding(rows, of.alerts, mails, of.data)


def _parts(needs: Sequence[AttentionItem], each: int, or_more: Collection[str]) -> list[Part]:
    """Groups items by kind; of the kinds in `or_more` there may be others."""
    kinds = ((kind, tuple(item for item in needs if item.kind == kind)) for kind in KINDS)
    return [Part(kind, these[:each], len(these), kind in or_more) for kind, these in kinds if these]


async def _position_part(web: Services, kind: Kind, wanted: Filters, asked: Filter, me: str, each: int) -> Part:
    which, nothing = _POSITION_FILTERS[kind], Part(kind, (), 0)
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
    needs = tuple(item for item in position_items(rows) if item.kind == kind)
    return Part(kind, needs[:each], len(needs) if count is None else count, count is None and len(rows) >= MOST)


def _both(which: Mapping[str, Any], asked: Filter) -> bool:
    for name in ("sla", "waiting_on", "playbook"):
        kinds, given = which.get(name), getattr(asked, name)
        if kinds and given and given not in ((kinds,) if isinstance(kinds, str) else kinds):
            return False
    return True


async def _left(
    web: Services, events: Sequence[AttentionItem], data: Sequence[AttentionItem], wanted: Filters, asked: Filter
) -> list[AttentionItem]:
    """Returns the items that pass the filters, events with their assignees.

    Items of data pass only without filters for a stage or a deadline.
    """
    ids = {item.id for item in (*events, *data)}
    rows = await list_onboardings(web.database, replace(asked, ids=ids), limit=len(ids)) if ids else []
    owners = {row.id: row.assignee for row in rows}
    left = {item.id for item in data} if not wanted.narrowed else set(owners)
    if wanted.narrowed and data and not (wanted.stage or wanted.waiting_on or wanted.sla or wanted.status):
        closed = replace(asked, ids={item.id for item in data}, status=CLOSED)
        left |= {row.id for row in await list_onboardings(web.database, closed, order="newest", limit=len(ids))}
    assigned = (replace(item, assignee=owners[item.id]) for item in events if item.id in owners)
    return [*assigned, *(item for item in data if item.id in left)]
