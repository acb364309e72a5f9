"""How a time reads for the team, on pages, in the terminal and in the journal: `Tue 1 Dec, 10:00 CST`."""

from __future__ import annotations

from datetime import datetime, tzinfo


def format_time(moment: datetime, zone: tzinfo, now: datetime | None = None, *, named: bool = True) -> str:
    """`Tue 1 Dec 2026, 10:00 CST`, by the clocks of `zone`. The year is left out if it is that of `now`, the zone's
    name if not `named`."""
    there = moment.astimezone(zone)
    year = "" if now is not None and there.year == now.astimezone(zone).year else f" {there.year}"
    return f"{there:%a} {there.day} {there:%b}{year}, {there:%H:%M}" + (f" {there:%Z}" if named else "")
