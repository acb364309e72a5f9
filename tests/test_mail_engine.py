"""Every mail that the engine orders can be written, whatever order the facts come in."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from configuration.settings import Settings
from partners.holidays import calendar_for
from playbooks.datapoint import DATAPOINT
from playbooks.engine import steps
from playbooks.engine.onboarding import Contact, MailOrder, Onboarding, Practice, Report
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from templates.render import render
from tests.mail_samples import sample_context

START = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
BRAND = Settings().brand
PAYLOADS: dict[str, dict[str, Any]] = {
    "technical_contact_designated": {"name": "Sam Ortiz", "email": "sam@riverside-it.example"},
    "eula_accepted": {"version": "4", "accepted_by": "Dana Whitfield"},
    "agent_installed": {"client_count": 12_000},
    "data_received": {"clients": 800, "patients": 1200},
}
STEPS = st.lists(st.sampled_from([*(fact.name for fact in DATAPOINT.facts), "wait"]), min_size=4, max_size=20)


def opened() -> Onboarding:
    chicago = calendar_for("America/Chicago", "US", "IL", first_day=date(2026, 3, 1))
    return Onboarding(
        playbook="datapoint",
        run="1",
        practice=Practice(id="riverside-vet", name="Riverside Veterinary Clinic", time_zone="America/Chicago"),
        primary_contact=Contact(name="Dana Whitfield", email="dana@riverside-vet.example"),
        requested_at=START,
        started_at=START,
        assignee="ana",
        team_calendar=chicago,
        practice_calendar=chicago,
    )


def orders(reports: list[str]) -> list[MailOrder]:
    """The mails of an onboarding to which these facts are reported an hour apart, `wait` being the next wake-up."""
    now, mails = START, []
    onboarding = opened()
    for step in reports:
        if step == "wait":
            now = max(now, view(DATAPOINT, onboarding, now).next_wakeup or now)
            turn = steps.wake(DATAPOINT, onboarding, now)
        else:
            now += timedelta(hours=1)
            try:
                turn = steps.record(
                    DATAPOINT, onboarding, step, Report(by="ana", data=PAYLOADS.get(step, {}), at=now), now
                )
            except Refused:
                continue
        onboarding = turn.onboarding
        mails += [effect for effect in turn.effects if isinstance(effect, MailOrder)]
    return mails


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_whatever_order_the_facts_come_in_their_mails_can_be_written(steps: list[str]) -> None:
    for order in orders(steps):
        letter = render(order.kind, order.context, BRAND)
        assert "None" not in letter.subject + letter.text


def test_the_whole_story_sends_every_kind() -> None:
    registered = ["practice_information_given", "technical_contact_designated", "eula_accepted"]
    slow = ["wait"] * 4 + ["queued"] + ["wait"] * 4 + ["invitation_sent", "wait", *registered] + ["wait"] * 4
    sent = orders([*slow, "technical_contact_reached", "wait", "agent_installed", *["wait"] * 5, "data_received"])
    early = orders(["queued", "data_received"])

    assert {order.kind for order in sent + early} == set(DATAPOINT.mail_kinds)
    for order in sent + early:
        render(order.kind, order.context, BRAND)


def test_the_samples_have_the_shape_of_the_engines_words() -> None:
    for order in orders(["queued", "wait", "wait"]):
        assert sample_context(order.kind).keys() == order.context.keys()
