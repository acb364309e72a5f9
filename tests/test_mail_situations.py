"""What mails say in particular situations: zones, stages, what is missing, digests of any size, brands."""

from __future__ import annotations

import pytest

from pharmacy.settings import Settings
from templates.colors import ink, lighter
from templates.render import render, sample_words
from tests.mailing import shown
from tests.test_mail_words import BRAND, GMAIL_CLIPS_AT, sample


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

    assert "The connection is not finished yet." in letter.text
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
    neutral = Settings().brand
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
