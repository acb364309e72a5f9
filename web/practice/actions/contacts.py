"""Who is written to: naming or replacing the technical contact, correcting one's own address (DP4, DP7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from playbooks.derive import contact
from playbooks.model import FactType, Role
from playbooks.onboarding import Email, Line, Report
from web.practice.actions.base import Action, Answers, Outcome, Values, Wrong, order, read, send_last_again
from web.practice.door import Visitor
from web.services import Services


class Person(Answers):
    name: Line
    email: Email
    phone: Line | None = None


class Address(Answers):
    email: Email
    phone: Line | None = None


class TechnicalContact(Action):
    name = "technical-contact"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and _naming(visitor) is not None

    async def words(self, web: Services, visitor: Visitor) -> dict[str, Any]:
        return {"holder": contact(visitor.playbook, visitor.onboarding, Role.TECHNICAL_CONTACT)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Person, given).values()
        holder = contact(visitor.playbook, visitor.onboarding, Role.TECHNICAL_CONTACT)
        if holder and values == holder.model_dump(exclude_none=True):
            raise Wrong(f"{holder.name} is the technical contact already; change something, or go back.")
        return values

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        fact = _naming(visitor)
        assert fact is not None, "asked for by is_for"
        report = Report(data=values, by=visitor.by, key=f"{fact.name} {key}")
        await web.desk.record(visitor.onboarding.id, fact.name, report)
        return Outcome(f"{values['name']} is the technical contact now. We have written to {values['email']}.")


class OwnAddress(Action):
    name = "address"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Address, given).values()
        if (values["email"], values.get("phone")) == (visitor.contact.email, visitor.contact.phone):
            raise Wrong("This is how we reach you already; change something, or go back.")
        return values

    async def do(self, web: Services, visitor: Visitor, values: Values, key: str) -> Outcome:
        changes = {"email": values["email"], "phone": values.get("phone")}
        await order(web, visitor, "correct_contact", key, contact=changes)
        if values["email"] == visitor.contact.email:
            return Outcome("Your phone number was changed.")
        # What the correction itself sends again went to the new address; else there is no way in from there yet.
        told = (await web.desk.state(visitor.onboarding.id)).onboarding.said
        if not any(said.to is visitor.role and said.email == values["email"] for said in told):
            await send_last_again(web, visitor, key)
        return Outcome(
            f"From now on we write to {values['email']}. We have just sent you a mail there; its link opens your page."
            " The link that you came by works no more.",
            leaves=True,
        )


def _naming(visitor: Visitor) -> FactType | None:
    """The fact that says who the technical contact is, if the playbook has one."""
    return next((fact for fact in visitor.playbook.facts if fact.contact is Role.TECHNICAL_CONTACT), None)
