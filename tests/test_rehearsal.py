"""A rehearsal plays any playbook through, with details made up for its facts."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from desk.diagram import diagram
from desk.playbook_summary import rules
from desk.practice_files import request_of
from desk.rehearsal import Scene, anomalies, rehearse
from desk.sample_data import sample
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed
from playbooks.datapoint import DATAPOINT
from playbooks.engine.fields import Count, Email, Instant, Text, TimeZone
from playbooks.engine.model import Details, FactType, MailRule, Party, Playbook, Reminders, Role, Side, Stage, Target
from playbooks.engine.steps import begin
from playbooks.engine.transition import Refused

START = datetime(2026, 11, 20, 15, tzinfo=UTC)
REQUEST = request_of(
    {
        "practice": {"id": "riverside", "name": "Riverside", "time_zone": "UTC"},
        "primary_contact": {"name": "Dana Reyes", "email": "dana@riverside.test"},
    }
)


class Delivery(Details):
    """One field of every type that a fact may have."""

    carrier: str
    boxes: int
    weight: float
    fragile: bool
    way: Literal["air", "sea"]
    labels: list[str]
    remark: str | None = None


DELIVERED = {"name": "delivered", "title": "Delivered", "payload": Delivery, "reported_by": "primary_contact"}


def playbook(**delivered: Any) -> Playbook:
    return Playbook(
        name="scales",
        title="Scales",
        summary='Send a "smart" scale.',
        parties=(
            Party(name="team", title="the team", side=Side.US),
            Party(name="primary_contact", title="the contact", side=Side.PRACTICE),
        ),
        facts=(
            FactType(name="ordered", title="Ordered", reported_by="team"),
            FactType(**{**DELIVERED, **delivered}),
        ),
        stages=(
            Stage(
                name="order",
                title="Order",
                waits_on="team",
                until=("ordered",),
                target=Target(duration=BusinessDays(days=2), notify=(("late", Role.PRIMARY_CONTACT),)),
            ),
            Stage(
                name="delivery",
                title="Delivery <by post>",
                waits_on="primary_contact",
                until=("delivered",),
                reminders=Reminders(kind="reminder", to=Role.PRIMARY_CONTACT, days=(1,), then_every=5),
            ),
            Stage(name="there", title="There"),
        ),
        mail_rules=(MailRule(kind="alarm", to=Role.TEAM, on="delivered", lacking="ordered"),),
    )


def play(rules: Playbook, *, late: bool = False) -> list[Scene]:
    return rehearse(rules, REQUEST, Calendar(), Calendar(), START, late=late)


def test_in_time_nobody_is_reminded_or_escalated_to() -> None:
    story = play(playbook())
    assert not [scene for scene in story if scene.mail]
    facts = [(scene.text, scene.at) for scene in story if scene.kind == "fact"]
    assert [text for text, _ in facts] == ["Riverside: Scales requested", "Ordered", "Delivered"]
    assert facts[1][1] < datetime(2026, 11, 24, 15, tzinfo=UTC)
    assert story[-1].text == "There: the end"
    assert [scene.at for scene in story] == sorted(scene.at for scene in story)


def test_too_late_everything_goes_out_first() -> None:
    story = play(playbook(), late=True)
    mails = [(scene.mail.kind, scene.mail.to) for scene in story if scene.mail]
    assert mails == [
        ("late", Role.PRIMARY_CONTACT),
        ("escalation", Role.ASSIGNEE),
        ("escalation", Role.MANAGER),
        ("reminder", Role.PRIMARY_CONTACT),
        ("reminder", Role.PRIMARY_CONTACT),
    ]
    assert story[-1].text == "There: the end"


def test_what_needs_a_fact_out_of_turn_is_told_besides() -> None:
    [(why, scene)] = anomalies(playbook(), REQUEST, Calendar(), Calendar(), START)
    assert why == "delivered is recorded while ordered is not"
    assert scene.mail is not None
    assert scene.mail.kind == "alarm"


def test_details_are_made_up_by_their_type() -> None:
    book = playbook()
    onboarding = begin(book, REQUEST, "run", "ana", Calendar(), Calendar(), START).onboarding
    made = sample(book, book.fact("delivered"), onboarding)
    assert "remark" not in made
    assert Delivery.model_validate(made, strict=True).way == "air"
    named, received = DATAPOINT.fact("technical_contact_designated"), DATAPOINT.fact("data_received")
    assert sample(DATAPOINT, named, onboarding)["email"].endswith("@technician.example")
    assert sample(DATAPOINT, received, onboarding) == {"clients": 4_200, "patients": 6_720}


class Handling(Details):
    """Fields whose names say nothing of their type."""

    billing_contact: Email
    clinic_zone: TimeZone
    name: Count
    opened_at: Instant
    remarks: Text
    ratio: Annotated[float, Field(gt=0, lt=1)]
    code: Annotated[str, Field(min_length=8, max_length=9)]
    addresses: Annotated[list[Email], Field(min_length=2)]
    carrier: Delivery


def test_details_are_made_up_by_type_whatever_a_field_is_called() -> None:
    book = playbook(payload=Handling)
    onboarding = begin(book, REQUEST, "run", "ana", Calendar(), Calendar(), START).onboarding
    made = Handling.model_validate(sample(book, book.fact("delivered"), onboarding))
    assert made.billing_contact.endswith(".example")
    assert len(made.addresses) == 2
    assert made.carrier.way == "air"


def test_a_playbook_with_a_required_address_can_be_rehearsed() -> None:
    class Admin(Details):
        admin_email: Email

    book = playbook()
    facts = (book.facts[0], book.facts[1].model_copy(update={"payload": Admin}))
    assert play(Playbook(**{**dict(book), "facts": facts}))[-1].text == "There: the end"


def test_details_that_cannot_be_made_up_are_said() -> None:
    class Odd(Delivery):
        carrier: Literal["x"]
        way: Literal["air", "sea"]

        def model_post_init(self, _context: object) -> None:
            raise ValueError("never right")

    book = playbook()
    facts = (book.facts[0], book.facts[1].model_copy(update={"payload": Odd}))
    with pytest.raises(Refused, match="delivered: never right"):
        play(Playbook(**{**dict(book), "facts": facts}))


def test_rules_are_told_in_words() -> None:
    told = rules(playbook(implies=("ordered",), revisable=True))
    assert [stage.deadline for stage in told.stages] == ["within 2 business days", "none", ""]
    assert [field.type for field in told.facts[1].fields] == [
        *("string", "integer", "number", "boolean", "string", "array", "string")
    ]
    assert [field.name for field in told.facts[1].fields if not field.required] == ["remark"]
    assert [(mail.kind, mail.to, mail.when) for mail in told.mails] == [
        ("alarm", "team", "delivered is reported and ordered is not on record"),
        ("late", "primary contact", "order is overdue"),
        ("reminder", "primary contact", "delivery goes on: after 1 days, then every 5, in their working hours"),
        ("escalation", "assignee", "order overdue: at once"),
        ("escalation", "manager", "order overdue: 1 business day later"),
    ]


def test_an_estimate_is_told_as_one() -> None:
    target = Target(duration=Elapsed(hours=168), grace=Elapsed(hours=48))
    book = playbook()
    stages = (book.stages[0].model_copy(update={"target": target}), *book.stages[1:])
    told = rules(Playbook(**{**dict(book), "stages": stages}))
    assert told.stages[0].deadline == "expected in 7 days; overdue 48 hours later"


def test_titles_cannot_break_a_diagram() -> None:
    drawn = diagram(playbook())
    assert 'delivery["<b>Delivery #lt;by post#gt;</b><br/>waits on the contact"]:::practice' in drawn
    assert drawn.count('"') % 2 == 0
