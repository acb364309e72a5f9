"""RX: connecting a practice to ezyVet, by the rules alone."""

from __future__ import annotations

from datetime import date

import pytest

from playbooks.engine.transition import Refused
from playbooks.ezyvet import EZYVET
from tests.playbooks.practice import ANA, MONDAY, Practice, at, days


def connecting() -> Practice:
    return Practice(playbook=EZYVET)


def test_rx1_the_practice_is_asked_for_access_in_its_next_working_hour() -> None:
    practice = connecting()
    practice.wake()
    (mail,) = practice.mails
    assert (mail.kind, mail.to, mail.email, mail.at) == ("ezyvet_access", "primary_contact", ANA, MONDAY)

    saturday = Practice(playbook=EZYVET, now=at(date(2026, 11, 21), 16))
    (mail,) = saturday.live(days(2))
    assert mail.at == at(date(2026, 11, 23), 10), "at nine in Chicago"


def test_rx1_it_is_reminded_of_each_stage_and_nothing_is_closed_for_being_slow() -> None:
    practice = connecting()
    practice.wake()
    assert [mail.kind for mail in practice.live(days(22))] == ["ezyvet_access"] * 4
    practice.record("access_granted")
    assert practice.mails[-1].kind == "ezyvet_credentials"
    assert {mail.kind for mail in practice.live(days(400))} == {"ezyvet_credentials"}
    assert (practice.view().stage, practice.view().status) == ("credentials", "open")


def test_rx1_a_connection_that_works_proves_the_access_and_the_credentials() -> None:
    practice = connecting().records("credentials_received", "connection_verified")
    assert practice.view().stage == "prescribers"
    assert practice.kinds == ["ezyvet_map_team"], "the practice is not asked for what is there"
    assert practice.mails[0].to == "assignee"


def test_rx10_the_practice_confirms_its_prescribers_nothing_else_does() -> None:
    practice = connecting().records("connection_verified")
    practice.record("test_prescription_seen")
    assert practice.view().stage == "prescribers"
    assert practice.view().missing == ("prescribers_mapped", "prescribers_confirmed")
    practice.record("prescribers_mapped")
    assert practice.mails[-1].kind == "ezyvet_prescribers"
    assert practice.view().stage == "prescribers"
    with pytest.raises(Refused, match="confirmed_by"):
        practice.record("prescribers_confirmed")
    practice.record("prescribers_confirmed", confirmed_by="Ana Ruiz")
    assert practice.view().status == "complete"


def test_rx10_whose_turn_it_is_follows_who_has_to_act_next() -> None:
    practice = connecting().records("connection_verified")
    assert (practice.view().waiting_on, practice.view().asks[:6]) == ("team", "Choose")
    practice.live(days(60))
    assert "ezyvet_prescribers" not in practice.kinds, "the practice is not reminded of what is ours"
    practice.record("prescribers_mapped")
    assert (practice.view().waiting_on, practice.view().asks[:7]) == ("primary_contact", "Confirm")
    practice.live(days(60))
    assert practice.kinds.count("ezyvet_prescribers") > 1
    practice.record("prescribers_confirmed", confirmed_by="Ana Ruiz")
    assert practice.view().waiting_on == "team"
    practice.order("retract", fact="prescribers_confirmed")
    assert practice.view().waiting_on == "primary_contact"


def test_rx10_the_team_looks_after_its_own_half_after_five_business_days() -> None:
    practice = connecting().records("connection_verified")
    mails = practice.live(days(9))
    assert [(mail.kind, mail.to) for mail in mails if mail.kind == "escalation"] == [
        ("escalation", "assignee"),
        ("escalation", "manager"),
    ]


def test_rx12_a_practice_is_live_once_it_has_seen_the_test_prescription() -> None:
    practice = connecting().records("connection_verified")
    practice.record("prescribers_confirmed", confirmed_by="Ana Ruiz")
    assert (practice.view().stage, practice.mails[-1].kind) == ("test", "ezyvet_send_test_team")
    practice.record("test_prescription_sent", patient="Biscuit")
    assert practice.mails[-1].context["details"]["test_prescription_sent"]["patient"] == "Biscuit"
    practice.record("test_prescription_seen")
    assert (practice.view().stage, practice.view().status) == ("live", "complete")
    assert [mail.kind for mail in practice.mails] == [
        "ezyvet_map_team",
        "ezyvet_send_test_team",
        "ezyvet_test",
        "ezyvet_live",
    ]


def test_rx10_prescribers_are_confirmed_anew_when_another_vet_comes() -> None:
    practice = connecting().records("connection_verified")
    practice.record("prescribers_confirmed", confirmed_by="Ana Ruiz")
    assert practice.record("prescribers_confirmed", confirmed_by="Kim Lee").outcome == "recorded"
