"""Repeat rules by day, and who may change what of a task (RS9): pure rules."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st

from pharmacy.tasks.repeat import FREQUENCIES, InvalidRepeat, check_repeat, next_due
from pharmacy.tasks.rules import ALL_FIELDS, FOR_ASSIGNEES, refusal, rights

FRIDAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    ("rule", "due_on", "next"),
    [
        ("FREQ=DAILY", FRIDAY, date(2026, 11, 28)),
        ("RRULE:FREQ=DAILY;BYDAY=MO,TU,WE,TH,FR", FRIDAY, date(2026, 11, 30)),
        ("freq=weekly", FRIDAY, date(2026, 12, 4)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR", FRIDAY, date(2026, 12, 7)),
        ("FREQ=MONTHLY;BYDAY=-1FR", FRIDAY, date(2026, 12, 25)),
        ("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", FRIDAY, date(2026, 11, 30)),
        ("FREQ=MONTHLY", date(2026, 1, 31), date(2026, 3, 31)),
        ("FREQ=YEARLY", date(2028, 2, 29), date(2032, 2, 29)),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", date(2096, 2, 29), date(2104, 2, 29)),
        ("FREQ=WEEKLY;UNTIL=20261204", FRIDAY, date(2026, 12, 4)),
    ],
)
def test_rs9_the_next_day_of_a_rule(rule: str, due_on: date, next: date) -> None:
    found = next_due(check_repeat(rule, due_on), due_on, due_on)
    assert found and found[0] == next


def test_rs9_only_the_next_one_from_today_on_and_as_often_as_counted() -> None:
    rule = "FREQ=DAILY;COUNT=3"
    assert next_due(rule, FRIDAY, FRIDAY + timedelta(days=30)) == (date(2026, 12, 27), "FREQ=DAILY;COUNT=2")
    assert next_due("FREQ=DAILY;COUNT=1", FRIDAY, FRIDAY) is None
    assert next_due("FREQ=WEEKLY;UNTIL=20261203", FRIDAY, FRIDAY) is None


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ("", "not part of a repeat rule"),
        ("daily", "not part of a repeat rule"),
        ("INTERVAL=2", "says FREQ"),
        ("FREQ=SECONDLY", "by whole days"),
        ("FREQ=HOURLY;INTERVAL=24", "by whole days"),
        ("FREQ=DAILY;BYHOUR=9", "not part of a repeat rule"),
        ("FREQ=DAILY;FREQ=WEEKLY", "has FREQ once"),
        ("FREQ=DAILY;COUNT=1000000000", "from 1 to 1000"),
        ("FREQ=DAILY;COUNT=0", "from 1 to 1000"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20280101", "COUNT or UNTIL"),
        ("FREQ=MONTHLY;INTERVAL=0;BYDAY=MO", "from 1 to 1000"),
        ("FREQ=DAILY;INTERVAL=٣", "from 1 to 1000"),
        ("FREQ=DAILY;UNTIL=20280101T000000Z", "without a time"),
        ("FREQ=DAILY;UNTIL=20280231", "is a day"),
        ("FREQ=DAILY;UNTIL=20200101", "no day"),
        ("FREQ=WEEKLY;BYDAY=XX", "lists days"),
        ("FREQ=WEEKLY;BYDAY=2MO", "numbered day"),
        ("FREQ=DAILY;BYMONTHDAY=3", "goes with FREQ=MONTHLY"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "from -31 to 31"),
        ("FREQ=YEARLY;BYMONTH=13", "from 1 to 12"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYDAY or BYMONTHDAY"),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "no day"),
        ("FREQ=YEARLY;INTERVAL=999", "no day"),
        ("FREQ=DAILY;INTERVAL=7;BYDAY=TU", "no day"),
        ("FREQ=DAILY\nEXRULE:FREQ=DAILY", "by whole days"),
        ("FREQ=DAILY;" * 40, "at most 300"),
    ],
)
def test_rs9_a_damaged_or_absurd_rule_gets_one_clear_sentence(rule: str, says: str) -> None:
    with pytest.raises(InvalidRepeat, match=re.escape(says)):
        check_repeat(rule, FRIDAY)


numbers = st.lists(st.integers(-31, 31).filter(bool), min_size=1, max_size=3).map(lambda n: ",".join(map(str, n)))
days = st.lists(st.sampled_from(["MO", "WE", "FR", "SU"]), min_size=1, unique=True).map(",".join)
parts = st.fixed_dictionaries(
    {"FREQ": st.sampled_from(FREQUENCIES)},
    optional={"INTERVAL": st.integers(1, 20), "BYDAY": days, "BYMONTHDAY": numbers, "WKST": st.just("SU")},
)


@given(parts, st.dates(date(2000, 1, 1), date(2098, 12, 31)))
def test_the_next_day_is_the_one_that_the_library_finds(given_parts: dict[str, object], due_on: date) -> None:
    rule = ";".join(f"{name}={value}" for name, value in given_parts.items())
    try:
        found = next_due(check_repeat(rule, due_on), due_on, due_on)
    except InvalidRepeat:
        return
    start = f"DTSTART:{due_on:%Y%m%d}T000000\nRRULE:{rule}"
    until = (due_on + timedelta(days=3700)).strftime("%Y%m%d")
    expected = [each.date() for each in rrulestr(f"{start};UNTIL={until}T000000") if each.date() > due_on][:1]
    assert found and [found[0]] == expected


@given(st.text(alphabet="FREQ=;DAILYWEKCOUNTBY0123456789,-", max_size=60))
def test_no_text_is_more_than_refused(text: str) -> None:
    try:
        check_repeat(text, FRIDAY)
    except InvalidRepeat as problem:
        assert str(problem).endswith(".")


@pytest.mark.parametrize("elsewhere", [False, True])
def test_rs9_each_clinics_role_decides(elsewhere: bool) -> None:
    all_here = FOR_ASSIGNEES if elsewhere else ALL_FIELDS
    for role in ("owner", "admin", "vet", "staff"):
        for assigned in (False, True):
            for own in (False, True):
                may = rights(role, assigned=assigned, own=own, elsewhere=elsewhere)
                manages = own or role in ("owner", "admin")
                assert may.delete == manages
                assert may.change == (all_here if manages else FOR_ASSIGNEES if assigned else set())
    assert (
        refusal(rights("staff", assigned=True, own=False, elsewhere=True), ["notes", "repeat"], elsewhere=True) is None
    )


def test_rs9_a_refusal_says_what_to_do() -> None:
    admin = rights("admin", assigned=False, own=False, elsewhere=True)
    assert "switch to the task's clinic" in str(refusal(admin, ["title"], elsewhere=True))
    mine = rights("staff", assigned=True, own=False, elsewhere=False)
    assert "can change title" in str(refusal(mine, ["title", "state"], elsewhere=False))
    assert "Only its assignee" in str(
        refusal(rights("vet", assigned=False, own=False, elsewhere=False), ["state"], elsewhere=False)
    )
