"""What a contact can do on the practice's page; each action has a template."""

from __future__ import annotations

from practice_page.actions.base import Action
from practice_page.actions.contacts import OwnAddress, TechnicalContact
from practice_page.actions.ezyvet import ConfirmPrescribers, SeeTestPrescription
from practice_page.actions.forward import Forward
from practice_page.actions.messages import Help, NotMe, NotReceived
from practice_page.actions.preparation import Ready
from practice_page.actions.reminders import PauseReminders, RemindAgain
from practice_page.actions.report import reports
from practice_page.visitor import Visitor

ACTIONS: tuple[Action, ...] = (
    TechnicalContact(),
    Ready(),
    ConfirmPrescribers(),
    SeeTestPrescription(),
    NotReceived(),
    Forward(),
    OwnAddress(),
    PauseReminders(),
    RemindAgain(),
    NotMe(),
    Help(),
)
"""The actions of every playbook; `ReportFact` is added for the facts that the contact reports."""


def actions_of(visitor: Visitor) -> tuple[Action, ...]:
    return (*(action for action in ACTIONS if visitor.role in action.roles), *reports(visitor))


def offered(visitor: Visitor) -> dict[str, Action]:
    """Returns what the visitor can do now; a guest only reads."""
    if visitor.guest:
        return {}
    return {action.name: action for action in actions_of(visitor) if action.is_for(visitor)}
