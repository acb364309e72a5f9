"""DP8: about a week for the first import, two from 10,000 clients, and the mails about it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.playbooks.practice import MONDAY, REGISTRATION, Practice, days, hours, request


def importing(**installed: Any) -> Practice:
    practice = Practice().through("agent_installation")
    practice.record("agent_installed", **installed) if installed else practice.records("agent_installed")
    return practice


def promised(practice: Practice) -> list[datetime]:
    return [datetime.fromisoformat(mail.context["estimate"]["at"]) for mail in practice.mails_of("import_begun")]


@pytest.mark.parametrize(
    ("clients", "wait", "allowance"),
    [(0, 7, "one week"), (9_999, 7, "one week"), (10_000, 14, "two weeks"), (48_000, 14, "two weeks")],
)
def test_dp8_the_wait_follows_the_size_with_the_threshold_at_10000(clients: int, wait: int, allowance: str) -> None:
    practice = importing(client_count=clients)
    assert practice.view().due_at == MONDAY + days(wait)
    (mail,) = practice.mails_of("import_begun")
    assert mail.context["estimate"] == {"at": practice.due_at().isoformat(), "allowance": allowance}


def test_dp8_a_size_from_the_request_or_the_form_counts_as_well() -> None:
    practice = Practice(asked=request(client_count=12_000)).through("initial_import")
    assert practice.view().due_at == MONDAY + days(14)
    practice.record("practice_information_given", client_count=800)
    assert practice.view().due_at == MONDAY + days(7)


def test_dp8_an_unknown_size_waits_one_week() -> None:
    assert importing().view().due_at == MONDAY + days(7)


def test_dp8_when_the_size_becomes_known_the_estimate_is_recomputed_and_mailed_again() -> None:
    practice = importing().sleep(days(2))
    practice.record("practice_information_given", client_count=10_000)
    assert practice.view().due_at == MONDAY + days(14)
    assert promised(practice) == [MONDAY + days(7), MONDAY + days(14)]


def test_dp8_an_unchanged_estimate_is_not_mailed_again() -> None:
    practice = importing(client_count=500).sleep(days(1))
    practice.record("practice_information_given", client_count=900)
    practice.record("practice_information_given", client_count=9_999, comments="more")
    assert len(promised(practice)) == 1


def test_dp8_a_hold_moves_the_date_without_a_mail() -> None:
    practice = importing(client_count=500).sleep(days(1))
    practice.order("hold", until=practice.now + days(5))
    practice.sleep(days(5))
    practice.wake()
    practice.record("practice_information_given", comments="back again")
    assert len(promised(practice)) == 1
    assert practice.view().due_at == MONDAY + days(12)
    practice.record("practice_information_given", client_count=20_000)
    assert promised(practice)[1:] == [MONDAY + days(19)]


def test_dp8_a_new_installation_starts_the_wait_again() -> None:
    practice = importing(client_count=500).sleep(days(5))
    practice.record("agent_installed", client_count=500)
    assert practice.record("agent_installed", client_count=500).outcome == "already_known"
    assert practice.view().due_at == MONDAY + days(7)
    practice.record("agent_installed", at=practice.now, client_count=500)
    assert practice.view().due_at == MONDAY + days(12)
    assert practice.view().entered_at == MONDAY
    assert len(promised(practice)) == 2


def test_dp8_only_a_clear_overrun_of_two_days_is_escalated() -> None:
    practice = importing()
    assert practice.live(days(8.9)) == []
    assert practice.view().sla == "due_soon"
    mails = practice.live(days(3))
    assert [(mail.kind, mail.to, mail.at) for mail in mails] == [
        ("escalation", "assignee", MONDAY + days(9)),
        # The next business day: the tenth is Thanksgiving.
        ("escalation", "manager", MONDAY + days(11)),
    ]
    assert practice.view().sla == "breached"


def test_dp8_within_the_grace_the_estimate_counts_as_kept() -> None:
    practice = importing().sleep(days(8.5))
    practice.records("data_received")
    assert practice.view().progress[5].kept is True
    late = importing().sleep(days(9.5))
    late.records("data_received")
    assert late.view().progress[5].kept is False


def test_dp8_the_wait_runs_from_the_installation_though_the_papers_came_later() -> None:
    practice = Practice().records("agent_installed")
    told = promised(practice)
    practice.sleep(days(2)).records(*REGISTRATION)
    assert practice.view().stage == "initial_import"
    assert practice.view().entered_at == MONDAY + days(2)
    assert practice.view().due_at == MONDAY + days(7)
    assert told == [practice.view().due_at] == promised(practice)


def test_dp8_a_larger_size_learned_after_the_breach_extends_the_deadline() -> None:
    practice = importing()
    practice.live(days(9.5))
    assert practice.view().sla == "breached"
    practice.record("practice_information_given", client_count=30_000)
    assert practice.view().sla == "on_track"
    mails = practice.live(days(8))
    assert [(mail.kind, mail.at) for mail in mails][:1] == [("escalation", MONDAY + days(16))]


def test_dp8_data_that_is_there_already_needs_no_estimate() -> None:
    practice = Practice().records("data_received").sleep(hours(1))
    practice.record("agent_installed", client_count=20_000)
    assert "import_begun" not in practice.kinds
