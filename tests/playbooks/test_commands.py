"""Commands: who and why are recorded; retract, correct, resend, reassign; and the states of mails."""

from __future__ import annotations

from typing import Any

import pytest

from playbooks.engine import checks
from playbooks.engine.commands import AFTER_THE_END, COMMANDS, PARAMETERS, WITHOUT_REASON
from playbooks.engine.states import MailState
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ALL, ANA, MONDAY, REGISTRATION, Practice, days, hours

GIVEN: dict[str, dict[str, Any]] = {
    "hold": {"until": MONDAY + days(3)},
    "extend": {"until": MONDAY + days(3)},
    "reassign": {"assignee": "kim"},
    "correct_contact": {"contact": {"phone": "312 555 0100"}},
    "correct_practice": {"practice": {"time_zone": "America/Denver"}},
    "resend": {"kind": "queue_confirmation"},
    "retract": {"fact": "queued"},
    "withdraw": {},
    "note": {},
    "quiet": {"role": "primary_contact", "until": MONDAY + days(3)},
    "forward": {"role": "primary_contact", "contact": {"email": "uma@oak-lane.example"}},
    "tell": {"kind": "Help wanted", "answers": {"server": "ready"}},
}


def ready(command: str) -> Practice:
    practice = Practice()
    practice.record("queued", mail={"queue_confirmation": {"hold": True}} if command.endswith("_held") else None)
    if command == "resume":
        practice.order("hold", until=MONDAY + days(3))
    return practice


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_in_the_journal_with_who_and_why(command: str) -> None:
    practice = ready(command)
    practice.order(command, why="They asked for it", **GIVEN.get(command, {}))
    (entry,) = [entry for entry in practice.journal if entry.name == command]
    assert (entry.kind, entry.by, entry.why) == ("command", "sam", "They asked for it")


@pytest.mark.parametrize("command", WITHOUT_REASON)
def test_resuming_and_sending_need_no_reason(command: str) -> None:
    assert ready(command).order(command, why=None).outcome == "recorded"


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in WITHOUT_REASON])
def test_every_other_command_needs_a_reason(command: str) -> None:
    practice = ready(command)
    with pytest.raises(Refused, match=r"Say why \('why'\): everybody who reads the journal sees"):
        practice.order(command, why=None, **GIVEN.get(command, {}))


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_accepts_a_parameter_that_it_ignores(command: str) -> None:
    practice = ready(command)
    others = {parameter: value for given in GIVEN.values() for parameter, value in given.items()}
    for parameter, value in others.items():
        if parameter in PARAMETERS.get(command, ()):
            continue
        with pytest.raises(Refused, match=f"{command} takes no '{parameter}'; leave it out"):
            practice.order(command, **GIVEN.get(command, {}) | {parameter: value})


@pytest.mark.parametrize("command", [name for name in COMMANDS if name not in AFTER_THE_END])
def test_no_other_command_works_on_a_closed_onboarding(command: str) -> None:
    complete, withdrawn = Practice().records(*ALL), Practice().records("queued")
    withdrawn.order("withdraw")
    for practice, word in ((complete, "is complete"), (withdrawn, "was withdrawn")):
        with pytest.raises(Refused, match=f"{command} is not possible: datapoint/riverside-vet {word}"):
            practice.order(command, **GIVEN.get(command, {}))


def test_an_unknown_command_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused, match="'pause' is not a command; choose one of hold, resume, extend"):
        Practice().order("pause")


def test_no_fact_can_have_the_name_of_a_command() -> None:
    assert set(COMMANDS) <= checks.RESERVED_NAMES


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("reassign", "Say who takes over ('assignee')."),
        ("correct_contact", "The primary contact already has these details"),
        ("correct_practice", "The practice already has these details"),
        ("resend", "Say which mail to send again ('kind')."),
        ("retract", "Say which fact to take back ('fact')."),
    ],
)
def test_a_missing_parameter_is_named(command: str, sentence: str) -> None:
    with pytest.raises(Refused) as refusal:
        Practice().records("queued").order(command)
    assert str(refusal.value).startswith(sentence)


