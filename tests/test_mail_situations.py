"""What mails say in particular situations: zones, stages, what is missing, digests of any size, brands."""

from __future__ import annotations

import pytest

from configuration.settings import Settings
from practice_page.data import copied_values
from templates.colors import lighter, text_color
from templates.render import kinds, render
from tests.mail_samples import BRAND, GMAIL_CLIPS_AT, sample, sample_context
from tests.mailing import shown


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
    assert "On record with us" not in letter.text


def test_a_fact_of_another_playbook_goes_by_its_title() -> None:
    letter = sample("registration_reminder", missing=[{"fact": "key_given", "title": "Access key given"}])

    assert "Access key given" in letter.text


def test_a_large_practice_is_told_two_weeks() -> None:
    estimate = {"at": "2026-03-17T15:12:00+00:00", "allowance": "two weeks"}
    letter = sample("import_begun", estimate=estimate, size=12500)

    assert letter.subject == "DataPoint is installed: expect your data around Tuesday 17 March"
    assert "about two weeks after" in letter.text
    assert "like yours (12,500 clients)" in letter.text


def test_data_with_the_form_unfinished_asks_for_the_rest() -> None:
    eula = {"fact": "eula_accepted", "title": "EULA accepted"}
    letter = sample("data_received", stage="registration", missing=[eula], figures={})

    assert "The connection is not finished yet." in letter.text
    assert "(EULA)" in letter.text
    assert "Whose turn: You" in letter.text
    assert "received" not in letter.text.split("COPIED")[0]


@pytest.mark.parametrize(
    ("stage", "missing", "turn", "when"),
    [
        ("registration", [{"fact": "eula_accepted", "title": "-"}], "You, for these three answers; then Dana", "No d"),
        ("agent_installation", [], "You, together with DataPoint", "No deadline"),
        ("initial_import", [], "Nothing to do for now", "No date"),
        ("queue_entry", [{"fact": "queued", "title": "-"}], "You, for these three answers; then the practice", "No d"),
    ],
)
def test_the_briefing_fits_the_stage_in_which_the_contact_is_named(
    stage: str, missing: list[dict[str, str]], turn: str, when: str
) -> None:
    letter = sample("technical_briefing", stage=stage, missing=missing, due_at=None)

    assert f"{'Now' if turn.startswith('Nothing') else 'Whose turn'}: {turn}" in letter.text
    assert f"By when: {when}" in letter.text
    assert "CST" not in letter.text


def test_a_mail_to_the_team_links_the_onboarding_where_there_is_a_console() -> None:
    brand = BRAND.model_copy(update={"public_url": "https://onboarding.willow.example"})
    for kind in ("escalation", "mentioned", "practice_said", "data_without_eula", "connection_lost_team"):
        words = sample_context(kind)
        there = render(kind, words, brand)
        address = f"https://onboarding.willow.example/onboardings/{words['onboarding']}"
        assert address in shown(there.html)[1], kind
        assert f"Open it in the console: {address}" in there.text
        assert "console" not in sample(kind).text
    digest = render("digest", sample_context("digest"), brand)
    assert "https://onboarding.willow.example/onboardings/datapoint/lakeview" in shown(digest.html)[1]
    assert "`datapoint/lakeview`" in sample("digest").text


def test_an_escalation_without_assignee_or_technical_contact() -> None:
    alone = {"primary_contact": {"name": "Dana", "email": "dana@riverside.example"}, "technical_contact": None}
    letter = sample("escalation", assignee=None, contacts=alone, waiting_on="the onboarding team", chase="")

    assert "The onboarding team is late" in letter.text
    assert "Assigned to: nobody yet" in letter.text
    assert "Technical contact" not in letter.text
    assert "Find out what holds it up." in letter.text


@pytest.mark.parametrize("kind", ["queue_confirmation", "technical_briefing"])
def test_the_first_mail_to_each_contact_says_what_datapoint_is_and_what_the_practice_gains(kind: str) -> None:
    letter = sample(kind)

    for part in (letter.text, shown(letter.html)[0]):
        said = " ".join(part.split())
        assert "IDEXX DataPoint is a service that copies client and patient records from a practice's" in said
        assert "nobody at the practice has to type them in" in said


@pytest.mark.parametrize("kind", [kind for kind in sorted(kinds()) if sample(kind).text.startswith("Hello ")])
def test_no_contact_reads_words_of_the_trade_without_what_they_mean(kind: str) -> None:
    text = " ".join(sample(kind).text.split())
    assert "integration" not in text
    assert "agent" not in text or "program" in text
    if "home delivery" in text.lower():
        assert "we send what you prescribe" in text


