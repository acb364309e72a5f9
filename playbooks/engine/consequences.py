"""The consequences of changed facts: mails, the onboarding's end, and launched workflows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbooks.engine.facts import contacts, current_reports
from playbooks.engine.mail_rules import drop_mail, order_due_mails, report_of
from playbooks.engine.model import CLOCK, Launch, Playbook, keyed_title
from playbooks.engine.onboarding import Fact, Handover, Onboarding, Signature
from playbooks.engine.stages import Position
from playbooks.engine.transition import Transition


def draw_consequences(transition: Transition, before: Position) -> None:
    """Orders mails, ends the onboarding and launches workflows, as the change since `before` requires."""
    _take_back_clock_facts(transition)
    order_due_mails(transition, before)
    after = transition.position
    if after.outcome and not before.outcome:
        transition.add_entry("clock", after.outcome, _ending(transition, after), CLOCK)
    for launch in transition.playbook.launches:
        for of in _keys_to_launch(launch, before, after):
            transition.effects.append(handover(transition.playbook, transition.onboarding, launch, transition.now, of))


def _ending(transition: Transition, position: Position) -> str:
    if position.ended_by:
        return f"{transition.playbook.fact(position.ended_by).title}: the onboarding is {position.outcome}"
    return f"{position.stage.title}: the onboarding is complete"


def _take_back_clock_facts(transition: Transition) -> None:
    """Retracts the clock facts of stages that are ahead again; the clock will record them anew."""
    stages, entered = transition.playbook.stages, len(transition.position.visits)
    # Several stages may expire by one fact.
    names = {rule.fact for stage in stages[entered:] for rule in stage.clock_facts}
    names -= {rule.fact for stage in stages[:entered] for rule in stage.clock_facts}
    signed = Signature(by=CLOCK, why="The stage is ahead again", at=transition.now)
    for fact in transition.onboarding.facts:
        if fact.name in names and fact.retracted is None:
            text = take_back(transition, fact, signed)
            transition.add_entry("command", "retract", text, CLOCK, why=signed.why, data={"fact": fact.name})


def take_back(transition: Transition, fact: Fact, signed: Signature) -> str:
    """Marks a report as retracted and returns the text for the journal."""
    facts = transition.onboarding.facts
    retracted = fact.model_copy(update={"retracted": signed})
    transition.change(facts=tuple(retracted if each.number == fact.number else each for each in facts))
    for mail in transition.onboarding.mails:
        if mail.state == "held" and mail.cause == fact.number:
            drop_mail(transition, mail, "engine", "not sent: what it tells of was taken back")
    return f"Taken back: {keyed_title(transition.playbook.fact(fact.name).phrase, fact.of)}"


def _keys_to_launch(launch: Launch, before: Position, after: Position) -> Iterator[str | None]:
    """Yields the key of each workflow to launch, None for a launch without keys."""
    if launch.on is None:
        if after.outcome == "complete" and before.outcome is None:
            yield None
    elif current := after.facts.get(launch.on):
        for of in current.by_key or (None,):
            was, now = report_of(before, launch.on, of), report_of(after, launch.on, of)
            if now is not None and (was is None or was.fact != now.fact):
                yield of


def handover(
    playbook: Playbook, onboarding: Onboarding, launch: Launch, at: datetime, of: str | None = None
) -> Handover:
    return Handover(
        workflow=launch.workflow,
        id="/".join((launch.prefix, onboarding.practice.id, *([of] if of else []))),
        on=launch.on,
        of=of,
        practice=onboarding.practice,
        contacts=contacts(playbook, onboarding, of),
        facts=tuple(current_reports(onboarding).values()),
        assignee=onboarding.assignee,
        team_calendar=onboarding.team_calendar,
        practice_calendar=onboarding.practice_calendar,
        at=at,
        by=onboarding.id,
    )
