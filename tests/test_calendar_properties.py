"""The calendar against a slow, obviously right oracle, which walks minute by minute."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from playbooks.calendar.arithmetic import due, working_moment
from playbooks.calendar.values import BusinessDays, Calendar, Duration, Elapsed, Pause

MINUTE = timedelta(minutes=1)
# Each zone with a day near which its clocks change, or nothing does.
PLACES = (
    ("America/Chicago", date(2026, 3, 8)),
    ("America/Chicago", date(2026, 11, 1)),
    ("Europe/Berlin", date(2026, 3, 29)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2026, 4, 5)),
    ("Asia/Kolkata", date(2026, 8, 15)),
    ("Asia/Jerusalem", date(2026, 3, 27)),
    ("Africa/Cairo", date(2026, 4, 24)),
    ("Africa/Cairo", date(2026, 10, 29)),
)


@dataclass(frozen=True)
class Case:
    calendar: Calendar
    start: datetime
    pauses: list[Pause]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    zone, near = draw(st.sampled_from(PLACES))
    holidays = draw(st.sets(st.integers(-3, 6), max_size=3))
    calendar = Calendar(
        time_zone=zone,
        workdays=tuple(draw(st.sets(st.integers(0, 6), min_size=3))),
        holidays={near + timedelta(days=each): "Holiday" for each in holidays},
        known_until=near + timedelta(days=4),
    )
    begin = datetime(near.year, near.month, near.day, tzinfo=UTC) - timedelta(days=2)
    # Whole hours are likelier than chance, so that ends meet and changes of the clocks are met.
    minutes = st.one_of(st.integers(0, 96).map(lambda hours: hours * 60), st.integers(0, 96 * 60))

    def moment() -> datetime:
        return (begin + draw(minutes) * MINUTE).astimezone(ZoneInfo(zone))

    pauses = [sorted((moment(), moment()), key=in_utc) for _ in range(draw(st.integers(0, 3)))]
    return Case(calendar, moment(), [Pause(start=one, end=other) for one, other in pauses])


DURATIONS = st.one_of(
    st.builds(BusinessDays, days=st.integers(1, 2)), st.builds(Elapsed, hours=st.sampled_from([0.2, 1, 24, 48]))
)
PORTIONS = st.sampled_from([0.25, 0.5, 0.75, 1.0])


def in_utc(moment: datetime) -> datetime:
    """To compare by: datetimes of one zone compare by the wall, and repeated times equal nothing in another zone."""
    return moment.astimezone(UTC)


def on_the_wall(moment: datetime, calendar: Calendar) -> datetime:
    return moment.astimezone(calendar.zone).replace(tzinfo=None, fold=0)


def twice(moment: datetime, calendar: Calendar) -> bool:
    local = moment.astimezone(calendar.zone)
    return local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()


def works(day: date, calendar: Calendar) -> bool:
    holiday = day in calendar.holidays and day <= calendar.known_until
    return day.weekday() in calendar.workdays and not holiday


def slow_elapsed(case: Case, minutes: int) -> datetime:
    now = in_utc(case.start)
    while minutes:
        minutes -= not any(pause.start <= now < pause.end for pause in case.pauses)
        now += MINUTE
    return now


def slow_business(case: Case, minutes: int) -> datetime:
    pauses = [(on_the_wall(pause.start, case.calendar), on_the_wall(pause.end, case.calendar)) for pause in case.pauses]

    def paused(wall: datetime) -> bool:
        return any(begin <= wall < end for begin, end in pauses)

    wall = start = on_the_wall(case.start, case.calendar)
    while minutes:
        minutes -= works(wall.date(), case.calendar) and not paused(wall)
        wall += MINUTE
    # Not due outside a business day, nor in a pause that began before.
    while not works(wall.date(), case.calendar) or (paused(wall) and paused(wall - MINUTE) and wall > start):
        wall += MINUTE
    now = in_utc(case.start)
    while on_the_wall(now, case.calendar) < wall:
        now += MINUTE
    return now


@given(case=cases(), minutes=st.integers(1, 3000), portion=PORTIONS)
@settings(deadline=None, max_examples=150)
def test_elapsed_hours_as_counted_by_the_minute(case: Case, minutes: int, portion: float) -> None:
    hours = Elapsed(hours=minutes * 4 / 60)
    found = due(case.calendar, case.start, hours, case.pauses, portion=portion)
    assert in_utc(found) == slow_elapsed(case, round(minutes * 4 * portion))


@given(case=cases(), days=st.integers(1, 3), portion=PORTIONS)
@settings(deadline=None, max_examples=200)
def test_business_days_as_counted_by_the_minute(case: Case, days: int, portion: float) -> None:
    ends = [case.start, *(end for pause in case.pauses for end in (pause.start, pause.end))]
    assume(not any(twice(end, case.calendar) for end in ends))
    found = due(case.calendar, case.start, BusinessDays(days=days), case.pauses, portion=portion)
    assert in_utc(found) == slow_business(case, round(days * 1440 * portion))


@given(case=cases(), duration=DURATIONS, portion=PORTIONS)
@settings(deadline=None)
def test_it_comes_due_when_the_clock_can_run_in_the_calendars_zone(
    case: Case, duration: Duration, portion: float
) -> None:
    found = due(case.calendar, case.start, duration, case.pauses, portion=portion)
    assert found.tzinfo == case.calendar.zone
    assert in_utc(found) > in_utc(case.start)
    for pause in case.pauses:
        assert not in_utc(pause.start) < in_utc(found) < in_utc(pause.end)
    if isinstance(duration, BusinessDays):
        assert works(found.date(), case.calendar)


@given(case=cases(), duration=DURATIONS, later=st.integers(0, 3000))
@settings(deadline=None)
def test_a_later_start_is_never_due_earlier(case: Case, duration: Duration, later: int) -> None:
    start = in_utc(case.start) + later * MINUTE
    if isinstance(duration, BusinessDays):
        # Of two starts in a repeated hour the later can show the earlier time, and the wall clock counts.
        assume(not twice(case.start, case.calendar) and not twice(start, case.calendar))
    one = due(case.calendar, case.start, duration, case.pauses)
    other = due(case.calendar, start, duration, case.pauses)
    assert in_utc(one) <= in_utc(other)


@given(case=cases(), hours=st.integers(1, 72), more=st.integers(0, 48), days=st.integers(1, 3), portion=PORTIONS)
@settings(deadline=None)
def test_more_time_is_never_due_earlier(case: Case, hours: int, more: int, days: int, portion: float) -> None:
    def when(duration: Duration, portion: float = 1.0) -> datetime:
        return in_utc(due(case.calendar, case.start, duration, case.pauses, portion=portion))

    assert when(Elapsed(hours=hours)) <= when(Elapsed(hours=hours + more))
    assert when(BusinessDays(days=days)) < when(BusinessDays(days=days + 1))
    assert when(BusinessDays(days=days), portion) <= when(BusinessDays(days=days))


@given(case=cases(), duration=DURATIONS, share=st.floats(0, 1), order=st.randoms())
@settings(deadline=None)
def test_how_pauses_are_cut_and_ordered_changes_nothing(
    case: Case, duration: Duration, share: float, order: Random
) -> None:
    cut: list[Pause] = []
    for pause in case.pauses:
        begin, end = in_utc(pause.start), in_utc(pause.end)
        middle = begin + (end - begin) * share
        cut += [Pause(start=begin, end=middle), Pause(start=middle, end=end), pause]
    order.shuffle(cut)
    one, other = (due(case.calendar, case.start, duration, pauses) for pauses in (cut, case.pauses))
    assert in_utc(one) == in_utc(other)


@given(case=cases(), duration=DURATIONS, after=st.integers(0, 600), lasts=st.integers(1, 6000))
@settings(deadline=None)
def test_a_pause_after_the_breach_changes_nothing(case: Case, duration: Duration, after: int, lasts: int) -> None:
    found = due(case.calendar, case.start, duration)
    begin = in_utc(found) + after * MINUTE
    late = Pause(start=begin, end=begin + lasts * MINUTE)
    assert in_utc(due(case.calendar, case.start, duration, [late])) == in_utc(found)


@given(case=cases())
@settings(deadline=None, max_examples=60)
def test_a_working_moment_as_found_by_the_minute(case: Case) -> None:
    now = in_utc(case.start)
    while not (
        works((wall := on_the_wall(now, case.calendar)).date(), case.calendar)
        and case.calendar.opens <= wall.time() < case.calendar.closes
    ):
        now += MINUTE
    assert in_utc(working_moment(case.calendar, case.start)) == now
