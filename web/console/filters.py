"""What of the board somebody wants to see, as its address says it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, time, timedelta
from typing import get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from playbooks.engine.states import CLOSED, OPEN, STATUSES
from store.journal.board import Group
from store.journal.listing import Filter, Order, Outcome, VisitFilter

ME = "me"
DUE = {"today": 1, "tomorrow": 2}
"""Deadlines that are wanted by the day: before the end of how many days, from today on."""
SLAS = {
    "breached": "Overdue",
    "today": "Overdue or due today",
    "tomorrow": "Overdue or due by tomorrow",
    "paused": "Paused",
    "none": "Without a deadline",
}
BY_STATUS: dict[str, str] = {
    "": "Not closed",
    **{status: status.replace("_", " ").capitalize() for status in STATUSES},
    "all": "All",
}
SORTS: dict[str, Order] = {"practice": "name", "deadline": "urgent", "since": "longest", "assignee": "assignee"}
"""The columns that sort the board; with a hyphen before it a column sorts the other way round."""
NOBODY = "(nobody)"
"""The `assignee` of what is assigned to nobody."""
PERIODS = {"30": "30 days", "90": "90 days", "365": "12 months"}
"""Days within which an onboarding was started."""
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ALL = "all"
"""The `view` that shows everything to somebody whose board begins with something else."""
TOOK = re.compile(r"\d{1,5}-\d{1,5}")
VISIT = re.compile(rf"({'|'.join(OUTCOMES)}) (?:stage (.+)|(\w+))")
LONGEST = 200
"""Characters of the longest value that is read from an address."""


@dataclass(frozen=True)
class Filters:
    """Empty means: whatever it is. `sort` is a column, `after` where the page begins.

    The reports lead to `started` (within so many days), `took` (`7-14`: whole days from request to close) and `visit`
    (`missed partner`, which is a side, or `passed stage call`).
    """

    q: str = ""
    playbook: str = ""
    stage: str = ""
    waiting_on: str = ""
    assignee: str = ""
    sla: str = ""
    status: str = ""
    started: str = ""
    took: str = ""
    visit: str = ""
    sort: str = ""
    view: str = ""
    after: str = ""

    @classmethod
    def read(cls, given: Mapping[str, str]) -> Filters:
        """From an address; what it says beyond reason is left out."""
        found = {
            name: value.replace("\0", "").strip()[:LONGEST]
            for name, value in given.items()
            if name in cls.__dataclass_fields__ and name != "after"
        }
        if found.get("sla") not in SLAS:
            found.pop("sla", None)
        if found.get("status") not in BY_STATUS:
            found.pop("status", None)
        if found.get("started") not in PERIODS:
            found.pop("started", None)
        if not TOOK.fullmatch(found.get("took", "")):
            found.pop("took", None)
        if not VISIT.fullmatch(found.get("visit", "")):
            found.pop("visit", None)
        if found.get("sort", "").removeprefix("-") not in SORTS:
            found.pop("sort", None)
        if found.get("view") != ALL:
            found.pop("view", None)
        return cls(**found, after=given.get("after", "")[:2_000])

    @property
    def closed(self) -> bool:
        return self.status in (*CLOSED, "all")

    @property
    def order(self) -> Order:
        return SORTS.get(self.sort.removeprefix("-"), "newest" if self.closed else "urgent")

    @property
    def reverse(self) -> bool:
        return self.sort.startswith("-")

    @property
    def narrowed(self) -> bool:
        return bool(self.address(sort="", view=""))

    def sorting(self, column: str) -> str:
        """How a column sorts the rows now, in the words of `aria-sort`."""
        own = "" if self.closed else "deadline"
        by = self.sort or own
        return {column: "ascending", f"-{column}": "descending"}.get(by, "none")

    def sorted_by(self, column: str) -> str:
        """The address of the board sorted by a column; the other way round, if it is sorted by it."""
        return self.address(sort=f"-{column}" if self.sorting(column) == "ascending" else column)

    def address(self, **changes: str) -> str:
        """What follows the `?` of the board with these filters, after some changes; the page begins anew then."""
        wanted = replace(self, **{"after": "", **changes})
        return urlencode({name: value for name, value in asdict(wanted).items() if value})

    def asked(self, me: str, now: datetime, zone: ZoneInfo) -> Filter:
        return Filter(
            playbook=self.playbook or None,
            stage=self.stage or None,
            waiting_on=self.waiting_on or None,
            assignee={"": None, ME: me, NOBODY: ""}.get(self.assignee, self.assignee),
            sla=self.sla if self.sla and self.sla not in DUE else None,
            due_before=midnight(now, zone, DUE[self.sla]) if self.sla in DUE else None,
            status={"": OPEN, "all": STATUSES}.get(self.status, (self.status,)),
            search=self.q or None,
            # A search of the board shows closed ones beside: who is called so among them is meant, too.
            beside=() if self.status else STATUSES,
            started_since=now - timedelta(days=int(self.started)) if self.started else None,
            took_days=self.days_taken,
            visit=self.visited,
        )

    @property
    def days_taken(self) -> tuple[int, int] | None:
        first, _, end = self.took.partition("-")
        return (int(first), int(end)) if end else None

    @property
    def visited(self) -> VisitFilter | None:
        found = VISIT.fullmatch(self.visit)
        if found is None:
            return None
        outcome = next(each for each in OUTCOMES if each == found[1])
        return VisitFilter(outcome, stage=found[2], side=found[3])

    @property
    def countable(self) -> bool:
        """Whether groups of onboardings tell how many these filters leave."""
        return not (self.q or self.started or self.took or self.visit) and self.sla not in DUE

    def fits(self, group: Group, me: str) -> bool:
        """Whether these filters, if they are countable, leave a group."""
        party, stage = self.waiting_on in ("", group.waiting_on), self.stage in ("", group.stage)
        return self.counts(group, me) and party and stage

    def counts(self, group: Group, me: str) -> bool:
        """Whether a group belongs to what the figures of the board are of: all filters but stage and party."""
        sla, status = self.sla in ("", group.sla), self.status in ("", "all", group.status)
        wanted = {ME: me, NOBODY: None}.get(self.assignee, self.assignee)
        return self.playbook in ("", group.playbook) and wanted in ("", group.assignee) and sla and status


def midnight(now: datetime, zone: ZoneInfo, days: int) -> datetime:
    """The first moment of the day that comes after so many days, today being the first."""
    there = now.astimezone(zone)
    return datetime.combine(there.date() + timedelta(days=days), time(), zone)
