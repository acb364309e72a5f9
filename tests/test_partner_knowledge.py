"""What the team is told that DataPoint does not know of a practice's contacts."""

from __future__ import annotations

from desk.partner_knowledge import to_tell
from integrations.registry import integration_of
from playbooks.engine.model import Role
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from playbooks.registry import PLAYBOOKS
from tests.playbooks.practice import ANA, TOM, UMA, Practice

NEW = "ana.ruiz@riverside.test"


def told(practice: Practice, role: str) -> str | None:
    return to_tell(integration_of(practice.playbook.name), practice.onboarding, role)


def test_dp3_an_address_that_datapoint_has_is_told_anew_by_the_team() -> None:
    practice = Practice().records("queued")
    assert told(practice, Role.PRIMARY_CONTACT) is None
    practice.order("correct_contact", contact={"email": NEW})
    sentence = f"DataPoint may still write to {ANA}: ask it to write to {NEW}, if nobody has yet."
    assert told(practice, Role.PRIMARY_CONTACT) == sentence


def test_dp3_an_address_that_was_corrected_before_datapoint_had_any_needs_nobody() -> None:
    practice = Practice()
    practice.order("correct_contact", contact={"email": NEW})
    assert told(practice, Role.PRIMARY_CONTACT) is None
    assert told(practice.records("queued"), Role.PRIMARY_CONTACT) is None


def test_dp7_a_new_technical_contact_has_to_be_on_datapoints_own_form() -> None:
    practice = Practice().records("queued", "invitation_sent", "technical_contact_designated")
    assert told(practice, TECHNICAL_CONTACT) is None, "the first one is who is on DataPoint's form"
    practice.record("technical_contact_designated", name="Uma Cho", email=UMA)
    sentence = "DataPoint contacts only people named on its own form: ask Ana Ruiz to name Uma Cho there, if they have"
    assert told(practice, TECHNICAL_CONTACT) == f"{sentence} not yet."
    practice.record("technical_contact_reached")
    assert told(practice, TECHNICAL_CONTACT) is None


def test_dp7_the_same_technical_contact_at_another_address_is_told_by_the_team() -> None:
    practice = Practice().records("technical_contact_designated")
    practice.record("technical_contact_designated", name="Tom", email=UMA)
    sentence = f"DataPoint may still write to {TOM}: ask it to write to {UMA}, if nobody has yet."
    assert told(practice, TECHNICAL_CONTACT) == sentence


def test_dp7_in_a_reconnection_the_team_tells_datapoint_of_another_technical_contact() -> None:
    practice = Practice(playbook=PLAYBOOKS["datapoint-reconnection"])
    practice.records("connection_lost", "technical_contact_designated")
    assert told(practice, TECHNICAL_CONTACT) is None
    practice.record("technical_contact_designated", name="Uma Cho", email=UMA)
    sentence = "Tell DataPoint that Uma Cho is the technical contact, if nobody has yet."
    assert told(practice, TECHNICAL_CONTACT) == sentence
