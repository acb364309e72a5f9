"""What follows when the facts of an onboarding have changed: mails, its end, and workflows that are launched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbooks.engine.facts import contacts, current_reports
from playbooks.engine.mail_rules import order_due_mails, report_of
from playbooks.engine.model import CLOCK, Launch, Playbook, which
from playbooks.engine.onboarding import Fact, Handover, Onboarding, Signature
from playbooks.engine.stages import Position
from playbooks.engine.transition import Transition


def draw_consequences(transition: Transition, before: Position) -> None:
    """Does what became due because the known facts changed from `before` to what they are now."""
    _take_back_clock_facts(transition)
    order_due_mails(transition, before)
    after = transition.position
    if after.outcome and not before.outcome:
        transition.add_entry("clock", after.outcome, _ending(transition, after), CLOCK)
    for launch in transition.playbook.launches:
        for of in _due(launch, before, after):
            given = handover(transition.playbook, transition.onboarding, launch, transition.now, of)
            transition.effects.append(given)


def _ending(transition: Transition, position: Position) -> str:
    if position.ended_by:
        return f"{transition.playbook.fact(position.ended_by).title}: the onboarding is {position.outcome}"
    return f"{position.stage.title}: the onboarding is complete"


def _take_back_clock_facts(transition: Transition) -> None:
    """What the clock recorded at a stage that is now not reached follows no more, and will be recorded anew."""
    ahead = transition.playbook.stages[len(transition.position.visits) :]
    names = {rule.fact for stage in ahead for rule in stage.clock_facts}
    signed = Signature(by=CLOCK, why="The stage is ahead again", at=transition.now)
    for fact in transition.onboarding.facts:
        if fact.name in names and fact.retracted is None:
            text = take_back(transition, fact, signed)
            transition.add_entry("command", "retract", text, CLOCK, why=signed.why, data={"fact": fact.name})


def take_back(transition: Transition, fact: Fact, signed: Signature) -> str:
    """Marks a report as retracted, and returns the sentence for the journal."""
    gone = fact.model_copy(update={"retracted": signed})
    transition.change(facts=tuple(gone if each.number == fact.number else each for each in transition.onboarding.facts))
    return f"Taken back: {which(transition.playbook.fact(fact.name).phrase, fact.of)}"


def _due(launch: Launch, before: Position, after: Position) -> Iterator[str | None]:
    """Of what a workflow is launched: None where there is one, nothing where it is not."""
    if launch.on is None:
        if after.outcome == "complete" and before.outcome is None:
            yield None
    elif known := after.facts.get(launch.on):
        for of in known.by_key or (None,):
            was, now = report_of(before, launch.on, of), report_of(after, launch.on, of)
            if now is not None and (was is None or was.fact != now.fact):
                yield of


def handover(
    playbook: Playbook, onboarding: Onboarding, launch: Launch, at: datetime, of: str | None = None
) -> Handover:
    """What the launched workflow is given, at a time."""
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
