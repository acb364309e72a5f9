"""DP7, DP10: the reconnection's own rules."""

from __future__ import annotations

from typing import Any

from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Handover
from tests.playbooks.practice import ANA, TOM, UMA, Practice, days, hours

LOST: dict[str, Any] = {
    "reason": "silent",
    "last_heard_at": "2026-11-13T10:00:00Z",
    "last_feed_at": "2026-11-12T10:00:00Z",
}


def lost(technical: bool = True) -> Practice:
    """A reconnection as the watch opens it."""
    practice = Practice(playbook=RECONNECTION)
    if technical:
        practice.record("technical_contact_designated", name="Tom", email=TOM)
    practice.record("connection_lost", **LOST)
    return practice


def written(practice: Practice) -> list[tuple[str, str | None]]:
    return [(mail.kind, mail.email) for mail in practice.mails]


def test_dp10_the_technical_contact_and_the_team_get_a_mail_at_once() -> None:
    practice = lost()
    assert practice.view().waiting_on == "technical_contact"
    assert written(practice) == [("connection_lost_team", None), ("reconnection_check", TOM)]
    team, check = practice.mails
    assert team.to == Role.ASSIGNEE
    assert (team.context["contacts"]["technical_contact"]["name"], team.context["stage"]) == ("Tom", "check")
    assert check.context["details"]["connection_lost"]["last_heard_at"] == "2026-11-13T10:00:00Z"


def test_dp10_the_primary_contact_gets_a_mail_only_if_it_lasts_and_then_also_about_the_end() -> None:
    quick, slow = lost(), lost()
    quick.live(days(1.5))
    slow.live(days(3))
    assert "connection_lost_primary" not in quick.kinds
    assert slow.kinds.count("connection_lost_primary") == 1
    for practice in (quick, slow):
        practice.record("data_flowing", clients=12)
        assert practice.view().status == "complete"
    assert [(kind, to) for kind, to in written(quick) if kind.startswith("reconnected")] == [("reconnected", TOM)]
    assert ("reconnected_primary", ANA) in written(slow)


def test_dp7_a_new_technical_contact_gets_the_check_mail_and_a_new_deadline() -> None:
    practice = lost()
    practice.live(days(1))
    before = practice.due_at()
    practice.record("technical_contact_designated", name="Uma", email=UMA)
    assert written(practice)[-1] == ("reconnection_check", UMA)
    assert practice.due_at() > before
    assert [kind for kind, to in written(practice) if to == UMA] == ["reconnection_check"]


def test_dp7_without_a_technical_contact_the_practice_is_asked_who_it_is() -> None:
    practice = lost(technical=False)
    assert (practice.view().stage, practice.view().waiting_on) == ("technical_contact", "primary_contact")
    practice.live(days(4))
    assert ("reconnection_contact", ANA) in written(practice)
    practice.record("technical_contact_designated", name="Uma", email=UMA)
    assert written(practice)[-1] == ("reconnection_check", UMA)


def test_dp10_once_the_agent_is_seen_it_waits_on_datapoint() -> None:
    practice = lost()
    practice.record("agent_seen")
    assert practice.view().waiting_on == "datapoint"
    practice.live(hours(73))
    assert practice.view().sla == "breached"
    assert "escalation" in practice.kinds


def test_dp10_data_ends_it_at_any_stage_and_hands_over_the_present_contacts() -> None:
    practice = lost(technical=False)
    practice.record("data_flowing")
    assert practice.view().status == "complete"
    [over] = [effect for effect in practice.effects if isinstance(effect, Handover)]
    assert (over.id, list(over.contacts)) == ("datapoint-feed/riverside-vet", ["primary_contact"])


def test_a_reminder_is_announced_with_its_reader() -> None:
    practice = lost()
    texts = set()
    for _ in range(4):
        coming = practice.view().next
        assert coming
        texts.add(coming.what)
        practice.live(days(1))
    assert "Check at the practice: reminder to the technical contact" in texts
