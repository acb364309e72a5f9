"""The view of an onboarding: progress, headline, search attributes and next timer; and the onboarding's size."""

from __future__ import annotations

from datetime import timedelta

import pytest

from playbooks.engine.onboarding import Onboarding
from playbooks.engine.stages import position_of
from playbooks.engine.transition import DERIVED_FROM
from playbooks.engine.view import visits
from tests.playbooks.practice import ALL, MONDAY, TOM, UMA, Practice, days, hours


def test_progress_has_what_is_done_current_and_ahead() -> None:
    practice = Practice().records("queued").sleep(hours(49))
    steps = practice.view().progress
    assert [step.state for step in steps] == ["done", "current", *["ahead"] * 5]
    assert (steps[0].entered_at, steps[0].left_at, steps[0].kept) == (MONDAY, MONDAY, True)
    assert (steps[1].due_at, steps[1].kept) == (MONDAY + hours(48), None)
    assert (steps[2].waits_on, steps[2].entered_at) == ("primary_contact", None)
    practice.records(*(fact for fact in ALL if fact != "queued"))
    assert {step.state for step in practice.view().progress} == {"done"}


def test_the_headline_is_one_sentence_for_every_state() -> None:
    practice = Practice().records("queued")
    waiting = "Invitation from DataPoint · waiting on DataPoint"
    assert practice.view().headline == f"{waiting} · due Wed 18 Nov 10:00"
    practice.sleep(hours(49))
    assert practice.view().headline == f"{waiting} · overdue since Wed 18 Nov 10:00"
    practice.order("hold", until=practice.now + days(1))
    assert practice.view().headline == f"{waiting} · on hold until Thu 19 Nov 16:00"
    practice.order("resume")
    practice.records("invitation_sent")
    assert practice.view().headline == "Registration with DataPoint · waiting on the practice's primary contact"
    complete = practice.records(*(fact for fact in ALL if fact not in practice.position.facts))
    assert complete.view().headline == "Complete: connected"
    withdrawn = Practice()
    withdrawn.order("withdraw")
    assert withdrawn.view().headline == "Withdrawn"


def test_search_attributes_say_where_it_stands_and_name_no_person() -> None:
    practice = Practice().records("queued")
    assert practice.view().search_attributes == {
        "Playbook": "datapoint",
        "Practice": "Riverside Vet",
        "Stage": "invitation",
        "WaitingOn": "datapoint",
        "Sla": "on_track",
        "Assignee": "sam",
        "DueAt": MONDAY + hours(48),
    }
    practice.records(*(fact for fact in ALL if fact != "queued"))
    shown = practice.view().search_attributes
    assert (shown["Stage"], shown["WaitingOn"], shown["Sla"], shown["DueAt"]) == ("connected", None, "none", None)


def test_next_has_its_time_and_leaves_out_holidays() -> None:
    practice = Practice().records("queued")
    coming = practice.view().next
    assert coming is not None
    assert (coming.what, coming.at) == ("Invitation from DataPoint: due soon", MONDAY + hours(36))
    practice.order("hold", until=MONDAY + days(1))
    held = practice.view().next
    assert held is not None
    assert (held.what, held.at) == ("The hold is over; deadlines and reminders continue", MONDAY + days(1))


def test_figures_count_the_side_that_was_waited_on() -> None:
    practice = Practice().records("queued").sleep(hours(60))
    practice.records("invitation_sent")
    rows = visits(practice.playbook, practice.onboarding)
    assert [(row["stage"], row["side"], row["kept"]) for row in rows] == [
        ("queue_entry", "us", True),
        ("invitation", "partner", False),
        ("registration", "practice", None),
    ]


@pytest.mark.parametrize(("late", "kept"), [(hours(1), True), (days(3), False)])
def test_a_stage_that_was_overtaken_counts_as_missed_once_its_deadline_had_passed(late: timedelta, kept: bool) -> None:
    practice = Practice().sleep(late)
    practice.records("invitation_sent")
    rows = visits(practice.playbook, practice.onboarding)
    assert [(row["stage"], row["side"], row["counted"], row["kept"]) for row in rows] == [
        ("queue_entry", "us", False, kept),
        ("invitation", "partner", False, None),
        ("registration", "practice", True, None),
    ]
    practice.record("queued", at=MONDAY + hours(1))
    assert practice.view().progress[0].kept is True, "it turns out to have been in time"


def test_the_position_depends_only_on_the_fields_that_reset_it() -> None:
    practice = Practice().through("initial_import")
    practice.order("hold", until=practice.now + days(1))
    practice.live(days(20))
    kept = practice.onboarding
    empty = Onboarding.model_validate(
        {
            name: value
            for name, value in kept.model_dump().items()
            if name in DERIVED_FROM
            or Onboarding.model_fields[name].is_required()
            or name in ("team_calendar", "practice_calendar")
        }
    )
    assert empty != kept
    assert position_of(practice.playbook, empty).visits == position_of(practice.playbook, kept).visits


def test_two_years_of_silence_and_hundreds_of_revisions_stay_small() -> None:
    practice = Practice().records("queued", "invitation_sent")
    practice.live(days(730))
    assert len(practice.onboarding.model_dump_json(exclude_defaults=True)) < 15_000
    for number in range(200):
        practice.sleep(hours(1))
        practice.record("technical_contact_designated", name="Someone", email=TOM if number % 2 else UMA)
    assert len(practice.onboarding.facts) == 202
    assert len(practice.mails_of("technical_briefing")) == 200
    assert len(practice.onboarding.model_dump_json(exclude_defaults=True)) < 120_000
    practice.records("eula_accepted", "practice_information_given")
    assert practice.view().stage == "installation_contact"
