"""DP4: practice information, technical contact, EULA: three facts, any order, who and when; reminders until done."""

from __future__ import annotations

from datetime import date, datetime
from itertools import permutations
from typing import Any

import pytest

from playbooks.engine.transition import Refused
from tests.playbooks.practice import (
    ANA,
    CHICAGO,
    DETAILS,
    MONDAY,
    REGISTRATION,
    THANKSGIVING,
    Practice,
    at,
    days,
    hours,
)


def registering(now: datetime = MONDAY) -> Practice:
    return Practice(now=now).records("queued", "invitation_sent")


@pytest.mark.parametrize("order", list(permutations(REGISTRATION)), ids=" ".join)
def test_dp4_the_three_facts_come_in_any_order_each_with_who_and_when(order: tuple[str, ...]) -> None:
    practice = registering()
    for number, fact in enumerate(order):
        assert practice.view().stage == "registration"
        assert set(practice.view().missing) == set(order[number:])
        practice.sleep(hours(1)).record(fact)
    assert practice.view().stage == "installation_contact"
    assert practice.view().entered_at == MONDAY + hours(3)
    recorded = {fact.name: (fact.by, fact.at) for fact in practice.onboarding.facts}
    assert {fact: recorded[fact] for fact in order} == {
        fact: ("dana", MONDAY + hours(number)) for number, fact in enumerate(order, start=1)
    }


def test_dp4_the_eula_is_kept_with_its_version() -> None:
    practice = registering().records("eula_accepted")
    assert practice.onboarding.facts[-1].data == DETAILS["eula_accepted"]


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({}, "eula_accepted: version is missing; accepted_by is missing."),
        ({"version": 3, "accepted_by": "Ana"}, "eula_accepted: version must be text."),
        ({"version": " ", "accepted_by": "Ana"}, "eula_accepted: version must not be empty."),
        (
            {"version": "3", "accepted_by": "Ana", "signed": True},
            "eula_accepted: signed is not a known field; its fields are version, accepted_by.",
        ),
    ],
)
def test_dp4_a_eula_without_version_or_name_is_refused(data: dict[str, Any], sentence: str) -> None:
    practice = registering()
    with pytest.raises(Refused) as refusal:
        practice.record("eula_accepted", **data) if data else practice.record("eula_accepted", version=None)
    expected = sentence if data else "eula_accepted: version is missing; accepted_by is missing."
    assert str(refusal.value) == expected
    assert practice.view().missing == REGISTRATION


def test_dp4_the_legal_facts_are_never_implied() -> None:
    practice = Practice().records("import_completed", "agent_installed", "technical_contact_reached", "data_received")
    assert practice.view().stage == "registration"
    assert practice.view().missing == REGISTRATION


def test_dp4_there_is_no_deadline_for_the_practice() -> None:
    view = registering().view()
    assert (view.due_at, view.sla) == (None, "none")


def test_dp4_reminders_come_on_days_3_7_14_21_and_then_every_30() -> None:
    practice = registering()
    mails = practice.live(days(115))
    # The day after the weekend where it falls on one; Thanksgiving is the tenth day.
    expected = [
        at(date(2026, 11, 19)),
        at(date(2026, 11, 23)),
        at(date(2026, 11, 30)),
        at(date(2026, 12, 7)),
        at(date(2027, 1, 6)),
        at(date(2027, 2, 5)),
    ]
    assert [mail.at for mail in mails][:6] == expected
    assert mails[6].at == at(date(2027, 3, 8), 9, CHICAGO)
    assert {(mail.kind, mail.email, mail.stage) for mail in mails} == {("registration_reminder", ANA, "registration")}


def test_dp4_a_reminder_names_what_is_missing_and_what_is_done() -> None:
    practice = registering()
    practice.record("practice_information_given")
    (mail,) = practice.live(days(4))
    assert [each["fact"] for each in mail.context["missing"]] == ["technical_contact_designated", "eula_accepted"]
    assert [each["fact"] for each in mail.context["done"]] == ["practice_information_given"]
    practice.record("eula_accepted")
    (mail,) = practice.live(days(4))
    assert [each["fact"] for each in mail.context["missing"]] == ["technical_contact_designated"]


def test_dp4_reminders_stop_at_once_when_all_three_are_there() -> None:
    practice = registering().sleep(days(3) - hours(0.1))
    practice.records(*REGISTRATION)
    assert "registration_reminder" not in [mail.kind for mail in practice.live(days(60))]


def test_dp4_reminders_wait_for_working_hours_of_the_practice() -> None:
    practice = registering(at(date(2026, 11, 16), 22))
    mails = practice.live(days(8))
    # Due on a Thursday and a Monday at night: sent the next morning in Chicago, not in New York.
    assert [mail.at for mail in mails] == [at(date(2026, 11, 20), 9, CHICAGO), at(date(2026, 11, 24), 9, CHICAGO)]


def test_dp4_no_reminder_on_a_holiday() -> None:
    practice = registering(at(date(2026, 11, 23)))
    assert [mail.at for mail in practice.live(days(4))] == [at(date(2026, 11, 27), 9, CHICAGO)]
    assert date(2026, 11, 26) == THANKSGIVING


def test_dp4_after_months_of_downtime_there_is_one_reminder_not_eight() -> None:
    practice = registering().sleep(days(150))
    practice.wake()
    assert len(practice.mails_of("registration_reminder")) <= 1
    practice.live(days(5))
    assert len(practice.mails_of("registration_reminder")) == 1
    # The reminder of day 141 was sent late; the next is that of day 171, as planned.
    assert practice.view().next_wakeup == MONDAY + days(171)


def test_dp4_a_reminder_sent_by_hand_takes_the_place_of_that_days_own() -> None:
    practice = registering()
    practice.live(days(3))
    practice.sleep(days(4) - hours(1))
    practice.order("resend", kind="registration_reminder")
    practice.live(hours(20))
    assert len(practice.mails_of("registration_reminder")) == 2
    assert practice.mails_of("registration_reminder")[-1].key.endswith("/registration_reminder/primary_contact/2")


def test_dp4_an_earlier_date_for_the_invitation_does_not_repeat_the_reminders() -> None:
    practice = Practice()
    practice.sleep(days(5)).record("eula_accepted")
    practice.live(days(4))
    assert practice.kinds == ["registration_reminder"]
    practice.record("invitation_sent", at=MONDAY + hours(1))
    practice.live(days(1))
    assert practice.kinds.count("registration_reminder") == 1
    practice.live(days(6))
    assert practice.kinds.count("registration_reminder") == 2
