"""The time zones of the United States, by what people there call them, and by state."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

from partners.holidays import UnknownPlace, calendar_for
from playbooks.engine.onboarding import Practice

CALLED = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
}
OTHERS = (
    *("America/Detroit", "America/Phoenix", "America/Boise", "America/Indianapolis", "America/Indiana/Indianapolis"),
    *("America/Louisville", "America/Kentucky/Louisville", "America/Juneau"),
)
"""Zones of parts of the country, besides those that are called so."""
STATES = {
    "America/New_York": "CT DC DE FL GA IN KY MA MD ME MI NC NH NJ NY OH PA RI SC TN VA VT WV",
    "America/Chicago": "AL AR FL IA IL IN KS KY LA MI MN MO MS ND NE OK SD TN TX WI",
    "America/Denver": "CO ID KS MT ND NE NM OR SD TX UT WY",
    "America/Phoenix": "AZ",
    "America/Los_Angeles": "CA ID NV OR WA",
    "America/Anchorage": "AK",
    "Pacific/Honolulu": "HI",
    "America/Puerto_Rico": "PR VI",
    "Pacific/Guam": "GU MP",
    "Pacific/Pago_Pago": "AS",
}
"""Where the clocks of each zone are kept, also in a few counties only."""
FEW = {"America/Denver": "AZ NV", "America/Adak": "AK"}
"""Where so few places keep a zone, such as the Navajo Nation in Arizona, that the state is not asked for its zone."""


def us_zone(name: str, state: str = "") -> str | None:
    """Returns the zone of the United States that is meant, `Mountain` or `America/Denver`; None if it is none of them.

    Arizona's mountain time has no summer time.
    """
    called = name.strip().casefold().removesuffix(" time")
    if called == "mountain" and state.strip().casefold() in ("az", "arizona"):
        return "America/Phoenix"
    if name in CALLED.values() or name in OTHERS or name.startswith("US/"):
        return name
    return CALLED.get(called)


@lru_cache(1000)
def zones_of(country: str | None, state: str | None) -> tuple[str, ...]:
    """Returns the time zones of a state of the United States; none for any other place."""
    return _kept_in(STATES, country, state)


@lru_cache(1000)
def zones_of_few(country: str | None, state: str | None) -> tuple[str, ...]:
    """Returns the time zones that only a few places in such a state keep."""
    return _kept_in(FEW, country, state)


def _kept_in(table: Mapping[str, str], country: str | None, state: str | None) -> tuple[str, ...]:
    try:
        place = calendar_for("UTC", country, state, first_day=date(2000, 1, 1), years=0)
    except UnknownPlace:
        return ()
    return tuple(zone for zone, codes in table.items() if place.country == "US" and place.state in codes.split())


def zones_instead(practice: Practice) -> tuple[str, ...]:
    """Returns the time zones of the practice's state, if the clocks of none of them are those of its own zone."""
    zones = zones_of(practice.country, practice.state)
    kept = (*zones, *zones_of_few(practice.country, practice.state))
    return () if _offsets(practice.time_zone) in map(_offsets, kept) else zones


@cache
def _offsets(zone: str) -> tuple[timedelta | None, ...]:
    """Returns how far its clocks are ahead in winter and in summer."""
    return tuple(datetime(2026, month, 1, tzinfo=ZoneInfo(zone)).utcoffset() for month in (1, 7))
