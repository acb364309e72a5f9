"""What follows when the facts of an onboarding have changed: mails, its end, and workflows that are launched."""

from __future__ import annotations

from datetime import datetime

from playbooks.engine.facts import contacts, current_reports
from playbooks.engine.mail_rules import order_due_mails
from playbooks.engine.model import Launch, Playbook
from playbooks.engine.onboarding import Handover, Onboarding
from playbooks.engine.stages import Position
from playbooks.engine.transition import CLOCK, Transition


def draw_consequences(transition: Transition, before: Position) -> None:
    """Does what became due because the known facts changed from `before` to what they are now."""
    order_due_mails(transition, before)
    after = transition.position
    if after.outcome and not before.outcome:
        transition.add_entry("clock", after.outcome, _ending(transition, after), CLOCK)
    for launch in transition.playbook.launches:
        if _is_due(launch, before, after):
            transition.effects.append(handover(transition.playbook, transition.onboarding, launch, transition.now))


def _ending(transition: Transition, position: Position) -> str:
    if position.ended_by:
        return f"{transition.playbook.fact(position.ended_by).title}: the onboarding is {position.outcome}"
    return f"{position.stage.title}: the onboarding is complete"


def _is_due(launch: Launch, before: Position, after: Position) -> bool:
    if launch.on is None:
        return after.outcome == "complete" and before.outcome is None
    was, known = before.facts.get(launch.on), after.facts.get(launch.on)
    return known is not None and (was is None or was.fact != known.fact)


def handover(playbook: Playbook, onboarding: Onboarding, launch: Launch, at: datetime) -> Handover:
    """What the launched workflow is given, at a time."""
    return Handover(
        workflow=launch.workflow,
        id=f"{launch.prefix}/{onboarding.practice.id}",
        on=launch.on,
        practice=onboarding.practice,
        contacts=contacts(playbook, onboarding),
        facts=tuple(current_reports(onboarding).values()),
        assignee=onboarding.assignee,
        team_calendar=onboarding.team_calendar,
        practice_calendar=onboarding.practice_calendar,
        at=at,
        by=onboarding.id,
    )
