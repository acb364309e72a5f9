"""Reporting any fact that the playbook lets the contact report, with a form made from its payload."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from desk.fact_fields import PREFIX, details_from, fields_of
from desk.problem import DeskProblem
from desk.service import Desk
from playbooks.engine.facts import current_facts, current_reports
from playbooks.engine.model import FactType, labels_of
from playbooks.engine.onboarding import Report
from playbooks.engine.validation import error_sentence
from practice_page.actions.base import Action, Outcome
from practice_page.actions.fields import InvalidAnswer, Values
from practice_page.visitor import Visitor
from templates.languages import say


class ReportFact(Action):
    template = "fact"

    def __init__(self, fact: FactType) -> None:
        self.fact = fact
        self.name = f"report-{fact.name}"

    def is_for(self, visitor: Visitor) -> bool:
        """Also before its stage; once recorded only if it may be revised, or has several keys."""
        recorded = self.fact.name in current_facts(visitor.playbook, visitor.onboarding)
        return super().is_for(visitor) and (not recorded or self.fact.revisable or self.fact.per is not None)

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        report = current_reports(visitor.onboarding).get((self.fact.name, None))
        fields = fields_of(self.fact.payload, report.data if report else None)
        return {"fact": self.fact, "fields": fields, "before": report}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = {PREFIX + field.name: given.get(PREFIX + field.name, "") for field in fields_of(self.fact.payload)}
        try:
            self.fact.payload.model_validate(self._details(visitor, values))
        except DeskProblem as problem:
            raise InvalidAnswer(self._by_field(str(problem), [])) from None
        except ValidationError as error:
            sentence = error_sentence(error, labels_of(self.fact.payload))
            raise InvalidAnswer(self._by_field(sentence, [str(each["loc"][0]) for each in error.errors()])) from None
        return {name: text.replace("\r\n", "\n").strip() for name, text in values.items() if text.strip()}

    def _by_field(self, sentence: str, names: list[str]) -> dict[str, str]:
        """Returns the sentence for each field that it is about: those with these names, else those that it names."""
        named = [field.name for field in fields_of(self.fact.payload) if sentence.startswith(f"{field.label}:")]
        sentence = f"{sentence[:1].upper()}{sentence[1:].removesuffix('.')}."
        return {PREFIX + name: sentence for name in names or named} or {"": sentence}

    def shown(self, visitor: Visitor) -> str:
        return str(self._number(visitor))

    def overtaken(self, visitor: Visitor) -> str:
        return say("It was reported again in another window. Continue only if you want to replace it.")

    def _number(self, visitor: Visitor) -> int:
        """Returns the number of the report that counts, 0 for none."""
        report = current_reports(visitor.onboarding).get((self.fact.name, None))
        return report.number if report else 0

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        data = self._details(visitor, values)
        revises = None if self.fact.per else self._number(visitor)
        report = Report(data=data, by=visitor.by, revises=revises, key=f"{self.fact.name} {key}")
        await desk.record(visitor.onboarding.id, self.fact.name, report)
        return Outcome(say("Thank you. It is on record: %(fact)s.", fact=say(self.fact.phrase)))

    def _details(self, visitor: Visitor, values: Mapping[str, str]) -> dict[str, Any]:
        return details_from(self.fact.payload, values, visitor.zone)


def reports(visitor: Visitor) -> tuple[ReportFact, ...]:
    """Returns the facts that the visitor's role reports, without those that another action reports.

    Facts with secrets are left out too: the page's confirmation would show a secret and send it once more.
    """
    elsewhere = visitor.integration.page.reported_elsewhere
    return tuple(
        ReportFact(fact)
        for fact in visitor.playbook.facts
        if fact.reported_by == visitor.role and fact.contact is None and not fact.secrets and fact.name not in elsewhere
    )
