"""What the team is told that DataPoint does not know of a practice's contacts."""

from __future__ import annotations

from urllib.parse import unquote

from configuration.settings import Settings
from desk.attention.item import AttentionItem
from playbooks.engine.model import Role
from playbooks.engine.partner_knowledge import all_to_tell, to_tell
from playbooks.feed_watch.values import TECHNICAL_CONTACT
from playbooks.registry import PLAYBOOKS
from tests.playbooks.practice import ANA, TOM, UMA, Practice
from web.console.partner_contact import reach_of

NEW = "ana.ruiz@riverside.test"


def told(practice: Practice, role: str) -> str | None:
    found = to_tell(practice.playbook, practice.onboarding, role)
    return str(found) if found else None


def test_dp3_an_address_that_datapoint_has_is_told_anew_by_the_team() -> None:
    practice = Practice().records("queued")
    assert told(practice, Role.PRIMARY_CONTACT) is None
    practice.order("correct_contact", contact={"email": NEW})
    sentence = f"DataPoint may still write to {ANA}. Ask DataPoint to write to {NEW}."
    assert told(practice, Role.PRIMARY_CONTACT) == sentence


def test_dp3_once_datapoint_knows_an_address_it_is_told_only_of_the_next() -> None:
    practice = Practice().records("queued")
    practice.order("correct_contact", contact={"email": NEW})
    [untold] = all_to_tell(practice.playbook, practice.onboarding)
    practice.record("contact_known", contact=untold.contact, email=untold.email)
    assert list(all_to_tell(practice.playbook, practice.onboarding)) == []
    practice.order("correct_contact", contact={"email": ANA})
    assert (
        told(practice, Role.PRIMARY_CONTACT) == f"DataPoint may still write to {NEW}. Ask DataPoint to write to {ANA}."
    )
    practice.record("contact_known", contact=untold.contact, email=ANA)
    assert told(practice, Role.PRIMARY_CONTACT) is None
    practice.order("correct_contact", contact={"email": NEW})
    practice.record("contact_known", contact=untold.contact, email=NEW)
    practice.order("retract", fact="contact_known", of=untold.contact)
    assert told(practice, Role.PRIMARY_CONTACT) is not None, "taken back, it has to be told after all"


def test_dp3_an_address_that_was_corrected_before_datapoint_had_any_needs_nobody() -> None:
    practice = Practice()
    practice.order("correct_contact", contact={"email": NEW})
    assert told(practice, Role.PRIMARY_CONTACT) is None
    assert told(practice.records("queued"), Role.PRIMARY_CONTACT) is None


def test_dp7_a_new_technical_contact_has_to_be_on_datapoints_own_form() -> None:
    practice = Practice().records("queued", "invitation_sent", "technical_contact_designated")
    assert told(practice, TECHNICAL_CONTACT) is None, "the first one is who is on DataPoint's form"
    practice.record("technical_contact_designated", name="Uma Cho", email=UMA)
    sentence = (
        "DataPoint contacts only people named on its own form. Ask Ana Ruiz to name Uma Cho on DataPoint's own form."
    )
    assert told(practice, TECHNICAL_CONTACT) == sentence
    assert [mail.context["has_to_be_named"] for mail in practice.mails_of("technical_briefing")] == [False, True]
    known = practice.record("contact_known", contact="technical contact", email=UMA)
    assert known.text == "Recorded: DataPoint was told of the contact (technical contact)."
    assert told(practice, TECHNICAL_CONTACT) is None
    practice.order("retract", fact="contact_known")
    assert told(practice, TECHNICAL_CONTACT) == sentence
    practice.record("technical_contact_reached")
    assert told(practice, TECHNICAL_CONTACT) is None


def test_dp7_a_primary_contact_who_is_the_technical_contact_too_is_one_person() -> None:
    practice = Practice().records("queued", "invitation_sent", "technical_contact_designated")
    practice.record("technical_contact_designated", name="Ana Ruiz", email=ANA)
    sentence = "Ask Ana Ruiz to sign up as technical contact on DataPoint's own form."
    assert (told(practice, TECHNICAL_CONTACT) or "").endswith(sentence)


def test_dp7_the_same_technical_contact_at_another_address_is_told_by_the_team() -> None:
    practice = Practice().records("technical_contact_designated")
    practice.record("technical_contact_designated", name="Tom", email=UMA)
    sentence = f"DataPoint may still write to {TOM}. Ask DataPoint to write to {UMA}."
    assert told(practice, TECHNICAL_CONTACT) == sentence


def test_dp7_in_a_reconnection_the_team_tells_datapoint_of_another_technical_contact() -> None:
    practice = Practice(playbook=PLAYBOOKS["datapoint-reconnection"])
    practice.records("connection_lost", "technical_contact_designated")
    assert told(practice, TECHNICAL_CONTACT) is None
    practice.record("technical_contact_designated", name="Uma Cho", email=UMA)
    sentence = "DataPoint does not know Uma Cho. Tell DataPoint that Uma Cho is the technical contact."
    assert told(practice, TECHNICAL_CONTACT) == sentence
    practice.record("contact_known", contact="technical contact", email=UMA)
    assert told(practice, TECHNICAL_CONTACT) is None


def test_dp7_who_is_asked_to_name_them_is_reached_by_their_own_address() -> None:
    practice = Practice().records("queued", "invitation_sent", "technical_contact_designated")
    practice.record("technical_contact_designated", name="Uma Cho", email=UMA)
    [untold] = all_to_tell(practice.playbook, practice.onboarding)
    assert (untold.whom, untold.whom_email) == ("Ana Ruiz", ANA)
    row = practice.onboarding.practice
    item = AttentionItem(
        kind="named",
        id=f"datapoint/{row.id}",
        practice=row.id,
        practice_name=row.name,
        why="Ask the practice",
        tone="warn",
        text=untold.matter,
        todo=untold.todo,
        asks=untold.whom,
        asks_email=untold.whom_email,
    )
    reach = reach_of(Settings(), item)
    assert reach is not None and reach.letter is not None
    assert (reach.name, reach.contact.email) == ("Ana Ruiz", ANA)
    assert "Please name Uma Cho on DataPoint's own form." in unquote(reach.letter)
