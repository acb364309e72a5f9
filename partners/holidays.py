"""Calendars of real places, with their public holidays from the `holidays` library (DP1).

Computed outside workflows: a newer library knows other holidays, and a replay must not see them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from playbooks.calendar.values import WEEKEND, WORKDAYS, Calendar

if TYPE_CHECKING:
    from holidays import HolidayBase

# In order of preference. Without any of them, the library's names are in the country's own language or in English.
ENGLISH = ("en_US", "en_GB", "en")

ABBREVIATION = 3
FEW = 3


class UnknownPlace(ValueError):
    """An unknown time zone, country or state; the message is a sentence for the user. `similar` may be meant."""

    similar: tuple[str, ...] = ()


def calendar_for(
    time_zone: str,
    country: str | None = None,
    state: str | None = None,
    *,
    first_day: date,
    years: int = 2,
) -> Calendar:
    """The calendar of a place, with its weekends and holidays from `first_day` to `years` later, both included.

    `country` is an ISO code (US, USA) or an English name; `state` is a code of one of its subdivisions (IL) or a name;
    upper and lower case are the same. Without a country there are no holidays, and the weekend is Saturday and Sunday.
    Days off in place of a holiday are included. The library ends in 2100 for most countries: `known_until` is then
    earlier. Raises UnknownPlace.
    """
    check_time_zone(time_zone)
    if years < 0:
        raise ValueError(f"Holidays are computed for the years ahead; {years} years were given.")
    if not country:
        if state:
            raise UnknownPlace(f"The state {state!r} needs its country; give that too, for example US.")
        return Calendar(time_zone=time_zone)
    code = _country(country)
    subdivision = _state(code, state) if state else None
    last_day = _years_later(first_day, years)
    place = _place(code, subdivision, range(first_day.year, last_day.year + 1))
    known_until = min(last_day, date(place.end_year, 12, 31))
    days = [first_day + timedelta(days=number) for number in range((known_until - first_day).days + 1)]
    weekends = {day for day in days if place.is_weekend(day)}
    workdays = {day.weekday() for day in days if day not in weekends} or set(WORKDAYS)
    # Where the weekend changes meanwhile, as in the Emirates in 2022, its days are listed one by one.
    listed = {day: WEEKEND for day in weekends if day.weekday() in workdays}
    holidays = {day: name for day, name in place.items() if first_day <= day <= last_day}
    return Calendar(
        time_zone=time_zone,
        country=code,
        state=subdivision,
        workdays=tuple(sorted(workdays)),
        holidays=dict(sorted((listed | holidays).items())),
        known_until=known_until,
    )


def check_time_zone(name: str) -> str:
    """Returns `name` if it is a time zone, spelt exactly; else raises UnknownPlace."""
    if name not in _zone_names():
        raise _not_found("time zone", name, _zones(), "one such as America/Chicago")
    return name


def _place(country: str, state: str | None = None, years: Iterable[int] = ()) -> HolidayBase:
    # Imported here: it takes a fifth of a second, and most commands do not need it.
    import holidays

    languages = holidays.country_holidays(country).supported_languages
    language = next((each for each in ENGLISH if each in languages), None)
    language = language or next((each for each in languages if each.startswith("en")), None)
    return holidays.country_holidays(country, subdiv=state, years=years, language=language)


def _country(given: str) -> str:
    from holidays.registry import COUNTRIES

    codes: dict[str, str] = {}
    labels: dict[str, str] = {}
    for module, (_, code, *others) in COUNTRIES.items():
        name = module.replace("_", " ")
        for each in (name, code, *others):
            codes[_normalize(each)] = code
            labels[_normalize(each)] = f"{code} ({name.title()})"
    if found := codes.get(_normalize(given)):
        return found
    raise _not_found("country", given, labels, "its ISO code, for example US")


def _state(country: str, given: str) -> str:
    place = _place(country)
    codes = {_normalize(code): code for code in place.subdivisions}
    labels = dict(codes)
    aliases: Mapping[str, str] = getattr(place, "subdivisions_aliases", {})
    for name, code in aliases.items():
        codes.setdefault(_normalize(name), code)
        labels[_normalize(name)] = labels[_normalize(code)] = f"{code} ({name})"
    if found := codes.get(_normalize(given)):
        return found
    if not codes:
        raise UnknownPlace(f"There are no holidays by state for {country}; leave out the state {given!r}.")
    raise _not_found(f"state of {country}", given, labels, f"its code, for example {min(codes.values())}")


def _not_found(what: str, given: str, labels: Mapping[str, str], instead: str) -> UnknownPlace:
    """Says that `given` is unknown, with similar ones of `labels` (normalized name: how it is shown)."""
    name = _normalize(given)
    matches = [name] if name in labels else get_close_matches(name, labels, cutoff=0.8) or _begun_by(name, labels)
    similar = tuple(dict.fromkeys(labels[each] for each in matches))
    advice = f"did you mean {' or '.join(similar)}?" if similar else f"give {instead}."
    problem = UnknownPlace(f"There is no {what} {given!r}; {advice}")
    problem.similar = similar
    return problem


def _begun_by(name: str, labels: Iterable[str]) -> list[str]:
    """Returns the names that an abbreviation such as `calif.` begins; none if it may be any of many."""
    stem = name.rstrip(".")
    found = [each for each in labels if len(stem) >= ABBREVIATION and each.startswith(stem)]
    return found if len(found) <= FEW else []


def _normalize(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def _zones() -> Mapping[str, str]:
    """Time zones by normalized name: in full, or the city alone."""
    zones = sorted(_zone_names())
    cities = {_normalize(zone.rpartition("/")[2]): zone for zone in zones}
    return cities | {_normalize(zone): zone for zone in zones}


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # The 29th of February in a year without one, or a year beyond the last.
        if day.year + years > date.max.year:
            raise ValueError("Holidays cannot be computed beyond the year 9999.") from None
        return date(day.year + years, 2, 28)
