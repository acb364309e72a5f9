"""Reports of facts: repeated, conflicting, early, late, with idempotency keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from playbooks.engine.idempotency import CLOCK_SKEW, KEYS_KEPT
from playbooks.engine.onboarding import Receipt, Report
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ALL, CHICAGO, MONDAY, NEW_YORK, TOM, UMA, Practice, days, hours


def test_a_repeated_report_is_already_known_and_changes_nothing() -> None:
    practice = Practice()
    practice.record("queued", at=MONDAY)
    before = practice.onboarding
    practice.sleep(days(1))
    for moment in (None, MONDAY, MONDAY.astimezone(CHICAGO)):
        receipt = practice.record("queued", at=moment)
        assert (receipt.outcome, receipt.text) == ("already_known", "Already known: in DataPoint's request queue.")
    assert practice.onboarding == before


def test_another_date_or_payload_conflicts_and_the_sentence_says_what_to_do() -> None:
    practice = Practice().records("eula_accepted")
    with pytest.raises(Refused) as refusal:
        practice.record("eula_accepted", version="4", accepted_by="Ana Ruiz")
    assert str(refusal.value) == (
        "eula_accepted is on record since Mon 16 Nov 2026, 10:00 EST with version 3.1, accepted_by Ana Ruiz, which this"
        " report contradicts; if that record is wrong, take it back first"
        " (onboard retract datapoint/riverside-vet eula_accepted)."
    )
    assert refusal.value.plain == (
        "“EULA accepted” is on record since Mon 16 Nov 2026, 10:00 EST with Version of the EULA 3.1, Accepted by"
        " Ana Ruiz, which this report contradicts; if that record is wrong, take it back first."
    )
    with pytest.raises(Refused, match="contradicts"):
        practice.record("eula_accepted", at=MONDAY - hours(1))


def test_an_older_revision_reported_again_is_already_known_and_does_not_count() -> None:
    practice = Practice()
    practice.record("technical_contact_designated", at=MONDAY - hours(2), name="Tom", email=TOM)
    practice.record("technical_contact_designated", at=MONDAY - hours(1), name="Uma", email=UMA)
    again = practice.record("technical_contact_designated", at=MONDAY - hours(2), name="Tom", email=TOM)
    assert again.outcome == "already_known"
    assert practice.kinds == ["technical_briefing", "contact_replaced", "technical_briefing"]
    assert practice.record("technical_contact_designated", name="Tom", email=TOM).outcome == "recorded"


def test_of_two_revisions_at_one_time_the_later_report_counts() -> None:
    practice = Practice().through("agent_installation")
    practice.record("agent_installed", at=MONDAY, client_count=12_000)
    practice.record("agent_installed", at=MONDAY, client_count=9_000)
    assert practice.view().due_at == MONDAY + days(7)


def test_a_fact_in_the_future_is_refused_in_the_teams_time() -> None:
    with pytest.raises(Refused) as refusal:
        Practice().record("queued", at=MONDAY + hours(1))
    assert str(refusal.value) == (
        "queued: Mon 16 Nov 2026, 11:00 EST is in the future (it is Mon 16 Nov 2026, 10:00 EST for this onboarding);"
        " a fact can be reported once it has happened."
    )


def test_clock_skew_is_tolerated_and_a_repeat_is_already_known() -> None:
    practice = Practice()
    ahead = MONDAY + CLOCK_SKEW
    assert practice.record("queued", at=ahead).outcome == "recorded"
    assert practice.onboarding.facts[0].at == MONDAY
    practice.sleep(hours(1))
    assert practice.record("queued", at=ahead).outcome == "already_known"
    with pytest.raises(Refused, match="contradicts"):
        practice.record("queued", at=ahead + timedelta(seconds=1))


def test_facts_from_before_the_request_count_from_the_request() -> None:
    practice = Practice()
    practice.record("queued", at=MONDAY - days(3))
    view = practice.view()
    assert view.entered_at == MONDAY
    assert view.progress[0].left_at == MONDAY
    assert view.progress[0].kept is True
    # DataPoint's 48 hours still run from the entry in the queue.
    assert view.due_at == MONDAY - days(1)


def test_facts_at_one_and_the_same_time_pass_their_stages_in_order() -> None:
    practice = Practice()
    for fact in reversed(ALL[:-1]):
        practice.record(fact, at=MONDAY)
    assert practice.view().stage == "initial_import"
    assert [step.left_at for step in practice.view().progress[:5]] == [MONDAY] * 5


def test_what_two_facts_imply_is_dated_by_the_first_of_them() -> None:
    practice = Practice().sleep(days(6))
    practice.record("agent_installed", at=MONDAY + days(5))
    assert practice.view().entered_at == MONDAY + days(5)
    practice.record("eula_accepted", at=MONDAY + days(2))
    assert (practice.view().stage, practice.view().entered_at) == ("registration", MONDAY + days(2))
    assert practice.position.facts["queued"].implied_by == "eula_accepted"


def test_times_are_kept_in_utc() -> None:
    practice = Practice()
    practice.record("queued", at=datetime(2026, 11, 16, 9, tzinfo=NEW_YORK))
    assert practice.onboarding.facts[0].at.isoformat() == "2026-11-16T14:00:00+00:00"


def test_the_same_key_and_body_gets_the_first_answer() -> None:
    practice = Practice()
    first = practice.record("queued", key="K")
    before = practice.onboarding
    practice.sleep(days(1))
    again = practice.record("queued", key="K")
    assert (again.outcome, again.text) == ("already_known", first.text)
    assert practice.onboarding == before


def test_the_answer_to_a_key_says_the_same_again_also_which_mails_were_sent() -> None:
    practice = Practice()
    practice.record("technical_contact_designated", name="Tom", email=TOM)
    said = practice.record("technical_contact_designated", key="K", name="Uma", email=UMA).text
    assert f" Sending: “contact replaced” to {TOM}, “technical briefing” to {UMA}." in said, "her first one"
    assert practice.record("technical_contact_designated", key="K", name="Uma", email=UMA).text == said


def test_a_key_is_remembered_after_a_retraction_and_after_the_end() -> None:
    practice = Practice()
    practice.record("queued", key="K")
    practice.order("retract", fact="queued")
    assert practice.record("queued", key="K").outcome == "already_known"
    assert practice.view().stage == "queue_entry"
    practice.order("withdraw", key="L")
    assert practice.order("withdraw", key="L").outcome == "already_known"
    assert practice.record("queued", key="K").outcome == "already_known"


def test_a_key_used_for_something_else_is_refused() -> None:
    practice = Practice()
    practice.record("queued", key="K")
    acts: list[Callable[[], Receipt]] = [
        lambda: practice.record("invitation_sent", key="K"),
        lambda: practice.record("queued", key="K", at=MONDAY),
        lambda: practice.order("note", key="K"),
    ]
    for act in acts:
        with pytest.raises(Refused, match="The key 'K' was used for something else; use a fresh key for every change"):
            act()


def test_a_note_without_key_may_be_repeated_and_with_one_not() -> None:
    practice = Practice()
    for key in (None, None, "N", "N"):
        practice.order("note", why="Called them", key=key)
    assert [entry.name for entry in practice.journal].count("note") == 3


def test_the_latest_keys_are_kept() -> None:
    practice = Practice()
    for number in range(KEYS_KEPT + 5):
        practice.order("note", key=f"key {number}")
    assert len(practice.onboarding.answers) == KEYS_KEPT
    assert practice.order("note", key=f"key {KEYS_KEPT + 4}").outcome == "already_known"


def test_an_unknown_fact_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Refused) as refusal:
        Practice().record("contract_signed")
    assert (
        str(refusal.value)
        == f"'contract_signed' is not a fact of the DataPoint playbook; its facts are {', '.join(FACTS)}."
    )


FACTS = (*ALL, "import_completed", "contact_known")


@pytest.mark.parametrize(
    ("fact", "data", "sentence"),
    [
        ("queued", {"by": "me"}, "queued: by is not a known field; it has no fields."),
        ("agent_installed", {"client_count": "many"}, "agent_installed: client_count must be a whole number."),
        ("agent_installed", {"client_count": -1}, "agent_installed: client_count must be at least 0."),
        ("agent_installed", {"client_count": 10**12}, "agent_installed: client_count must be at most 10000000."),
        ("agent_installed", {"client_count": 1.5}, "agent_installed: client_count must be a whole number."),
        (
            "technical_contact_designated",
            {"name": "Tom\x00", "email": TOM},
            "technical_contact_designated: name must be one line without control characters.",
        ),
        (
            "practice_information_given",
            {"comments": "x" * 4001},
            "practice_information_given: comments must have at most 4000 characters.",
        ),
        (
            "practice_information_given",
            {"comments": "bell \x07"},
            "practice_information_given: comments must not contain control characters.",
        ),
    ],
)
def test_a_malformed_payload_is_one_sentence(fact: str, data: dict[str, Any], sentence: str) -> None:
    practice = Practice()
    before = practice.onboarding
    with pytest.raises(Refused) as refusal:
        practice.record(fact, **data)
    assert str(refusal.value) == sentence
    assert practice.onboarding == before


@pytest.mark.parametrize("blank", ["", "  ", "\u00a0\n"])
def test_an_empty_optional_field_counts_as_left_out(blank: str) -> None:
    practice = Practice()
    practice.record("technical_contact_designated", name="Lee Park", email="lee@clinic.test", phone=blank)
    assert "phone" not in practice.onboarding.facts[-1].data


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r", "\x0b", "\x85", "\u2028", "\u2029"])
def test_every_end_of_a_line_that_programs_write_is_one(end: str) -> None:
    practice = Practice()
    practice.record("practice_information_given", comments=f"by the side door{end}please ring")
    assert practice.onboarding.facts[-1].data["comments"] == "by the side door\nplease ring"


def test_a_huge_payload_is_refused_in_a_short_sentence() -> None:
    fields: dict[str, Any] = {f"field{number}" * 100: "x" * 10_000 for number in range(500)}
    with pytest.raises(Refused) as refusal:
        Practice().record("queued", **fields)
    assert len(str(refusal.value)) < 2_000
    assert "and 495 more" in str(refusal.value)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"by": ""}, "by must not be empty"),
        ({"by": "dana", "at": "2026-11-16T10:00"}, "at needs a time zone, as in 2026-11-24T15:00-06:00"),
        ({"by": "dana", "at": "yesterday"}, "at must be a time, for example 2026-11-24T15:00-06:00"),
        ({"by": "dana", "at": "0001-01-01T00:00+14:00"}, "at must lie in the years 2000 to 2099"),
        ({"by": "dana", "at": "9999-12-31T23:59-12:00"}, "at must lie in the years 2000 to 2099"),
        ({"by": "dana", "at": "2000-01-01T05:00+14:00"}, "at must lie in the years 2000 to 2099"),
        ({"by": "dana", "at": "2099-12-31T23:59-12:00"}, "at must lie in the years 2000 to 2099"),
        ({"by": "dana", "key": "K\n"}, "key must be one line without control characters"),
        ({"by": "dana\u2028Bcc: all"}, "by must be one line without control characters"),
        ({"by": "dana", "data": []}, "data must be an object with fields"),
        ({"by": "dana", "when": 1}, "when is not a known field"),
    ],
)
def test_a_malformed_report_is_one_sentence(given: dict[str, Any], sentence: str) -> None:
    from playbooks.engine.validation import error_sentence

    with pytest.raises(ValidationError) as error:
        Report.model_validate(given)
    assert error_sentence(error.value).startswith(sentence)


def test_names_of_all_languages_pass_as_they_are() -> None:
    practice = Practice()
    practice.record("technical_contact_designated", name="Ștefan Ó Briain 李小龍 🐈", email="stefan@it.test")
    assert practice.mails[-1].name == "Ștefan Ó Briain 李小龍 🐈"
    practice.order("note", why="Zeile eins\r\nZeile zwei\tmit Tabulator")
    assert practice.journal[-1].why == "Zeile eins\nZeile zwei\tmit Tabulator"


def test_a_report_is_dated_now_unless_it_says_otherwise() -> None:
    practice = Practice().sleep(hours(3))
    practice.record("queued")
    assert practice.onboarding.facts[0].at == MONDAY + hours(3)
    assert MONDAY.date() == date(2026, 11, 16)
