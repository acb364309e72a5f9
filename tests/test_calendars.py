"""Calendars of real places, by the `holidays` library as it is installed."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest

from partners.holidays import UnknownPlace, calendar_for, check_time_zone
from playbooks.calendar.clocks import day_off
from playbooks.calendar.values import Calendar

TODAY = date(2026, 11, 22)


def test_illinois_with_state_holidays_and_days_off_instead() -> None:
    place = calendar_for("America/Chicago", "US", "IL", first_day=TODAY)
    assert (place.time_zone, place.country, place.state) == ("America/Chicago", "US", "IL")
    assert place.workdays == (0, 1, 2, 3, 4)
    assert place.known_until == date(2028, 11, 22)
    assert place.holidays[date(2026, 11, 26)] == "Thanksgiving Day"
    assert place.holidays[date(2027, 2, 12)] == "Lincoln's Birthday"
    assert place.holidays[date(2027, 7, 5)] == "Independence Day (observed)"
    assert list(place.holidays) == sorted(place.holidays)
    assert Calendar.model_validate_json(place.model_dump_json()) == place


def test_only_the_years_asked_for_both_ends_included() -> None:
    place = calendar_for("America/Chicago", "US", first_day=date(2026, 12, 25), years=1)
    assert min(place.holidays) == date(2026, 12, 25)
    assert max(place.holidays) == date(2027, 12, 25) == place.known_until
    assert date(2027, 2, 12) not in place.holidays
    leap_day = calendar_for("America/Chicago", "US", first_day=date(2028, 2, 29), years=1)
    assert leap_day.known_until == date(2029, 2, 28)


@pytest.mark.parametrize(
    ("zone", "country", "state", "code", "subdivision", "day", "name"),
    [
        ("America/Chicago", "usa", "illinois", "US", "IL", date(2026, 12, 25), "Christmas Day"),
        ("America/Chicago", "United States", "il", "US", "IL", date(2026, 12, 25), "Christmas Day"),
        ("Europe/Berlin", "DE", "BY", "DE", "BY", date(2027, 5, 27), "Corpus Christi"),
        ("Europe/Berlin", "Germany", "Bayern", "DE", "BY", date(2027, 1, 6), "Epiphany"),
        ("Asia/Kolkata", "IN", "KA", "IN", "KA", date(2027, 1, 26), "Republic Day"),
        ("Asia/Tokyo", "JP", None, "JP", None, date(2027, 1, 1), "New Year's Day"),
        ("Pacific/Auckland", "NZ", None, "NZ", None, date(2027, 2, 6), "Waitangi Day"),
    ],
)
def test_places_as_people_write_them_and_holidays_in_english(
    zone: str, country: str, state: str | None, code: str, subdivision: str | None, day: date, name: str
) -> None:
    place = calendar_for(zone, country, state, first_day=TODAY)
    assert (place.country, place.state) == (code, subdivision)
    assert place.holidays[day] == name


@pytest.mark.parametrize(
    ("country", "state", "workdays"),
    [
        ("EG", None, (0, 1, 2, 3, 6)),
        ("IL", None, (0, 1, 2, 3, 6)),
        ("BN", None, (0, 1, 2, 3, 5)),
        ("IR", None, (0, 1, 2, 3, 5, 6)),
        ("MY", "Kedah", (0, 1, 2, 3, 6)),
        ("MY", "Selangor", (0, 1, 2, 3, 4)),
        ("AE", None, (0, 1, 2, 3, 4)),
    ],
)
def test_the_weekend_is_that_of_the_country(country: str, state: str | None, workdays: tuple[int, ...]) -> None:
    place = calendar_for("UTC", country, state, first_day=TODAY)
    assert place.workdays == workdays
    assert "weekend" not in place.holidays.values()


@pytest.mark.parametrize(
    ("country", "before", "weekend_before", "after", "weekend_after"),
    [
        ("AE", date(2021, 12, 6), (4, 5), date(2022, 1, 10), (5, 6)),
        ("SA", date(2013, 6, 10), (3, 4), date(2013, 7, 1), (4, 5)),
    ],
)
def test_a_weekend_that_was_moved(
    country: str, before: date, weekend_before: tuple[int, ...], after: date, weekend_after: tuple[int, ...]
) -> None:
    place = calendar_for("UTC", country, first_day=before - timedelta(days=30))
    for monday, weekend in ((before, weekend_before), (after, weekend_after)):
        week = [monday + timedelta(days=number) for number in range(7)]
        assert tuple(day.weekday() for day in week if day_off(place, day) == "weekend") == weekend


def test_a_place_without_country_has_weekends_only() -> None:
    place = calendar_for("Europe/Berlin", first_day=TODAY)
    assert not place.holidays
    assert place.known_until == date.max


def test_where_the_library_ends_so_does_what_is_known() -> None:
    place = calendar_for("America/Chicago", "US", first_day=date(2100, 6, 1))
    assert place.known_until == date(2100, 12, 31)
    assert max(place.holidays) <= place.known_until < date(2100, 6, 1) + timedelta(days=730)


@pytest.mark.parametrize(
    ("zone", "country", "state", "sentence"),
    [
        ("America/Chicgo", None, None, "no time zone 'America/Chicgo'; did you mean America/Chicago?"),
        ("chicago", None, None, "did you mean America/Chicago?"),
        ("us/central", None, None, "did you mean US/Central?"),
        ("Nowhere", None, None, "give one such as America/Chicago."),
        ("", None, None, "There is no time zone ''"),
        ("../UTC", None, None, "There is no time zone"),
        ("UTC", "UX", None, "There is no country 'UX'"),
        ("UTC", "Germny", None, "did you mean DE (Germany)?"),
        ("UTC", "Qqqqq", None, "There is no country 'Qqqqq'; give its ISO code, for example US."),
        ("UTC", "US", "Ilinois", "There is no state of US 'Ilinois'; did you mean IL (Illinois)?"),
        ("UTC", "US", "Penn.", "There is no state of US 'Penn.'; did you mean PA (Pennsylvania)?"),
        ("UTC", "US", "Qqqqq", "There is no state of US 'Qqqqq'; give its code, for example AK."),
        ("UTC", "JP", "Tokyo", "There are no holidays by state for JP; leave out the state 'Tokyo'."),
        ("UTC", None, "IL", "The state 'IL' needs its country; give that too, for example US."),
    ],
)
def test_unknown_places_are_refused_with_near_names(
    zone: str, country: str | None, state: str | None, sentence: str
) -> None:
    with pytest.raises(UnknownPlace) as refused:
        calendar_for(zone, country, state, first_day=TODAY)
    assert sentence in str(refused.value)


def test_years_that_cannot_be() -> None:
    with pytest.raises(ValueError, match="beyond the year 9999"):
        calendar_for("UTC", "US", first_day=TODAY, years=9000)
    with pytest.raises(ValueError, match="-1 years were given"):
        calendar_for("UTC", "US", first_day=TODAY, years=-1)


def test_a_known_zone_is_returned() -> None:
    assert check_time_zone("Australia/Lord_Howe") == "Australia/Lord_Howe"


def test_importing_stays_cheap_and_the_rules_stay_pure() -> None:
    program = (
        "import sys, playbooks.calendar\n"
        "assert not {'holidays', 'temporalio', 'sqlalchemy', 'httpx2', 'difflib'} & set(sys.modules)\n"
        "import partners.holidays\n"
        "assert 'holidays' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
