"""Mails held back, and paragraphs added, before they leave; what depends on a mail waits with it."""

from __future__ import annotations

import pytest

from playbooks.engine.onboarding import MailDrop, SentMail
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ALL, ANA, TOM, UMA, Practice, days, hours

HELD = {"queue_confirmation": {"hold": True}}
BRIEFING_HELD = {"technical_briefing": {"hold": True}}
WORDS = "We call you on Friday about the server."


def held(practice: Practice) -> list[SentMail]:
    return [mail for mail in practice.onboarding.mails if mail.state == "held"]


def drops(practice: Practice) -> list[MailDrop]:
    return [effect for effect in practice.effects if isinstance(effect, MailDrop)]


def test_a_fact_is_recorded_and_its_mail_waits_until_a_person_sends_it() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    assert practice.view().stage == "invitation"
    assert [(mail.kind, mail.held) for mail in practice.mails] == [("queue_confirmation", True)]
    assert practice.journal[-1].text == "Held back: queue confirmation, to the primary contact"
    assert practice.journal[-1].by == "dana"
    practice.sleep(hours(5)).order("send_held", why=None)
    sent = practice.mails[-1]
    assert (sent.key, sent.held, sent.released) == (practice.mails[0].key, False, True)
    assert sent.context["now"] > practice.mails[0].context["now"], "it is written with the data of now"
    assert held(practice) == []
    with pytest.raises(Refused, match="No mail of datapoint/riverside-vet is held"):
        practice.order("send_held")


def test_a_held_mail_goes_to_the_address_that_is_on_record_by_then() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.order("correct_contact", contact={"email": "ana2@riverside.test"})
    assert len(practice.mails) == 1, "nothing went out that would have to be sent again"
    practice.order("send_held")
    assert practice.mails[-1].email == "ana2@riverside.test"
    assert practice.mails[-1].context["moved_from"] is None, "nobody was written to at the former address"


def test_a_dropped_mail_is_never_sent_not_even_by_later_facts() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.order("drop_held", why="We told her by telephone")
    (drop,) = drops(practice)
    assert drop.why == "dropped by sam: We told her by telephone"
    practice.records("invitation_sent")
    assert practice.kinds == ["queue_confirmation"]


def test_a_mail_whose_fact_is_taken_back_is_dropped_and_due_again_with_the_next() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.order("retract", fact="queued")
    assert [drop.why for drop in drops(practice)] == ["not sent: what it tells of was taken back"]
    practice.sleep(hours(1)).records("queued")
    assert [(mail.kind, mail.held) for mail in practice.mails[1:]] == [("queue_confirmation", False)]
    assert len({mail.key for mail in practice.mails}) == 2


def test_a_mail_that_waits_for_another_fact_stays() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.records("invitation_sent").order("retract", fact="invitation_sent")
    assert len(held(practice)) == 1


def test_dp3_whoever_has_not_been_told_is_neither_told_of_a_breach_nor_reminded() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    assert {mail.to for mail in practice.live(days(5))} == {"assignee", "manager"}
    practice.records("invitation_sent")
    assert practice.live(days(10)) == []
    before = len(practice.mails)
    practice.order("send_held")
    assert [mail.kind for mail in practice.mails[before:]] == ["queue_confirmation"]
    soon = practice.live(days(1))
    assert soon == [], "the mail stands for the reminders that fell due while it was held"
    assert "registration_reminder" in [mail.kind for mail in practice.live(days(20))]


def test_reminders_go_on_once_the_mail_is_dropped() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.records("invitation_sent")
    practice.live(days(4))
    practice.order("drop_held")
    assert [mail.kind for mail in practice.live(days(1))] == ["registration_reminder"]


def test_reminders_to_others_go_on() -> None:
    practice = Practice().records("queued", "invitation_sent")
    practice.record("technical_contact_designated", name="Tom", email=TOM, mail=BRIEFING_HELD)
    assert {mail.email for mail in practice.live(days(5))} == {ANA}