def test_the_briefing_asks_for_three_things_before_all_else_and_its_button_says_so() -> None:
    link = "https://onboarding.willow.example/p/x"
    letter = sample("technical_briefing", link=link)
    first = letter.text.split("Whose turn")[0]

    assert letter.subject == "Technical contact for Riverside Veterinary Clinic: please accept and name times"
    assert "Please do three things on your page:" in first
    for ask in ("Take the role on", "Tick what is ready", "Name times that suit you"):
        assert f"- {ask}" in first
    assert f"Accept, tick what is ready, name times: {link}" in first
    assert shown(letter.html)[1].count(link) == 1
    assert "in a reply to this e-mail:" in sample("technical_briefing").text
    done = sample("technical_briefing", link=link, stage="connected")
    assert "three" not in done.text and f"See where you stand: {link}" in done.text


@pytest.mark.parametrize(
    "kind", ["queue_confirmation", "registration_reminder", "technical_briefing", "installation_overdue"]
)
def test_datapoint_contacts_only_whom_it_knows_from_its_own_form(kind: str) -> None:
    """Naming somebody on our page does not tell DataPoint."""
    named = {"fact": "technical_contact_designated", "title": "Technical contact named"}
    letter = sample(kind, done=[named])

    for part in (letter.text, shown(letter.html)[0]):
        said = " ".join(part.split())
        assert "DataPoint contacts only" in said and "own form" in said


@pytest.mark.parametrize("kind", ["technical_briefing", "installation_reminder"])
@pytest.mark.parametrize("accepted", [False, True])
def test_dp7_whom_datapoint_does_not_know_is_not_sent_to_look_for_its_message(kind: str, accepted: bool) -> None:
    replies = {"accepted": {"since": "2026-03-02T09:00:00+00:00", "at": "2026-03-02T09:00:00+00:00", "times": None}}
    said = {"primary_contact": {}, "technical_contact": replies if accepted else {}}
    letter = sample(kind, stage="agent_installation", has_to_be_named=True, replies=said)
    text = " ".join(letter.text.split())
    assert "DataPoint does not know you yet: " in text and "has to name you on DataPoint's own form" in text
    assert "answer its message" not in text and "DataPoint's message" not in text and "Arrange a time with" not in text


def test_data_that_arrives_is_told_by_the_table_of_rules_and_as_the_page_tells_it() -> None:
    """DP11 to DP13: one source for the import, the page and the mail."""
    said, letter = copied_values(), " ".join(sample("data_received").text.split())
    once, rest = letter.split("UPDATED AUTOMATICALLY")
    automatic, by_hand = rest.split("NEVER CHANGED WITHOUT A PERSON")

    assert f"Clients with {said['clients']}; pets with {said['pets']}." in once
    assert f"For those we already have, only {said['automatic']}." in automatic
    assert said["by_a_person"][1:] in by_hand
    assert f"a person decides: {said['at_first']}." in by_hand
    assert "on a page that we send them the link to, or with Pet Owner Care at (800) 555-0177" in by_hand


def test_a_quiet_digest_says_so() -> None:
    letter = sample("digest", overdue=[], due_today=[], refused_mails=[], waiting=[])

    assert letter.subject == "Onboarding today: nothing needs attention"
    assert "Wednesday 4 March: nothing needs attention." in letter.text
    assert "No onboarding is under way." in letter.text
    assert "OVERDUE" not in letter.text


def test_a_digest_of_thousands_stays_readable() -> None:
    row = sample_context("digest")["overdue"][0] | {"practice": "The Animal Hospital of Upper Riverside and the Lakes"}
    refused = sample_context("digest")["refused_mails"][0] | {"reason": "No such mailbox. " * 12}
    letter = sample("digest", overdue=[row] * 3000, due_today=[row] * 500, refused_mails=[refused] * 200)

    assert len(letter.html.encode()) < GMAIL_CLIPS_AT
    assert "And 2960 more: `onboard list` shows all." in letter.text
    assert letter.subject == "Onboarding today: 3000 overdue, 500 due today, 200 to fix"


def test_one_brand_never_writes_in_anothers_name() -> None:
    neutral = Settings().brand
    for brand, other in ((BRAND, neutral), (neutral, BRAND), (BRAND, neutral)):
        letter = render("reminder", sample_context("reminder"), brand)
        assert brand.support_address in letter.text
        assert other.support_address not in letter.text + letter.html


@pytest.mark.parametrize(("color", "text"), [("#14532d", "#ffffff"), ("#ffe066", "#000000"), ("#000000", "#ffffff")])
def test_text_on_the_brand_color_can_be_read(color: str, text: str) -> None:
    assert text_color(color) == text
    page = render("reminder", sample_context("reminder"), BRAND.model_copy(update={"color": color})).html
    assert f"color:{text}" in page


def test_links_stay_visible_on_a_dark_page() -> None:
    assert lighter("#0f766e") != "#0f766e"
    assert lighter("#ffe066") == "#ffe066"
    assert f"color: {lighter(BRAND.accent_color)} !important" in sample("reminder").html
