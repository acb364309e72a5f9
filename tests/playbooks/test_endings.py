"""An onboarding that a fact ends as refused: it closes at once, says why, and accepts nothing new."""

from __future__ import annotations

import pytest

from playbooks.engine.stages import position_of
from playbooks.engine.states import CLOSED, MAIL_STATES, OPEN, SLAS, STATUSES
from playbooks.engine.steps import MAIL_PROGRESS
from playbooks.engine.transition import Refused
from tests.playbooks.practice import MONDAY, Practice, days, hours
from tests.playbooks.trials.permit import PERMIT


@pytest.fixture
def permit() -> Practice:
    return Practice(playbook=PERMIT)


def test_a_fact_ends_it_at_any_stage(permit: Practice) -> None:
    receipt = permit.record("turned_down", reason="No such street")
    seen = permit.view()
    assert (receipt.status, seen.status, seen.stage) == ("refused", "refused", "application")
    assert seen.headline == "Refused: turned down by the office"
    assert (seen.closed, seen.sla, seen.due_at, seen.waiting_on, seen.next) == (True, "none", None, None, None)
    assert seen.search_attributes["Stage"] == "refused"
    assert permit.live(days(60)) == []
    assert [(entry.name, entry.text) for entry in permit.journal[1:]] == [
        ("turned_down", "Turned down by the office"),
        ("refused", "Turned down by the office: the onboarding is refused"),
    ]
    (mail,) = permit.mails
    assert mail.context["details"]["turned_down"]["reason"] == "No such street"


def test_it_accepts_only_repeats(permit: Practice) -> None:
    permit.records("applied").record("turned_down", reason="No such street")
    assert permit.record("turned_down", reason="No such street").outcome == "already_known"
    with pytest.raises(Refused, match=r"^granted cannot be recorded: permit/riverside-vet was refused; start a new"):
        permit.record("granted")
    with pytest.raises(Refused, match=r"which this report contradicts; permit/riverside-vet was refused;"):
        permit.record("turned_down", reason="Too late")
    with pytest.raises(Refused, match=r"^retract is not possible: permit/riverside-vet was refused;"):
        permit.order("retract", fact="turned_down")


def test_one_that_is_on_hold_ends_as_well_and_a_late_report_counts_when_it_happened(permit: Practice) -> None:
    permit.order("hold", until=MONDAY + days(9))
    permit.sleep(days(3)).record("turned_down", at=MONDAY + hours(1), reason="No such street")
    assert permit.view().status == "refused"
    assert position_of(PERMIT, permit.onboarding).facts["turned_down"].at == MONDAY + hours(1)


def test_a_complete_one_cannot_be_refused(permit: Practice) -> None:
    permit.record("granted")
    assert permit.view().status == "complete"
    with pytest.raises(Refused, match="is complete; nothing more can be recorded"):
        permit.record("turned_down", reason="No such street")


def test_everything_derived_from_the_states_has_them_all() -> None:
    assert {*OPEN, *CLOSED} == {*STATUSES}
    assert OPEN == ("open", "on_hold")
    assert MAIL_PROGRESS.keys() == {*MAIL_STATES}
    assert "breached" in SLAS
