"""Formats times for pages, the terminal and the journal."""

from __future__ import annotations

from datetime import datetime, tzinfo


def format_time(moment: datetime, zone: tzinfo, now: datetime | None = None, *, named: bool = True) -> str:
    """Returns `Tue 1 Dec 2026, 10:00 CST`; without the year if it is that of `now`, without the zone if not `named`."""
    local = moment.astimezone(zone)
    year = "" if now is not None and local.year == now.astimezone(zone).year else f" {local.year}"
    return f"{local:%a} {local.day} {local:%b}{year}, {local:%H:%M}" + (f" {local:%Z}" if named else "")


def contact_day(moment: datetime, zone: tzinfo, now: datetime) -> str:
    """Returns `Tuesday 3 March` for mails and pages of contacts; with the year if it is not that of `now`."""
    local = moment.astimezone(zone)
    return f"{local:%A} {local.day} {local:%B}" + ("" if local.year == now.astimezone(zone).year else f" {local.year}")


def contact_time(moment: datetime, zone: tzinfo) -> str:
    """Returns `10:12 AM CST`."""
    local = moment.astimezone(zone)
    return f"{local.hour % 12 or 12}:{local:%M} {'AM' if local.hour < 12 else 'PM'} {zone_name(local)}"


def zone_name(local: datetime) -> str:
    """Returns `CST`, or `UTC-05` where the zone has no letters."""
    name = local.tzname() or "UTC"
    return f"UTC{name}" if name[0] in "+-" else name
