"""What a contact can do on the practice's page: one file a subject, one template each for the words."""

from __future__ import annotations

from web.practice.access import Visitor
from web.practice.actions.base import Action
from web.practice.actions.contacts import OwnAddress, TechnicalContact
from web.practice.actions.messages import Help, NotMe, NotReceived
from web.practice.actions.preparation import Ready
from web.practice.actions.reminders import PauseReminders, RemindAgain
from web.practice.form_tokens import Outcome

__all__ = ["ACTIONS", "Action", "Outcome", "offered"]

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


def offered(visitor: Visitor) -> dict[str, Action]:
    """What this visitor can do now, by name."""
    return {action.name: action for action in ACTIONS if action.is_for(visitor)}
