"""Several reports of one fact with keys: for each key one counts, and the stage waits for all."""

from __future__ import annotations

from typing import Any

import pytest

from desk.explain import explain
from desk.onboarding_detail import detail_of
from desk.playbook_summary import rules
from desk.rehearsal import rehearse
from playbooks.engine.onboarding import Receipt
from playbooks.engine.transition import Refused
from tests.playbooks.practice import ANA, MONDAY, PRACTICE, TEAM, Practice, days, hours, request
from tests.playbooks.trials.alliance import ALLIANCE

ELM, OAK = "elm@clinics.test", "oak@clinics.test"


@pytest.fixture
def alliance() -> Practice:
    return Practice(playbook=ALLIANCE)


@pytest.fixture
def asked(alliance: Practice) -> Practice:
    """Asks two clinics, each with an owner, to confirm."""
    alliance.record("owner_known", clinic="elm", name="Eve", email=ELM)
    alliance.record("owner_known", clinic="oak", name="Otto", email=OAK)
    alliance.record("requested", clinics=["elm", "oak"])
    return alliance


def confirm(alliance: Practice, clinic: str, **more: Any) -> Receipt:
    return alliance.record("confirmed", clinic=clinic, **more)


def test_the_stage_ends_with_the_last_of_them_whatever_order_they_come_in(asked: Practice) -> None:
    assert asked.view().missing_of == {"confirmed": ("elm", "oak")}
    assert confirm(asked, "oak").text == "Recorded: confirmed (oak)."
    assert (asked.view().stage, asked.view().missing) == ("confirmation", ("confirmed",))
    assert asked.view().missing_of == {"confirmed": ("elm",)}
    asked.sleep(days(1))
    assert confirm(asked, "elm", at=asked.now - hours(2)).status == "complete"
    assert asked.position.visit.entered_at == asked.now - hours(2)
    assert (asked.view().missing, asked.view().missing_of) == ((), {})


def test_reports_may_come_before_the_keys_are_known_and_late(alliance: Practice) -> None:
    confirm(alliance, "elm")
    assert (alliance.view().stage, alliance.view().missing_of) == ("request", {})
    alliance.sleep(days(2)).record("requested", clinics=["elm", "oak"])
    assert alliance.view().missing_of == {"confirmed": ("oak",)}
    assert confirm(alliance, "oak", at=MONDAY + hours(1)).status == "complete"
    assert alliance.position.visit.entered_at == MONDAY + days(2), "not before it was asked for"


def test_each_key_has_its_own_repeats_and_conflicts(asked: Practice) -> None:
    confirm(asked, "elm", words="gladly")
    again = confirm(asked, "elm", words="gladly")
    assert (again.outcome, again.text) == ("already_known", "Already known: confirmed (elm).")
    with pytest.raises(Refused, match=r"\(onboard retract alliance/riverside-vet confirmed --of elm\)\.$"):
        confirm(asked, "elm", words="no")
    assert confirm(asked, "oak", words="if you must").status == "complete"
    assert confirm(asked, "elm", words="gladly").outcome == "already_known"


def test_a_report_with_an_unexpected_key_is_refused(asked: Practice) -> None:
    with pytest.raises(
        Refused, match=r"^confirmed is not expected of 'ash', only of elm, oak \(requested\.clinics\)\.$"
    ):
        confirm(asked, "ash")


def test_one_is_retracted_and_the_other_still_counts(asked: Practice) -> None:
    asked.record("requested", clinics=["elm", "oak", "ash"])
    confirm(asked, "elm")
    confirm(asked, "oak")
    with pytest.raises(Refused, match=r"on record for several; say whose to take back \('of'\): elm, oak\.$"):
        asked.order("retract", fact="confirmed")
    with pytest.raises(Refused, match=r"'confirmed \(ash\)' is not on record.*: .*confirmed \(elm\)"):
        asked.order("retract", fact="confirmed", of="ash")
    assert asked.order("retract", fact="confirmed", of="elm").text == "Taken back: confirmed (elm)."
    assert asked.view().missing_of == {"confirmed": ("elm", "ash")}
    assert asked.order("retract", fact="confirmed").text == "Taken back: confirmed (oak)."
    assert asked.order("retract", fact="owner_known", of="oak").outcome == "recorded"


def test_the_expected_keys_may_change(asked: Practice) -> None:
    confirm(asked, "elm")
    asked.record("requested", clinics=["elm", "ash"])
    assert asked.view().missing_of == {"confirmed": ("ash",)}
    asked.sleep(hours(1)).record("requested", clinics=["elm"])
    assert asked.view().status == "complete", "what was reported before counts"


def test_each_owner_is_written_to_once_and_reminded_while_theirs_is_missing(asked: Practice) -> None:
    assert [(mail.kind, mail.email) for mail in asked.mails] == [("escalation", ELM), ("escalation", OAK)]
    confirm(asked, "elm")
    (told,) = asked.mails[2:]
    assert (told.kind, told.email, told.context["of"]) == ("reminder", ANA, "elm")
    assert told.context["details"]["confirmed"]["elm"]["clinic"] == "elm"
    assert told.context["missing"] == [{"fact": "confirmed", "title": "Confirmed (oak)"}]
    assert [(mail.kind, mail.email) for mail in asked.live(days(2.2))] == [("reminder", OAK)]
    overdue = [(mail.kind, mail.email) for mail in asked.live(days(2))]
    assert ("reminder", OAK) in overdue
    assert ELM not in {email for _, email in overdue}
    asked.record("owner_known", clinic="oak", name="Ida", email="ida@clinics.test")
    assert "ida@clinics.test" in {mail.email for mail in asked.live(days(32))}
    confirm(asked, "oak")
    assert [mail.context["of"] for mail in asked.mails if mail.email == ANA] == ["elm", "oak"]


def test_the_missing_keys_are_shown(asked: Practice) -> None:
    confirm(asked, "elm")
    seen = detail_of(ALLIANCE, asked.onboarding, asked.now, ())
    assert seen.missing_titles == ("Confirmed (oak)",)
    assert [(fact.of, fact.title) for fact in seen.facts if fact.name == "confirmed"] == [("elm", "Confirmed (elm)")]
    assert "Still missing: Confirmed (oak). The rest is on record." in explain(seen)


def test_it_can_be_rehearsed_and_read() -> None:
    story = rehearse(ALLIANCE, request(), TEAM, PRACTICE, MONDAY)
    assert [scene.text for scene in story if scene.kind == "fact"][1:] == [
        "Requested",
        "Confirmed (first)",
        "Confirmed (second)",
    ]
    (confirmed,) = [fact for fact in rules(ALLIANCE).facts if fact.name == "confirmed"]
    assert (confirmed.per, confirmed.each_of) == ("clinic", "requested.clinics")
