"""What every mail says, read as its reader's mail program shows it, after a trip through a real SMTP server."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partners.smtp import Sender, Smtp
from pharmacy.settings import Brand, Settings
from playbooks.datapoint import DATAPOINT
from templates.colors import ink, lighter
from templates.render import Letter, LetterProblem, kinds, render, sample_words
from tests.mailing import Mailbox, a_mail, assert_mail_contains, bodies, mail_server, shown

KINDS = sorted(kinds())
BRAND = Brand(
    name="Willow & Sons Pharmacy",
    support_address="help@willow.example",
    support_phone="(800) 555-0123",
    care_phone="(800) 555-0177",
    privacy_policy_url="https://willow.example/privacy?a=1&b=2",
    color="#14532d",
    accent_color="#0f766e",
    datapoint_sender="hello@datapoint.example",
    public_url=None,
)
GMAIL_CLIPS_AT = 102_000
SENDER_NAMED = (
    "queue_confirmation",
    "invitation_overdue",
    "registration_reminder",
    "technical_briefing",
    "installation_overdue",
    "installation_reminder",
)

# What each mail must say, with the sample words: names, and the deadline in the reader's zone.
SAYS: dict[str, tuple[str, ...]] = {
    "queue_confirmation": (
        "Hello Dana Whitfield,",
        "Riverside Veterinary Clinic is now in DataPoint's integration queue",
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
        "Already done, thank you: the practice's information.",
        "No deadline",
        "You can use home delivery",
    ),
    "technical_briefing": (
        "Hello Sam Ortiz,",
        "Tuesday 3 March, 10:12 AM CST",
        "DataPoint agent",
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
    ),
    "data_received": (
        "4,210 clients and 6,875 patients",
        "Every 48 to 72 hours",
        "name, address, phone and e-mail",
        "age, weight and breed",
        "(800) 555-0177",
        "a new one under the new name",
    ),
    "data_without_eula": ("no EULA is on record", "onboard record datapoint/riverside-vet eula_accepted", "Today")[1:],
    "escalation": (
        "DataPoint is late",
        "was due Tuesday 3 March, 10:12 AM CST, 1 day ago",
        "Sunday 1 March, 10:12 AM CST",
        "Ask DataPoint whether the invitation went out",
        "onboard show datapoint/riverside-vet",
        "Dana Whitfield, dana@riverside-vet.example",
    ),
    "reminder": ("Riverside Veterinary Clinic", "EULA accepted", "Fill in DataPoint's form", "No deadline"),
    "digest": (
        "2 onboardings overdue, 1 due today and 1 mail that could not be delivered",
        "Riverside Veterinary Clinic: Invitation from DataPoint",
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


async def mailed(mailbox: Mailbox, letter: Letter) -> Any:
    """The letter, sent and taken out of the mailbox again."""
    sender = Sender("onboarding@willow.example", BRAND.name, BRAND.support_address)
    smtp = Smtp.from_url(f"smtp://127.0.0.1:{mailbox.port}", sender)
    await smtp.send(a_mail(subject=letter.subject, text=letter.text, html=letter.html))
    return mailbox.last()


def sample(kind: str, **changes: Any) -> Letter:
    return render(kind, sample_words(kind) | changes, BRAND)


@pytest.mark.parametrize("kind", KINDS)
async def test_every_mail_reads_right_in_both_parts(kind: str, mailbox: Mailbox) -> None:
    message = await mailed(mailbox, sample(kind))

    assert_mail_contains(message, *SAYS[kind])
    assert_mail_contains(message, BRAND.name, BRAND.support_address, BRAND.support_phone, BRAND.privacy_policy_url)
    if kind in SENDER_NAMED:
        assert_mail_contains(message, BRAND.datapoint_sender)
    if kind != "digest":
        assert_mail_contains(message, "Whose turn", "What comes next", "By when")
    text, page = bodies(message)
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
    assert "http://" not in re.sub(r'xmlns="[^"]*"|"http://www\.w3\.org[^"]*"', "", page)
    assert "tel:8005550123" in links


def test_every_mail_of_the_playbook_has_its_words() -> None:
    DATAPOINT.check_words(kinds())
    assert set(SAYS) == kinds()


@pytest.mark.parametrize("kind", KINDS)
def test_a_missing_word_is_an_error_and_not_a_gap(kind: str) -> None:
    words = sample_words(kind)
    needed = 0
    for name in words:
        try:
            render(kind, {other: value for other, value in words.items() if other != name}, BRAND)
        except LetterProblem as problem:
            needed += 1
            assert kind in str(problem)
    assert needed >= 2
    with pytest.raises(LetterProblem, match="cannot be written"):
        render(kind, {}, BRAND)


def test_an_unknown_kind_is_refused_in_words() -> None:
    with pytest.raises(LetterProblem, match=r"no mail 'nonsense'; add templates/email/nonsense\.mjml"):
        render("nonsense", {}, BRAND)


@pytest.mark.parametrize("kind", KINDS)
async def test_names_are_data(kind: str, mailbox: Mailbox) -> None:
    evil = '<script>alert(1)</script> {{7*7}} {% raw %} O\'Neil & "Co" <!-- </mj-text> &amp;'
    words = sample_words(kind)
    clean = shown(render(kind, words, BRAND).html)
    for name in ("practice", "assignee", "stage_title", "asks", "chase"):
        if words.get(name):
            words[name] = evil
    for person in ("primary", "technical"):
        if words.get(person):
            words[person]["name"] = evil
    for row in words.get("overdue", []):
        row["practice"] = evil

    message = await mailed(mailbox, render(kind, words, BRAND))

    assert_mail_contains(message, evil)
    _, _, tags = shown(bodies(message)[1])
    assert tags == clean[2]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\u2028", "\x85"])
def test_a_line_break_never_gets_into_the_subject(newline: str) -> None:
    with pytest.raises(LetterProblem, match="line break"):
        sample("queue_confirmation", practice=f"Riverside{newline}Bcc: all@example.com")


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=40))
def test_any_name_can_be_written(name: str) -> None:
    letter = sample("queue_confirmation", practice=f"A{name}B")

    assert re.sub(r"\s+", " ", f"A{name}B") in re.sub(r"\s+", " ", letter.text)
    assert shown(letter.html)[2] == shown(sample("queue_confirmation").html)[2]


@pytest.mark.parametrize(
    ("zone", "due_at", "now", "said"),
    [
        (
            "America/Los_Angeles",
            "2026-03-03T16:12:00+00:00",
            "2026-03-01T00:00:00+00:00",
            "Tuesday 3 March, 8:12 AM PST",
        ),
        ("America/New_York", "2026-03-09T16:00:00+00:00", "2026-03-01T00:00:00+00:00", "Monday 9 March, 12:00 PM EDT"),
        ("Asia/Tokyo", "2026-03-03T15:30:00+00:00", "2026-03-01T00:00:00+00:00", "Wednesday 4 March, 12:30 AM JST"),
        ("America/Sao_Paulo", "2026-03-03T15:30:00+00:00", "2026-03-01T00:00:00+00:00", "3 March, 12:30 PM UTC-03"),
        (
            "America/Chicago",
            "2027-01-01T06:00:00+00:00",
            "2026-12-30T00:00:00+00:00",
            "Friday 1 January 2027, 12:00 AM",
        ),
        ("America/Chicago", "2027-01-01T05:59:00+00:00", "2026-12-30T00:00:00+00:00", "31 December, 11:59 PM CST"),
    ],
)
def test_deadlines_are_told_in_the_readers_zone(zone: str, due_at: str, now: str, said: str) -> None:
    letter = sample("queue_confirmation", zone=zone, due_at=due_at, now=now)

    assert said in letter.text
    assert said in shown(letter.html)[0]


def test_the_reminder_names_exactly_what_is_missing() -> None:
    eula = {"fact": "eula_accepted", "title": "EULA accepted"}
    letter = sample("registration_reminder", missing=[eula], done=[])

    assert letter.subject == "One thing DataPoint still needs from Riverside Veterinary Clinic"
    assert "(EULA)" in letter.text
    assert "technical contact:" not in letter.text.lower()
    assert "Already done" not in letter.text


def test_a_fact_of_another_playbook_goes_by_its_title() -> None:
    letter = sample("registration_reminder", missing=[{"fact": "key_given", "title": "Access key given"}])

    assert "Access key given" in letter.text


def test_a_large_practice_is_told_two_weeks() -> None:
    estimate = {"at": "2026-03-17T15:12:00+00:00", "allowance": "two weeks"}
    letter = sample("import_begun", estimate=estimate, client_count=12500)

    assert letter.subject == "DataPoint is installed: expect your data around Tuesday 17 March"
    assert "about two weeks after" in letter.text
    assert "like yours (12,500 clients)" in letter.text


def test_data_with_the_form_unfinished_asks_for_the_rest() -> None:
    eula = {"fact": "eula_accepted", "title": "EULA accepted"}
    letter = sample("data_received", stage="registration", missing=[eula], counts={})

    assert "One thing is still open." in letter.text
    assert "(EULA)" in letter.text
    assert "Whose turn: You" in letter.text
    assert "received" not in letter.text.split("COPIED")[0]


@pytest.mark.parametrize(
    ("stage", "missing", "turn", "when"),
    [
        ("registration", [{"fact": "eula_accepted", "title": "-"}], "Dana Whitfield", "No deadline for the practice"),
        ("agent_installation", [], "You, together with DataPoint", "No deadline"),
        ("initial_import", [], "Nobody, for now", "No date"),
        ("queue_entry", [{"fact": "queued", "title": "-"}], "DataPoint", "No date yet"),
    ],
)
def test_the_briefing_fits_the_stage_in_which_the_contact_is_named(
    stage: str, missing: list[dict[str, str]], turn: str, when: str
) -> None:
    letter = sample("technical_briefing", stage=stage, missing=missing, due_at=None)

    assert f"Whose turn: {turn}" in letter.text
    assert f"By when: {when}" in letter.text
    assert "CST" not in letter.text


def test_a_console_is_linked_only_where_there_is_one() -> None:
    address = "https://onboarding.willow.example"
    there = render("escalation", sample_words("escalation"), BRAND.model_copy(update={"public_url": address}))

    assert address in shown(there.html)[1]
    assert address in there.text
    assert "console" not in sample("escalation").text


def test_an_escalation_without_assignee_or_technical_contact() -> None:
    letter = sample("escalation", assignee=None, technical=None, waiting_on="the onboarding team", chase="")

    assert "The onboarding team is late" in letter.text
    assert "Assigned to: nobody yet" in letter.text
    assert "Technical contact" not in letter.text
    assert "Find out what holds it up." in letter.text


def test_a_quiet_digest_says_so() -> None:
    letter = sample("digest", overdue=[], due_today=[], refused_mails=[], waiting=[])

    assert letter.subject == "Onboarding today: nothing needs attention"
    assert "Wednesday 4 March: nothing needs attention." in letter.text
    assert "No onboarding is under way." in letter.text
    assert "OVERDUE" not in letter.text


def test_a_digest_of_thousands_stays_readable() -> None:
    row = sample_words("digest")["overdue"][0] | {"practice": "The Animal Hospital of Upper Riverside and the Lakes"}
    refused = sample_words("digest")["refused_mails"][0] | {"reason": "No such mailbox. " * 12}
    letter = sample("digest", overdue=[row] * 3000, due_today=[row] * 500, refused_mails=[refused] * 200)

    assert len(letter.html.encode()) < GMAIL_CLIPS_AT
    assert "And 2960 more: `onboard list` shows all." in letter.text
    assert letter.subject == "Onboarding today: 3000 overdue, 500 due today, 200 to fix"


def test_one_brand_never_writes_in_anothers_name() -> None:
    neutral = Settings(_env_file=None).brand
    for brand, other in ((BRAND, neutral), (neutral, BRAND), (BRAND, neutral)):
        letter = render("reminder", sample_words("reminder"), brand)
        assert brand.support_address in letter.text
        assert other.support_address not in letter.text + letter.html


@pytest.mark.parametrize(("color", "text"), [("#14532d", "#ffffff"), ("#ffe066", "#000000"), ("#000000", "#ffffff")])
def test_text_on_the_brand_color_can_be_read(color: str, text: str) -> None:
    assert ink(color) == text
    page = render("reminder", sample_words("reminder"), BRAND.model_copy(update={"color": color})).html
    assert f"color:{text}" in page


def test_links_stay_visible_on_a_dark_page() -> None:
    assert lighter("#0f766e") != "#0f766e"
    assert lighter("#ffe066") == "#ffe066"
    assert f"color: {lighter(BRAND.accent_color)} !important" in sample("reminder").html