@pytest.mark.parametrize("fact", ALL[:-1])
def test_retracting_a_fact_reopens_its_stage(fact: str) -> None:
    practice = Practice().records(*ALL[:-1])
    practice.order("retract", why="A slip", fact=fact)
    kept = practice.onboarding.facts[ALL.index(fact)]
    assert kept.retracted is not None
    assert (kept.retracted.by, kept.retracted.why) == ("sam", "A slip")
    stages = {"queued": "initial_import", "invitation_sent": "initial_import"} | dict.fromkeys(
        REGISTRATION, "registration"
    )
    # The installed agent still implies the queue, the invitation and the contact.
    stages |= {"technical_contact_reached": "initial_import", "agent_installed": "agent_installation"}
    assert practice.view().stage == stages[fact]
    if practice.view().stage == "initial_import":
        with pytest.raises(Refused, match=f"'{fact}' has been taken back already, and follows from '.*'; take"):
            practice.order("retract", fact=fact)
    else:
        with pytest.raises(Refused, match=f"'{fact}' has been taken back already; on record: "):
            practice.order("retract", fact=fact)
    practice.record(fact)
    assert practice.view().stage == "initial_import"


def test_retracting_a_revision_restores_the_report_before_it() -> None:
    practice = Practice().through("initial_import").sleep(days(1))
    practice.record("agent_installed", client_count=15_000)
    assert practice.view().due_at == MONDAY + days(15)
    practice.order("retract", fact="agent_installed")
    assert practice.view().due_at == MONDAY + days(7)
    practice.order("retract", fact="agent_installed")
    assert practice.view().stage == "agent_installation"


def test_a_stage_reopened_late_is_overdue_at_once_with_one_mail_to_the_pharmacy() -> None:
    practice = Practice().records("queued").sleep(days(10))
    practice.order("retract", fact="queued")
    practice.wake()
    assert [(mail.kind, mail.to) for mail in practice.mails[1:]] == [("escalation", "manager")]


def test_reassigning_changes_the_recipient() -> None:
    practice = Practice()
    practice.order("reassign", assignee="kim")
    assert practice.view().assignee == "kim"
    assert practice.journal[-1].text == "Handed over from sam to kim"
    assert practice.live(days(1))[0].handle == "kim"
    with pytest.raises(Refused, match="is assigned to kim already"):
        practice.order("reassign", assignee="kim")


def test_correcting_the_address_sends_the_failed_mails_and_nothing_else() -> None:
    practice = Practice().records("queued", "agent_installed")
    confirmation, begun = practice.mails
    practice.settle(confirmation, "failed", "550 no such user")
    practice.settle(begun, "sent")
    said = practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"}).text
    assert said.endswith(" changed. Sending: “queue confirmation” to ana.ruiz@riverside.test.")
    (again,) = practice.mails[2:]
    assert (again.kind, again.email) == ("queue_confirmation", "ana.ruiz@riverside.test")
    assert again.key == confirmation.key.removesuffix("1") + "2"


def test_correcting_only_the_telephone_sends_nothing_to_the_same_bad_address() -> None:
    practice = Practice().records("queued")
    practice.settle(practice.mails[0], "bounced", "mailbox full")
    assert "again" not in practice.order("correct_contact", contact={"phone": "312 555 0100"}).text
    assert practice.kinds == ["queue_confirmation"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "new@riverside.test"}, "The e-mail address of {name}, the primary contact, changed"),
        ({"phone": "312 555 0100"}, "The phone number of {name}, the primary contact, changed"),
        (
            {"email": "new@riverside.test", "phone": "312 555 0100"},
            "The e-mail address and phone number of {name}, the primary contact, changed",
        ),
        ({"name": "Tom Ferro", "email": "tom@riverside.test"}, "Primary contact is now Tom Ferro"),
    ],
)
def test_a_new_address_is_no_new_contact(changes: dict[str, str], said: str) -> None:
    practice = Practice().records("queued")
    name = practice.onboarding.primary_contact.name
    practice.order("correct_contact", contact=changes)
    assert practice.journal[-1].text == said.format(name=name)


