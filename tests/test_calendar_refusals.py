"""What the calendar refuses, each with a sentence that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest

from playbooks.calendar.arithmetic import due, next_working_morning, working_moment
from playbooks.calendar.explain import explain
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause
from tests.moments import at, pause

ILLINOIS = Calendar(time_zone="America/Chicago")
ONE_DAY = BusinessDays(days=1)
NAIVE = datetime.fromisoformat("2026-12-04T15:00")


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        (lambda: due(ILLINOIS, NAIVE, ONE_DAY), "The start, 2026-12-04 15:00:00, has no time zone"),
        (lambda: explain(ILLINOIS, NAIVE, ONE_DAY), "The start, .* has no time zone"),
        (lambda: working_moment(ILLINOIS, NAIVE), "has no time zone"),
        (lambda: next_working_morning(ILLINOIS, NAIVE), "has no time zone"),
        (lambda: Pause(start=NAIVE, end=at("2026-12-05")), "start of a pause, .* has no time zone"),
        (lambda: pause("2026-12-05", "2026-12-04"), "A pause must end after it starts"),
        (lambda: due(ILLINOIS, at("2026-12-04"), ONE_DAY, portion=0), "more than 0 and at most 1; 0 was given"),
        (lambda: due(ILLINOIS, at("2026-12-04"), ONE_DAY, portion=1.01), "more than 0 and at most 1; 1.01"),
        (lambda: Elapsed(hours=0), "more than zero hours and at most a hundred years; 0 hours was given"),
        (lambda: Elapsed(hours=-2), "-2 hours was given"),
        (lambda: Elapsed(hours=float("nan")), "nan hours was given"),
        (lambda: Elapsed(hours=float("inf")), "inf hours was given"),
        (lambda: BusinessDays(days=0), "at least one business day"),
        (lambda: BusinessDays(days=-1), "at least one business day .* -1 was given"),
        (lambda: BusinessDays(days=10**9), "at most 36525"),
        (lambda: Calendar(workdays=()), "at least one working day a week"),
        (lambda: Calendar(workdays=(7,)), "from 0 .Monday. to 6"),
        (lambda: Calendar(opens=time(17), closes=time(9)), "must end after they begin; 17:00 to 09:00"),
        (lambda: Calendar(opens=time(9), closes=time(9)), "must end after they begin"),
        (lambda: Calendar(opens=time(9, tzinfo=UTC)), "without an offset"),
        (lambda: Calendar(time_zone="America/Chicgo"), "no time zone 'America/Chicgo'"),
        (lambda: Calendar(time_zone="America"), "no time zone 'America'"),
        (lambda: Calendar(time_zone=""), "no time zone ''"),
        (lambda: Calendar(time_zone="../etc/passwd"), "give one such as America/Chicago"),
        (lambda: due(ILLINOIS, datetime.max.replace(tzinfo=UTC), ONE_DAY), "outside the years 1 to 9999"),
        (lambda: due(ILLINOIS, datetime.min.replace(tzinfo=UTC), Elapsed(hours=1)), "outside the years"),
        (lambda: explain(ILLINOIS, datetime.max.replace(tzinfo=UTC), Elapsed(hours=9)), "outside the years"),
        (lambda: working_moment(ILLINOIS, datetime.max.replace(tzinfo=UTC)), "outside the years"),
    ],
)  # fmt: skip
def test_bad_input_is_refused_with_a_sentence(wrong: Callable[[], object], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        wrong()


def test_a_calendar_with_only_holidays_is_refused_and_never_searched_for_ever() -> None:
    every_day = {date(2026, 1, 1) + timedelta(days=number): "Closed" for number in range(4000)}
    never, moment = Calendar(holidays=every_day), datetime(2026, 11, 22, 12, tzinfo=UTC)
    for search in (
        lambda: due(never, moment, ONE_DAY),
        lambda: due(never, datetime(2025, 12, 31, 12, tzinfo=UTC), ONE_DAY),
        lambda: explain(never, moment, ONE_DAY),
        lambda: working_moment(never, moment),
        lambda: next_working_morning(never, moment),
    ):
        with pytest.raises(ValueError, match="no working day in the year up to"):
            search()
    assert due(never, moment, Elapsed(hours=24)) == moment + timedelta(days=1)
