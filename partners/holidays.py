"""Calendars of real places: their public holidays, from the `holidays` library, as a value (DP1).

Computed outside workflows, because a newer library knows other holidays and a replay must not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from playbooks.calendar.values import Calendar

if TYPE_CHECKING:
    from holidays import HolidayBase

# The first that the library has for a country; without any, its names are the country's own, or English anyway.
ENGLISH = ("en_US", "en_GB", "en")


class UnknownPlace(ValueError):
    """A time zone, country or state that does not exist here; the message is a sentence for whoever gave it."""


def calendar_for(
    time_zone: str,
    country: str | None = None,
    state: str | None = None,
    *,
    first_day: date,
    years: int = 2,
) -> Calendar:
    """The calendar of a place, Monday to Friday, with its holidays from `first_day` to `years` later, both included.

    A country is an ISO code (US, USA) or its English name, a state a code of that country's subdivisions (IL) or its
    name, in any case; without a country there are no holidays. Days off in place of a holiday are included. The
    library ends in 2100 for most countries: `known_until` is then earlier. Raises `UnknownPlace`.
    """
    known_zone(time_zone)
    if years < 0:
        raise ValueError(f"Holidays are computed for the years ahead; {years} years was given.")
    if not country:
        if state:
            raise UnknownPlace(f"The state {state!r} needs its country; give that too, such as US.")
        return Calendar(time_zone=time_zone)
    code = _country(country)
    subdivision = _state(code, state) if state else None
    last_day = _years_later(first_day, years)
    place = _place(code, subdivision, range(first_day.year, last_day.year + 1))
    return Calendar(
        time_zone=time_zone,
        country=code,
        state=subdivision,
        holidays={day: name for day, name in sorted(place.items()) if first_day <= day <= last_day},
        known_until=min(last_day, date(place.end_year, 12, 31)),
    )


def known_zone(name: str) -> str:
    """`name`, which must be that of a time zone, spelt exactly; otherwise `UnknownPlace`."""
    if name not in _zone_names():
        raise UnknownPlace(_sentence("time zone", name, _zones(), "an IANA name such as America/Chicago"))
    return name


def _place(country: str, state: str | None = None, years: Iterable[int] = ()) -> HolidayBase:
    # Imported here: it takes a fifth of a second, which most commands do not need to spend.
    import holidays

    spoken = holidays.country_holidays(country).supported_languages
    language = next((each for each in ENGLISH if each in spoken), None)
    language = language or next((each for each in spoken if each.startswith("en")), None)
    return holidays.country_holidays(country, subdiv=state, years=years, language=language)


def _country(given: str) -> str:
    from holidays.registry import COUNTRIES

    names: dict[str, str] = {}
    shown: dict[str, str] = {}
    for module, (_, code, *others) in COUNTRIES.items():
        name = module.replace("_", " ")
        for each in (name, code, *others):
            names[_plain(each)] = code
            shown[_plain(each)] = f"{code} ({name.title()})"
    if found := names.get(_plain(given)):
        return found
    raise UnknownPlace(_sentence("country", given, shown, "its ISO code, such as US"))


def _state(country: str, given: str) -> str:
    place = _place(country)
    names = {_plain(code): code for code in place.subdivisions}
    shown = dict(names)
    aliases: Mapping[str, str] = getattr(place, "subdivisions_aliases", {})
    for name, code in aliases.items():
        names.setdefault(_plain(name), code)
        shown[_plain(name)] = shown[_plain(code)] = f"{code} ({name})"
    if found := names.get(_plain(given)):
        return found
    if not names:
        raise UnknownPlace(f"No holidays by state are known for {country}; leave the state, {given!r}, out.")
    raise UnknownPlace(_sentence(f"state of {country}", given, shown, f"its code, such as {min(names.values())}"))


def _sentence(what: str, given: str, known: Mapping[str, str], instead: str) -> str:
    """That `given` is unknown, and which of `known` (how people may write it: how to show it) are near to it."""
    plain = _plain(given)
    matches = [plain] if plain in known else get_close_matches(plain, known, cutoff=0.8)
    near = list(dict.fromkeys(known[each] for each in matches))
    advice = f"did you mean {' or '.join(near)}?" if near else f"give {instead}."
    return f"There is no {what} {given!r}; {advice}"


def _plain(name: str) -> str:
    return " ".join(name.replace("_", " ").split()).casefold()


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones())


def _zones() -> Mapping[str, str]:
    """Zones under the names people give them: in full, or the city alone."""
    zones = sorted(_zone_names())
    return {_plain(zone.rpartition("/")[2]): zone for zone in zones} | {_plain(zone): zone for zone in zones}


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        # The 29th of February of a year that has none; or the end of all dates.
        if day.year + years > date.max.year:
            raise ValueError("Holidays cannot be computed beyond the year 9999.") from None
        return date(day.year + years, 2, 28)