def test_a_former_address_gets_a_mail_if_a_contact_changed_it() -> None:
    practice = Practice().records("queued")
    before = practice.onboarding.primary_contact.email
    practice.order("correct_contact", by="contact:ana", contact={"email": "ana.ruiz@riverside.test"})
    (told,) = practice.mails_of("address_changed")
    assert (told.email, told.context["quote"]) == (
        before,
        {"name": "Ana Ruiz", "role": "primary contact", "new": "a…@riverside.test"},
    )
    assert not told.link
    practice.order("resend", kind="address_changed")
    assert [mail.email for mail in practice.mails_of("address_changed")] == [before, before]


def test_a_former_address_gets_no_mail_if_the_team_corrected_it() -> None:
    practice = Practice().records("queued")
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    assert practice.kinds == ["queue_confirmation"]


def test_the_first_mail_to_a_new_address_of_the_same_person_says_so() -> None:
    practice = Practice().records("queued")
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    practice.order("resend", kind="queue_confirmation")
    practice.order("resend", kind="queue_confirmation")
    practice.order("correct_contact", contact={"name": "Tom Ferro", "email": "tom@riverside.test"})
    practice.order("resend", kind="queue_confirmation")
    told = [mail.context["moved_from"] for mail in practice.mails_of("queue_confirmation")]
    assert told == [None, ANA, None, None]
    resent = [entry.text for entry in practice.journal if entry.name == "resend"]
    assert [text.partition(":")[0] for text in resent] == ["Sent", "Sent again", "Sent"], "again is for each address"


@pytest.mark.parametrize("state", ["failed", "bounced"])
def test_a_mail_that_fails_after_the_correction_goes_to_the_new_address_once(state: MailState) -> None:
    practice = Practice().records("queued")
    [mail] = practice.mails_of("queue_confirmation")
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    practice.settle(mail, state)
    practice.settle(mail, state)
    assert [each.email for each in practice.mails_of("queue_confirmation")] == [mail.email, "ana.ruiz@riverside.test"]


def test_a_failed_mail_about_the_change_is_not_sent_to_the_new_address() -> None:
    practice = Practice().records("queued")
    practice.settle(practice.mails_of("queue_confirmation")[0], "sent")
    practice.order("correct_contact", by="contact:ana", contact={"email": "ana.ruiz@riverside.test"})
    practice.settle(practice.mails_of("address_changed")[0], "bounced")
    practice.order("correct_contact", contact={"email": "ana@riverside.test"})
    assert practice.kinds.count("address_changed") == 1


def test_a_mail_that_fails_after_the_end_is_not_sent_again() -> None:
    practice = Practice().records("queued")
    [mail] = practice.mails_of("queue_confirmation")
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    practice.order("withdraw")
    practice.settle(mail, "failed")
    assert practice.kinds.count("queue_confirmation") == 1


def test_correcting_the_address_does_not_send_obsolete_mails() -> None:
    practice = Practice().records("queued")
    practice.live(hours(49))
    practice.settle(practice.mails_of("invitation_overdue")[0], "bounced")
    practice.records("invitation_sent")
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    assert practice.kinds.count("invitation_overdue") == 1


@pytest.mark.parametrize(
    ("contact", "sentence"),
    [
        ({"email": "ana at riverside"}, "correct_contact: email: 'ana at riverside' is not an e-mail address: "),
        ({"fax": "1"}, "correct_contact: fax is not a known field."),
        ({"name": None}, "correct_contact: name is missing."),
    ],
)
def test_an_invalid_contact_is_refused(contact: dict[str, Any], sentence: str) -> None:
    practice = Practice()
    with pytest.raises(Refused) as refusal:
        practice.order("correct_contact", contact=contact)
    assert str(refusal.value).startswith(sentence)
    assert not str(refusal.value).endswith("..")


