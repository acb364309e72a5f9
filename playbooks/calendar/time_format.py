"""Formats times for pages, the terminal and the journal."""

from __future__ import annotations

from datetime import datetime, tzinfo


def format_time(moment: datetime, zone: tzinfo, now: datetime | None = None, *, named: bool = True) -> str:
    """Returns `Tue 1 Dec 2026, 10:00 CST`; without the year if it is that of `now`, without the zone if not `named`."""
    local = moment.astimezone(zone)
    year = "" if now is not None and local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}" + (f" {local:%Z}" if named else "")
