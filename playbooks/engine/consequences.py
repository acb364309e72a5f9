"""What follows when the facts of an onboarding have changed: mails, its end, and workflows that are launched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from playbooks.engine.facts import contacts, current_reports
from playbooks.engine.mail_rules import order_due_mails, report_of
from playbooks.engine.model import CLOCK, Launch, Playbook
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
    reached = {visit.stage.name for visit in transition.position.visits}
    ahead = [stage for stage in transition.playbook.stages if stage.name not in reached]
    names = {rule.fact for stage in ahead for rule in stage.clock_facts}
    gone = {fact.number for fact in transition.onboarding.facts if _is_clocks(fact) and fact.name in names}
    if not gone:
        return
    signed = Signature(by=CLOCK, why="The stage is ahead again", at=transition.now)
    facts = transition.onboarding.facts
    kept = tuple(key for key in transition.onboarding.fired_timers if key.rpartition(" records ")[2] not in names)
    transition.change(
        facts=tuple(each.model_copy(update={"retracted": signed}) if each.number in gone else each for each in facts),
        fired_timers=kept,
    )
    for fact in facts:
        if fact.number in gone:
            text = f"Taken back: {transition.playbook.fact(fact.name).phrase}"
            data = {"fact": fact.name}
            transition.add_entry("command", "retract", text, CLOCK, why=signed.why, data=data)


def _is_clocks(fact: Fact) -> bool:
    return fact.by == CLOCK and fact.retracted is None


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
