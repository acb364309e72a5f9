"""What a contact can do on the practice's page: one file a subject, one template each for the words."""

from __future__ import annotations

from practice_page.actions.base import Action
from practice_page.actions.contacts import OwnAddress, TechnicalContact
from practice_page.actions.messages import Help, NotMe, NotReceived
from practice_page.actions.preparation import Ready
from practice_page.actions.reminders import PauseReminders, RemindAgain
from practice_page.actions.report import reports
from practice_page.visitor import Visitor

ACTIONS: tuple[Action, ...] = (
    TechnicalContact(),
    Ready(),
    NotReceived(),
    OwnAddress(),
    PauseReminders(),
    RemindAgain(),
    NotMe(),
    Help(),
)
"""Whatever the playbook; besides, there are the facts that it has the contact report."""


def actions_of(visitor: Visitor) -> tuple[Action, ...]:
    """What this visitor can do at one time or another."""
    return (*(action for action in ACTIONS if visitor.role in action.roles), *reports(visitor))


def offered(visitor: Visitor) -> dict[str, Action]:
    """What this visitor can do now, by name."""
    return {action.name: action for action in actions_of(visitor) if action.is_for(visitor)}