def test_dp7_a_held_briefing_gives_way_to_that_of_the_successor_who_alone_is_written_to() -> None:
    practice = Practice().records("queued", "invitation_sent")
    practice.record("technical_contact_designated", name="Tom", email=TOM, mail=BRIEFING_HELD)
    practice.record("technical_contact_designated", name="Uma", email=UMA)
    assert [(mail.kind, mail.email, mail.held) for mail in practice.mails[1:]] == [
        ("technical_briefing", TOM, True),
        ("technical_briefing", UMA, False),
    ]
    assert [drop.why for drop in drops(practice)] == ["not sent: a newer mail took its place"]


def test_a_paragraph_is_kept_for_when_a_mail_is_sent_again_to_a_corrected_address() -> None:
    practice = Practice()
    practice.record("queued", mail={"queue_confirmation": {"paragraph": f"  {WORDS}\n"}})
    assert practice.mails[0].context["paragraph"] == WORDS
    practice.settle(practice.mails[0], "bounced")
    practice.order("correct_contact", contact={"email": "ana2@riverside.test"})
    assert practice.mails[-1].context["paragraph"] == WORDS
    practice.order("resend", kind="queue_confirmation")
    assert "paragraph" not in practice.mails[-1].context, "what a person sends again has its own words"


def test_the_paragraph_of_a_held_mail_can_be_changed_and_taken_out_when_it_is_sent() -> None:
    for choice, expected in ((None, WORDS), ({}, None), ({"paragraph": "Other words."}, "Other words.")):
        practice = Practice()
        practice.record("queued", mail={"queue_confirmation": {"hold": True, "paragraph": WORDS}})
        practice.order("send_held", mail=None if choice is None else {"queue_confirmation": choice})
        assert practice.mails[-1].context.get("paragraph") == expected


def test_choices_for_mails_that_do_not_go_out_are_refused_and_nothing_is_recorded() -> None:
    practice = Practice()
    for kind in ("technical_briefing", "no_such_mail"):
        with pytest.raises(Refused, match=f"This sends no mail '{kind}' to the practice"):
            practice.record("queued", mail={kind: {"hold": True}})
    assert practice.view().stage == "queue_entry"
    with pytest.raises(Refused, match="no mail 'escalation'"):
        practice.order("note", mail={"escalation": {"hold": True}})


def test_a_held_mail_is_not_sent_by_sending_it_again() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    with pytest.raises(Refused, match="is held"):
        practice.order("resend", kind="queue_confirmation")


def test_a_repetition_under_the_same_key_holds_nothing_twice() -> None:
    practice = Practice()
    first = practice.record("queued", key="one", mail=HELD)
    again = practice.record("queued", key="one", mail=HELD)
    assert (again.outcome, again.text) == ("already_known", first.text)
    assert len(practice.mails) == 1
    with pytest.raises(Refused, match="was used for something else"):
        practice.record("queued", key="one")


def test_dp6_the_last_mail_can_be_held_beyond_the_end_and_still_be_sent() -> None:
    practice = Practice().records(*ALL[:-1])
    practice.record("data_received", mail={"data_received": {"hold": True}})
    assert practice.view().status == "complete"
    assert practice.view().next_wakeup is None
    practice.order("send_held")
    assert (practice.mails[-1].kind, practice.mails[-1].released) == ("data_received", True)


def test_a_withdrawal_drops_what_is_held() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.order("withdraw")
    assert [drop.why for drop in drops(practice)] == ["not sent: the onboarding was withdrawn"]
    assert held(practice) == []


def test_of_several_held_mails_one_is_named() -> None:
    practice = Practice()
    practice.record("queued", mail=HELD)
    practice.record("technical_contact_designated", name="Tom", email=TOM, mail=BRIEFING_HELD)
    sentence = "held are: queue_confirmation primary_contact, technical_briefing technical_contact"
    with pytest.raises(Refused, match=sentence):
        practice.order("drop_held")
    practice.order("drop_held", kind="technical_briefing")
    assert [mail.kind for mail in held(practice)] == ["queue_confirmation"]
