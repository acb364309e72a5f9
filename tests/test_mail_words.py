"""What every mail says, read as its reader's mail program shows it, after a trip through a real SMTP server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.message import Sender
from partners.smtp import Smtp
from playbooks.datapoint import DATAPOINT
from playbooks.datapoint_reconnection import RECONNECTION
from playbooks.engine.checks import check_templates
from playbooks.ezyvet import EZYVET
from playbooks.record_sharing import RECORD_SHARING
from templates.render import RenderedMail, RenderProblem, kinds, render
from tests.mail_samples import BRAND, GMAIL_CLIPS_AT, sample, sample_context
from tests.mailing import Mailbox, a_mail, assert_mail_contains, bodies, mail_server, shown

KINDS = sorted(kinds())
SENDER_NAMED = (
    "queue_confirmation",
    "invitation_overdue",
    "registration_reminder",
    "technical_briefing",
    "installation_overdue",
    "installation_reminder",
    "reconnection_check",
)

# What each mail must say, with the sample words: names, and the deadline in the reader's zone.
SAYS: dict[str, tuple[str, ...]] = {
    "assigned": (
        "Hello Ana Ruiz,",
        "Bo Larsen started these 2 onboardings and assigned them to you.",
        "Cedar Creek Vets: Entry in DataPoint's queue",
        "datapoint/riverside",
    ),
    "handed_over": (
        "Hello Ana Ruiz,",
        "Bo Larsen handed these 2 onboardings over to you: I am on holiday until the 12th.",
        "Cedar Creek Vets: Entry in DataPoint's queue",
        "datapoint/riverside",
    ),
    "hand_over_taken_back": (
        "Hello Ana Ruiz,",
        "Bo Larsen took back that these 2 onboardings were handed over to you: I am on holiday until the 12th.",
        "Cedar Creek Vets",
    ),
    "member_link": (
        "Hello Dr. Robin Ames,",
        "You can sign in for Riverside Veterinary Clinic",
        "Choose a password",
        "Within seven days",
        "The link works once.",
    ),
    "prescribers_changed": (
        "Hello Dana Whitfield,",
        "This has changed since",
        "dr-ames",
        "Robin Ames-Lund, no longer Robin Ames",
        "Kim Cho, newly",
        "nobody, no longer Ada Lee",
        "if it is wrong, reply or call us, and we correct it",
    ),
    "prescription_notice": (
        "Hello Dana Reyes,",
        "Robin Ames of Riverside Veterinary Clinic declined what you asked for Rex: 3 × Ear drops 10 ml.",
        "The vet writes to you: “Please come in: we have to look at the ear first.”",
        "Read the vet's message above",
        "a prescription of Riverside Veterinary Clinic is for your pet",
    ),
    "queue_confirmation": (
        "Hello Dana Whitfield,",
        "Please watch for an e-mail from DataPoint.",
        "Riverside Veterinary Clinic is now in its queue, the list of practices that it connects next",
        "primary contact",
        "within 48 hours",
        "Tuesday 3 March, 10:12 AM CST",
        "dana@riverside-vet.example",
        "junk and spam folders",
        "A technical contact",
        "(EULA)",
        "no deadline on your side",
    ),
    "invitation_overdue": ("Tuesday 3 March, 10:12 AM CST", "junk and spam folders", "already asking DataPoint"),
    "registration_reminder": (
        "A technical contact",
        "(EULA)",
        "On record with us already, thank you: the practice's information.",
        "No deadline",
        "You can use home delivery",
    ),
    "technical_briefing": (
        "Hello Sam Ortiz,",
        "Tuesday 3 March, 10:12 AM CST",
        "DataPoint's program, called the agent",
        "the machine where the PIMS database lives",
        "Local administrator",
        "Outbound HTTPS (port 443)",
        "DataPoint will confirm how long it takes",
        "cannot connect to the server without you, and cannot reconnect it",
    ),
    "installation_overdue": ("Hello Sam Ortiz,", "Tuesday 3 March, 10:12 AM CST", "sam@riverside-it.example"),
    "installation_reminder": ("Hello Sam Ortiz,", "cannot do it without you", "No deadline", "local administrator"),
    "import_begun": (
        "Around Tuesday 10 March (an estimate)",
        "about one week after the installation",
        "from 10,000 clients, can take up to two weeks",
        "DataPoint's license agreement (EULA) is accepted and on record.",
    ),
    "data_received": (
        "4,210 clients and 6,875 patients",
        "Every 48 to 72 hours",
        "name, address, phone and e-mail",
        "name, species, breed, age and weight",
        "(800) 555-0177",
        "a new one under the new name",
    ),
    "data_without_eula": (
        "onboard record datapoint/riverside-vet eula_accepted",
        "Today",
        "connection is not finished",
    ),
    "escalation": (
        "DataPoint is late",
        "was due Tuesday 3 March, 10:12 AM CST, 1 day ago",
        "Sunday 1 March, 10:12 AM CST",
        "Ask DataPoint whether the invitation went out",
        "onboard show datapoint/riverside-vet",
        "Dana Whitfield, dana@riverside-vet.example",
    ),
    "address_changed": (
        "to another address from now on: d…@riverside-vet.example",
        "You, only if it was not you",
        "If it was you, there is nothing to do",
    ),
    "contact_declined": (
        "Hello Dana Whitfield,",
        "Please name somebody else",
        "Reply with the name, e-mail and phone number of the technical contact",
    ),
    "forwarded": (
        "Dana Whitfield of Riverside Veterinary Clinic would like you to see",
        "Could you please look at this before Friday?",
        "Nothing to do, unless Dana Whitfield asks you to",
        "Then delete this e-mail.",
        "No deadline on your side",
    ),
    "contact_replaced": (
        "Hello Sam Ortiz,",
        "no longer on record as the technical contact of Riverside Veterinary Clinic",
        "Nothing to do",
    ),
    "mentioned": (
        "bo named you in a note:",
        "@ana, their server is replaced on Friday.",
        "Can you call Dana before that?",
        "onboard show datapoint/riverside-vet",
    ),
    "practice_said": (
        "Dana Whitfield asks for help",
        "Our server is replaced on Friday. Can we wait until then?",
        "Call me after 2 PM.",
        "onboard show datapoint/riverside-vet",
        "Sam Ortiz, sam@riverside-it.example",
    ),
    "reminder": ("Riverside Veterinary Clinic", "EULA accepted", "Fill in DataPoint's form", "No deadline"),
    "reconnection_check": (
        "Hello Sam Ortiz,",
        "The agent is DataPoint's program on the practice's server",
        "nothing from the DataPoint agent at Riverside Veterinary Clinic since Thursday 26 February, 10:12 AM CST",
        "is the machine with the agent switched on",
        "is it online",
        "was the one of the database",
        "system or Windows upgraded",
        "We notice automatically",
        "Tuesday 3 March, 10:12 AM CST",
        "Reply with the name, e-mail and phone number",
    ),
    "reconnection_reminder": (
        "Hello Sam Ortiz,",
        "Wednesday 25 February, 5:40 PM CST",
        "was a password changed?",
        "Tuesday 3 March, 10:12 AM CST",
    ),
    "reconnection_contact": (
        "Hello Dana Whitfield,",
        "only bring it back together with the person who looks after your server",
        "Home delivery goes on as usual",
    ),
    "connection_lost_primary": (
        "Hello Dana Whitfield,",
        "the last update came Wednesday 25 February, 5:40 PM CST",
        "Home delivery goes on as usual:",
        "Please ask Sam Ortiz whether that mail has arrived",
        "being rebuilt? Tell us until when",
    ),
    "connection_lost_team": (
        "No sign of the agent and no feed",
        "we told Sam Ortiz what to check",
        "Thursday 26 February, 10:12 AM CST",
        "Wednesday 25 February, 5:40 PM CST",
        "onboard show datapoint-reconnection/riverside-vet",
        "onboard feeds pause",
    ),
    "reconnected": ("Data from Riverside Veterinary Clinic reaches us again", "Sunday 1 March, 9:50 AM CST"),
    "reconnected_primary": ("Hello Dana Whitfield,", "is back", "Sunday 1 March, 9:50 AM CST"),
    "ezyvet_access": (
        "Hello Dana Whitfield,",
        "Please have Willow & Sons Pharmacy added to your ezyVet site as a partner.",
        "read users, contacts, patients, clinical records and prescriptions, and write external prescriptions",
        "Keep the credentials file",
        "Please do not e-mail the file:",
        "No deadline",
    ),
    "ezyvet_credentials": (
        "Please hand us the credentials file",
        "We try it with ezyVet at once",
        "Please do not e-mail it:",
        "We keep it encrypted",
        "No deadline",
    ),
    "ezyvet_map_team": (
        "The ezyVet site of Riverside Veterinary Clinic answers.",
        "onboard show ezyvet/riverside-vet",
    ),
    "ezyvet_prescribers": (
        "confirm which ezyVet user each of your vets is",
        "Is a vet missing, or somebody wrong? Do not confirm",
        "no user that several people share",
        "No deadline",
    ),
    "ezyvet_send_test_team": (
        "Riverside Veterinary Clinic has confirmed its prescribers.",
        "onboard ezyvet test riverside-vet --patient ID",
    ),
    "ezyvet_test": (
        "open the record of Biscuit",
        "and we take the test out again",
        "Nothing is dispensed or charged for it",
        "No deadline",
    ),
    "ezyvet_live": (
        "Riverside Veterinary Clinic is live.",
        "please neither use nor edit them",
        "Then prescriptions wait with us, and follow in order once it is back",
    ),
    "sharing_asked": (
        "Hello Lakeside Veterinary Clinic,",
        "Dana Whitfield of Riverside Veterinary Clinic asks that",
        "It cannot be fully undone.",
        "keep updating at every clinic",
        "Within 30 days, or the request expires",
        "Nothing is shared by this request",
    ),
    "sharing_reminder": (
        "The request of Riverside Veterinary Clinic that",
        "is still open",
        "Nothing is shared by it until each clinic has confirmed.",
    ),
    "sharing_cooling_off": (
        "Every clinic has confirmed that",
        "can still withdraw the request until sharing begins",
        "Tuesday 3 March, 10:12 AM CST",
    ),
    "sharing_enabled": (
        "share records from now on",
        "stay where they are until somebody shares them by hand",
        "You, if new clients are to be shared automatically",
        "They come from where the service was given",
        "Stock, contacts and companies",
    ),
    "sharing_refused": ("was refused", "The reason: The clinics no longer have the same owner."),
    "sharing_expired": ("For 30 days nobody continued", "nothing is shared by it"),
    "sharing_withdrawn": ("Dr. Kim Lund withdrew the request", "Nothing is shared by it."),
    "sharing_email_refused": (
        "Hello Riverside Veterinary Clinic,",
        "Thank you for your e-mail about record sharing.",
        "nothing is shared by it",
        "The reason: It does not say clearly with which clinics",
        "An owner or admin of the clinic asks after signing in",
        "If you did not write to us, somebody has used your address.",
        "an e-mail from office@riverside-vet.example",
    ),
    "sharing_ended": (
        "Hello Dana Whitfield,",
        "Dr. Kim Lund of Lakeside Veterinary Clinic has ended record sharing between Riverside Veterinary Clinic and",
        "New clients, with their patients and medical records, stay at the clinic that adds them",
        "each change is still seen at both clinics",
        "An owner or admin asks for sharing again, under Sharing",
        "You receive this as an owner or admin of Riverside Veterinary Clinic.",
    ),
    "sharing_request_withdrawn": (
        "Dr. Kim Lund of Lakeside Veterinary Clinic withdrew the request that",
        "Nothing is shared by it.",
        "You receive this as an owner or admin of Riverside Veterinary Clinic.",
    ),
    "digest": (
        "2 onboardings overdue, 1 due today and 1 mail that could not be delivered",
        "Riverside Veterinary Clinic: First import of the data",
        "Tuesday 3 March",
        "10:12 AM CST",
        "Assigned to nobody yet.",
        "jo@harbor-pets.example",
    ),
}


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    async with mail_server(Mailbox()) as box:
        yield box


async def mailed(mailbox: Mailbox, letter: RenderedMail) -> Any:
    """The letter, sent and taken out of the mailbox again."""
    sender = Sender("onboarding@willow.example", BRAND.name, BRAND.support_address)
    smtp = Smtp.from_url(f"smtp://127.0.0.1:{mailbox.port}", sender)
    await smtp.send(a_mail(subject=letter.subject, text=letter.text, html=letter.html))
    return mailbox.last()


@pytest.mark.parametrize("kind", KINDS)
async def test_every_mail_reads_right_in_both_parts(kind: str, mailbox: Mailbox) -> None:
    message = await mailed(mailbox, sample(kind))

    assert_mail_contains(message, *SAYS[kind])
    assert_mail_contains(message, BRAND.name, BRAND.support_address, BRAND.support_phone, BRAND.privacy_policy_url)
    if kind in SENDER_NAMED:
        assert_mail_contains(message, BRAND.datapoint_sender)
    if kind != "digest":
        assert_mail_contains(message, "What comes next", "By when")
    text, page = bodies(message)
    assert kind == "digest" or ("Whose turn: " in text) != ("Now: Nothing to do" in text)
    assert "\n" not in message["Subject"]
    assert 10 < len(message["Subject"]) < 90
    for part in (text, shown(page)[0], message["Subject"]):
        assert not re.search(r"None|Undefined|\{\{|\{%|<|&[a-z#]+;|  \S+  ", part)


@pytest.mark.parametrize("kind", KINDS)
def test_html_is_fit_for_every_reader(kind: str) -> None:
    page = sample(kind).html
    _, links, tags = shown(page)

    assert len(page.encode()) < GMAIL_CLIPS_AT
    assert re.search(r"<html[^>]* lang=\"en\"", page)
    assert 'name="color-scheme"' in page
    assert "prefers-color-scheme: dark" in page
    assert "display:none" in page  # the preview text
    assert "img" not in tags
    assert "<link" not in page
    assert "@import" not in page
    assert "http://" not in re.sub(r'xmlns="[^"]*"|"http://www\.w3\.org[^"]*"', "", page)
    assert "tel:8005550123" in links


@pytest.mark.parametrize("stage", [None, "registration", "agent_installation"])
@pytest.mark.parametrize("kind", ["queue_confirmation", "technical_briefing", "ezyvet_access"])
def test_a_first_mail_with_a_link_fits_on_one_screen(kind: str, stage: str | None) -> None:
    link = "https://onboarding.willow.example/p/only-in-the-mail-itself"
    words = {"stage": stage, "due_at": None} if stage and kind == "technical_briefing" else {}
    letter, whole = sample(kind, link=link, **words), sample(kind, **words)
    told = letter.text.partition("\n--\n")[0]
    assert len(told.split()) <= 150, told
    assert letter.text.count(link) == 1
    assert "deadline" in told.lower() or "By when: Before DataPoint" in told
    # Without a page, the mail has all of it.
    assert len(whole.text) > len(letter.text)


def test_every_mail_of_the_playbook_has_its_words() -> None:
    check_templates(DATAPOINT, kinds())
    check_templates(RECONNECTION, kinds())
    check_templates(EZYVET, kinds())
    check_templates(RECORD_SHARING, kinds())
    assert set(SAYS) == kinds()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_word_is_an_error_and_not_a_gap(kind: str) -> None:
    words = sample_context(kind)
    needed = 0
    for name in words:
        try:
            render(kind, {other: value for other, value in words.items() if other != name}, BRAND)
        except RenderProblem as problem:
            needed += 1
            assert kind in str(problem)
    assert needed >= 2
    with pytest.raises(RenderProblem, match="cannot be written"):
        render(kind, {}, BRAND)


def test_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(RenderProblem, match=r"no mail 'nonsense'; add templates/email/nonsense\.mjml"):
        render("nonsense", {}, BRAND)


@pytest.mark.parametrize("kind", KINDS)
async def test_names_are_data(kind: str, mailbox: Mailbox) -> None:
    evil = '<script>alert(1)</script> {{7*7}} {% raw %} O\'Neil & "Co" <!-- </mj-text> &amp;'
    words = sample_context(kind)
    clean = shown(render(kind, words, BRAND).html)
    for name in ("practice", "assignee", "stage_title", "asks", "chase"):
        if words.get(name):
            words[name] = evil
    for person in ("primary", "technical"):
        if words.get(person):
            words[person]["name"] = evil
    for row in (*words.get("overdue", []), *words.get("practices", [])):
        row["practice"] = evil

    message = await mailed(mailbox, render(kind, words, BRAND))

    assert_mail_contains(message, evil)
    _, _, tags = shown(bodies(message)[1])
    assert tags == clean[2]


def test_dp6_data_without_a_eula_is_no_finished_connection() -> None:
    eula = {"fact": "eula_accepted", "title": "EULA accepted"}
    letter = sample("data_received", stage="registration", stage_title="Registration with DataPoint", missing=[eula])
    assert letter.subject == "Data from Riverside Veterinary Clinic is arriving; one step is still open"
    assert "The connection is not finished yet." in letter.text
    assert "What comes next: Accept DataPoint's license agreement (EULA), from its e-mail" in letter.text
    assert "connected" not in letter.text
    both = sample(
        "data_received", stage="registration", missing=[eula, {"fact": "practice_information_given", "title": ""}]
    )
    assert "some steps are still open" in both.subject and "Finish DataPoint's form" in both.text
    assert sample("data_received").subject.endswith("is connected through DataPoint")


def test_a_reminder_of_a_lost_connection_names_no_day_that_has_passed() -> None:
    assert "By when: Tuesday 3 March" in sample("reconnection_reminder").text
    late = sample("reconnection_reminder", now="2026-03-06T16:12:00+00:00").text
    assert "By when: As soon as you can" in late and "3 March" not in late


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\u2028", "\x85"])
def test_a_line_break_never_gets_into_the_subject(newline: str) -> None:
    with pytest.raises(RenderProblem, match="line break"):
        sample("queue_confirmation", practice=f"Riverside{newline}Bcc: all@example.com")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40))
def test_any_name_can_be_written(name: str) -> None:
    letter = sample("queue_confirmation", practice=f"A{name}B")

    assert re.sub(r"\s+", " ", f"A{name}B") in re.sub(r"\s+", " ", letter.text)
    assert shown(letter.html)[2] == shown(sample("queue_confirmation").html)[2]