def test_a_corrected_practice_has_its_own_working_hours_and_both_values_in_the_journal() -> None:
    practice = Practice().through("registration")
    first = practice.view().next_wakeup
    practice.order("correct_practice", practice={"time_zone": "Pacific/Honolulu", "country": "US", "state": "HI"})
    assert practice.journal[-1].text == (
        "Practice corrected: time zone from America/Chicago to Pacific/Honolulu, country from none to US,"
        " state from none to HI"
    )
    later = practice.view().next_wakeup
    assert first and later and later > first, "the reminder comes in its working hours"
    assert later.astimezone(practice.onboarding.practice_calendar.zone).hour == 9
    assert len(practice.refreshes) == 1, "the holidays of Hawaii are looked up"
    mail = practice.live(days(7))[0]
    assert (mail.kind, mail.context["zone"]) == ("registration_reminder", "Pacific/Honolulu")


def test_a_practice_is_renamed_after_the_end_too() -> None:
    practice = Practice().records(*ALL)
    practice.order("correct_practice", practice={"name": "Riverside Animal Hospital"})
    assert (practice.view().practice_name, practice.view().status) == ("Riverside Animal Hospital", "complete")
    for command in ("send_held", "drop_held"):
        with pytest.raises(Refused, match="No mail of datapoint/riverside-vet is held"):
            practice.order(command)


def test_the_primary_contact_is_corrected_after_the_end_without_a_mail() -> None:
    practice = Practice().records(*ALL)
    sent = len(practice.mails)
    practice.order("correct_contact", contact={"email": "ana.ruiz@riverside.test"})
    assert practice.onboarding.primary_contact.email == "ana.ruiz@riverside.test"
    assert (practice.view().status, len(practice.mails)) == ("complete", sent)


def test_a_corrected_name_is_told_and_looks_nothing_up() -> None:
    practice = Practice()
    practice.order("correct_practice", practice={"name": "Riverside Animal Hospital"})
    assert practice.view().practice_name == "Riverside Animal Hospital"
    practice.record("queued")
    assert (practice.mails[-1].context["practice"], practice.refreshes) == ("Riverside Animal Hospital", [])


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"time_zone": "Denver"}, "correct_practice: time_zone: 'Denver' is not a time zone; use a name like"),
        ({"name": None}, "correct_practice: name is missing."),
        ({"id": "elsewhere"}, "correct_practice takes name, time_zone, country, state, not id."),
    ],
)
def test_an_invalid_practice_is_refused(given: dict[str, Any], sentence: str) -> None:
    practice = Practice()
    with pytest.raises(Refused) as refusal:
        practice.order("correct_practice", practice=given)
    assert str(refusal.value).startswith(sentence)


def test_holds_and_extensions_end_within_ten_years() -> None:
    practice = Practice()
    for command in ("hold", "extend"):
        with pytest.raises(Refused, match="is more than ten years away; give an earlier end of the "):
            practice.order(command, until=MONDAY + days(3700))


def test_no_refusal_at_a_form_has_a_facts_or_a_mails_own_name() -> None:
    said = []
    for practice in (Practice().records("queued"), Practice().records(*ALL)):
        asked = [("retract", {"fact": fact.name}) for fact in practice.playbook.facts]
        asked += [("resend", {"kind": kind}) for kind in practice.playbook.mail_kinds]
        for name, given in asked:
            try:
                practice.order(name, **given)
            except Refused as refusal:
                said.append(refusal.plain or str(refusal))
        for fact in practice.playbook.facts:
            try:
                practice.record(fact.name, nonsense="x")
            except Refused as refusal:
                said.append(refusal.plain or str(refusal))
    names = [each.name for each in practice.playbook.facts] + list(practice.playbook.mail_kinds)
    assert len(said) > 20
    assert not [each for each in said if any("_" in name and name in each for name in names)]
