"""What a practice confirms of its ezyVet: which user each of its vets is (RX10), and that the test has arrived."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from desk.service import Desk
from integrations.ezyvet.prescribers import Prescriber, list_prescribers
from playbooks.engine.facts import current_facts
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Report
from playbooks.ezyvet import EZYVET
from practice_page.actions.base import Action, Outcome
from practice_page.actions.fields import InvalidAnswer, Values
from practice_page.actions.report import ReportFact
from practice_page.visitor import Visitor
from templates.languages import say

LIST = "list"
"""The field with the list that was shown, as a digest: exactly that is confirmed."""


class ConfirmPrescribers(Action):
    name = "prescribers"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        return _is_known(visitor, "prescribers_mapped") and super().is_for(visitor)

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        found = await list_prescribers(desk.database, visitor.onboarding.practice.id)
        return {"prescribers": found, "list": _digest(found)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        return {LIST: given.get(LIST, "")}

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        found = await list_prescribers(desk.database, visitor.onboarding.practice.id)
        if values[LIST] != _digest(found):
            raise InvalidAnswer({"": say("The list has changed. Please look at it again before you confirm it.")})
        if not found:
            raise InvalidAnswer({"": say("There is nobody in the list yet: our team prepares it, and writes to you.")})
        report = Report(data={"confirmed_by": visitor.contact.name}, by=visitor.by, key=f"{self.name} {key}")
        await desk.record(visitor.onboarding.id, "prescribers_confirmed", report)
        return Outcome(say("Thank you. The list of your vets is confirmed."))


class SeeTestPrescription(ReportFact):
    roles = frozenset({Role.PRIMARY_CONTACT})

    def __init__(self) -> None:
        super().__init__(EZYVET.fact("test_prescription_seen"))

    def is_for(self, visitor: Visitor) -> bool:
        return _is_known(visitor, "test_prescription_sent") and super().is_for(visitor)


def _is_known(visitor: Visitor, fact: str) -> bool:
    return visitor.playbook.name == EZYVET.name and fact in current_facts(visitor.playbook, visitor.onboarding)


def _digest(prescribers: list[Prescriber]) -> str:
    text = "\n".join(f"{each.vet} {each.user} {each.name}" for each in prescribers)
    return hashlib.sha256(text.encode()).hexdigest()[:32]
