"""A playbook in one file, run by the engine to its end with a breach and a reminder."""

from __future__ import annotations

from datetime import date

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.engine.checks import check_templates, checked
from playbooks.engine.model import Details, FactType, MailRule, Party, Playbook, Reminders, Role, Side, Stage, Target
from tests.playbooks.practice import ANA, MONDAY, Practice, at, days, hours


class Choice(Details):
    colour: str


SIGNPOST = Playbook(
    name="signpost",
    title="Signpost",
    summary="Put a signpost in front of the practice.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name="primary_contact", title="the practice", side=Side.PRACTICE),
        Party(name="joiner", title="the joiner", side=Side.PARTNER),
    ),
    facts=(
        FactType(name="colour_chosen", title="Colour chosen", payload=Choice, reported_by="primary_contact"),
        FactType(name="post_made", title="Post made", reported_by="joiner"),
        FactType(name="post_standing", title="Post standing", reported_by="team", implies=("post_made",)),
    ),
    stages=(
        Stage(
            name="choice",
            title="Choice of a colour",
            waits_on="primary_contact",
            until=("colour_chosen",),
            asks="Choose a colour.",
            reminders=Reminders(kind="choose", to=Role.PRIMARY_CONTACT, days=(2,), then_every=5),
        ),
        Stage(
            name="making",
            title="Making of the post",
            waits_on="joiner",
            until=("post_made",),
            asks="Make the post.",
            target=Target(duration=Elapsed(hours=72), notify=(("post_late", Role.PRIMARY_CONTACT),)),
        ),
        Stage(
            name="putting_up",
            title="Putting up",
            waits_on="team",
            until=("post_standing",),
            asks="Put the post up.",
            target=Target(duration=BusinessDays(days=2)),
        ),
        Stage(name="standing", title="Standing"),
    ),
    mail_rules=(MailRule(kind="post_stands", to=Role.PRIMARY_CONTACT, on="post_standing"),),
)


def test_a_playbook_in_one_file_runs_to_its_end_with_a_reminder_and_a_breach() -> None:
    practice = Practice(playbook=SIGNPOST)
    assert practice.view().headline == "Choice of a colour · waiting on the practice"
    reminded = practice.live(days(8))
    assert [(mail.kind, mail.email, mail.at) for mail in reminded] == [
        ("choose", ANA, MONDAY + days(2)),
        ("choose", ANA, MONDAY + days(7)),
    ]

    practice.record("colour_chosen", colour="green")
    assert practice.view().due_at == MONDAY + days(11)
    late = practice.live(days(4))
    assert [(mail.kind, mail.to, mail.at) for mail in late] == [
        ("post_late", "primary_contact", MONDAY + days(11)),
        ("escalation", "assignee", MONDAY + days(11)),
    ]
    assert practice.view().sla == "breached"
    # Missed on the day after Thanksgiving; the next business day is Monday.
    (manager,) = practice.live(days(3))
    assert (manager.to, manager.at) == ("manager", at(date(2026, 11, 30)))

    practice.sleep(hours(1)).record("post_made")
    assert practice.view().stage == "putting_up"
    assert practice.view().waiting_on_title == "the onboarding team"
    practice.sleep(days(1)).record("post_standing")
    assert practice.view().status == "complete"
    assert practice.mails[-1].kind == "post_stands"
    assert [(step.stage, step.kept) for step in practice.view().progress] == [
        ("choice", None),
        ("making", False),
        ("putting_up", True),
        ("standing", None),
    ]
    assert practice.onboarding.id == "signpost/riverside-vet"


def test_implied_facts_work_there_too() -> None:
    practice = Practice(playbook=SIGNPOST)
    practice.record("post_standing")
    assert (practice.view().stage, practice.kinds) == ("choice", ["post_stands"])
    practice.record("colour_chosen", colour="blue")
    assert practice.view().status == "complete"
    assert practice.view().progress[1].kept is None


def test_all_its_mails_are_known_before_one_is_sent() -> None:
    assert SIGNPOST.mail_kinds == ("post_stands", "choose", "post_late", "escalation")
    check_templates(checked(SIGNPOST)["signpost"], {"post_stands", "choose", "post_late", "escalation"})
