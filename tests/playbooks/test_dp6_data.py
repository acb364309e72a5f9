"""DP6, DP4, DP14: one mail when data arrives; an alert for data without a EULA; nothing ends by time."""

from __future__ import annotations

import pytest

from playbooks.engine.transition import Refused
from tests.playbooks.practice import ALL, ANA, REGISTRATION, Practice, days, hours


def test_dp6_the_final_mail_goes_when_data_arrives_and_completes() -> None:
    practice = Practice().records(*ALL[:-1])
    assert "data_received" not in practice.kinds
    practice.record("data_received", clients=4200, patients=6100)
    assert practice.view().status == "complete"
    mail = practice.mails[-1]
    assert (mail.kind, mail.email, mail.context["figures"]) == (
        "data_received",
        ANA,
        {"clients": 4200, "patients": 6100},
    )
    assert practice.kinds.count("data_received") == 1
    assert practice.view().next_wakeup is None
    assert practice.journal[-1].name == "complete"


@pytest.mark.parametrize("fact", ["data_received", "import_completed"])
def test_dp6_data_that_comes_first_is_confirmed_at_once_and_once(fact: str) -> None:
    practice = Practice().records(fact)
    assert practice.kinds == ["data_received", "data_without_eula"]
    assert practice.view().stage == "registration"
    if fact == "import_completed":
        practice.record("data_received", clients=1)
    practice.records(*REGISTRATION)
    assert practice.view().status == "complete"
    assert practice.kinds.count("data_received") == 1


def test_dp6_data_taken_back_and_reported_again_is_not_confirmed_twice() -> None:
    practice = Practice().records("data_received")
    practice.order("retract", fact="data_received")
    assert practice.view().stage == "queue_entry"
    practice.sleep(hours(1)).records("data_received")
    assert practice.kinds.count("data_received") == 1


def test_dp4_data_without_a_eula_alerts_the_team_once_and_the_stage_stays_at_the_gap() -> None:
    practice = Practice().records("practice_information_given", "technical_contact_designated", "data_received")
    assert practice.view().stage == "registration"
    assert practice.view().missing == ("eula_accepted",)
    assert practice.mails[-1].to == "team"
    assert practice.journal[-1].text == "Data received, but not on record: EULA accepted"
    practice.record("practice_information_given", comments="new")
    assert practice.kinds.count("data_without_eula") == 1
    practice.records("eula_accepted")
    assert practice.view().status == "complete"


def test_dp4_an_eula_taken_back_after_data_came_alerts_again() -> None:
    practice = Practice().records("eula_accepted", "data_received")
    assert "data_without_eula" not in practice.kinds
    practice.order("retract", fact="eula_accepted")
    assert practice.kinds.count("data_without_eula") == 1
    practice.records("eula_accepted")
    practice.order("retract", fact="eula_accepted")
    alerts = practice.mails_of("data_without_eula")
    assert len({mail.key for mail in alerts}) == len(alerts) == 2


def test_dp4_implied_stages_are_not_in_reports() -> None:
    practice = Practice().records(*REGISTRATION, "agent_installed", "data_received")
    counted = {visit.stage.name: visit.counted for visit in practice.position.visits}
    assert not counted["queue_entry"]
    assert not counted["installation_contact"]
    assert counted["initial_import"]
    assert practice.view().progress[0].kept is None


@pytest.mark.parametrize("stage", ["queue_entry", "registration", "agent_installation", "initial_import"])
def test_dp14_nothing_ends_by_time(stage: str) -> None:
    practice = Practice().through(stage)
    practice.live(days(3 * 365))
    view = practice.view()
    assert (view.status, view.stage) == ("open", stage)
    practice.records(*(fact for fact in ALL if fact not in practice.position.facts))
    assert practice.view().status == "complete"


def test_a_complete_onboarding_accepts_only_repeats() -> None:
    practice = Practice().records(*ALL)
    before = practice.onboarding
    assert practice.record("eula_accepted").outcome == "already_known"
    for fact in ("import_completed", "practice_information_given"):
        with pytest.raises(Refused, match="is complete; nothing more can be recorded"):
            practice.record(fact, **({"comments": "late"} if fact.startswith("practice") else {"clients": 1}))
    with pytest.raises(
        Refused, match=r"3\.1.*, which this report contradicts; .* is complete; nothing more can be recorded"
    ):
        practice.record("eula_accepted", version="4", accepted_by="Ana Ruiz")
    with pytest.raises(Refused, match="note is not possible"):
        practice.order("note")
    assert practice.onboarding == before
