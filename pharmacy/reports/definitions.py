"""Which clients stand on which report: the definitions in docs/record-sharing.md (RS8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, get_args

ReportName = Literal["new-engaged", "active-engaged", "active-clients", "new-clients", "inactive", "lapsed"]
REPORTS: tuple[ReportName, ...] = get_args(ReportName)
TITLES: dict[ReportName, str] = {
    "new-engaged": "New Engaged Clients",
    "active-engaged": "Active Engaged Clients",
    "active-clients": "Active Client List",
    "new-clients": "New Clients",
    "inactive": "Inactive Client List",
    "lapsed": "Lapsed Clients",
}
MEANINGS: dict[ReportName, str] = {
    "new-engaged": "Added in the last {new} days, and served in that time.",
    "active-engaged": "Served in the last {active} days.",
    "active-clients": "Added or served in the last {active} days.",
    "new-clients": "Added in the last {new} days.",
    "inactive": "Neither added nor served in the last {inactive} days, with a living patient.",
    "lapsed": "Added or served in the last {inactive} days, but not in the last {active}, with a living patient.",
}


@dataclass(frozen=True)
class Periods:
    """How many days back: clients are new, are active, and have lapsed until they count as inactive."""

    new: int = 30
    active: int = 365
    inactive: int = 730

    def meaning(self, report: ReportName) -> str:
        return MEANINGS[report].format(new=self.new, active=self.active, inactive=self.inactive)


@dataclass(frozen=True)
class Activity:
    """What is known of a client: when they were added, and last served, which is a record of a patient or an invoice.

    `living`: not all of their patients died.
    """

    added: datetime | None
    served: datetime | None
    living: bool


def stands_on(report: ReportName, client: Activity, now: datetime, periods: Periods) -> bool:
    """Returns whether a client stands on a report as of `now`."""

    def within(days: int, at: datetime | None) -> bool:
        return at is not None and at >= now - timedelta(days=days)

    new = within(periods.new, client.added)
    active = within(periods.active, client.added) or within(periods.active, client.served)
    recent = within(periods.inactive, client.added) or within(periods.inactive, client.served)
    match report:
        case "new-clients":
            return new
        case "new-engaged":
            return new and within(periods.new, client.served)
        case "active-engaged":
            return within(periods.active, client.served)
        case "active-clients":
            return active
        case "lapsed":
            return recent and not active and client.living
        case "inactive":
            return not recent and client.living
