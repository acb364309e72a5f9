"""Who is written to: naming or replacing the technical contact, correcting one's own address (DP4, DP7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from desk import feed_watch
from desk.service import Desk
from playbooks.engine.fields import Email, Line
from playbooks.engine.model import FactType, Role
from playbooks.engine.onboarding import Contact, Report
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Order
from practice_page.actions.base import Action, Outcome, order, send_last_again
from practice_page.actions.fields import Answers, InvalidAnswer, Phone, Values, read
from practice_page.visitor import Visitor

CALLED = 80
"""Characters of a name that still leave room for what else there is to say in a notice."""


class Person(Answers):
    name: Line
    email: Email = Field(title="E-mail address")
    phone: Phone | None = None


class Address(Answers):
    email: Email = Field(title="Your e-mail address")
    phone: Phone | None = Field(None, title="Your phone")


class TechnicalContact(Action):
    name = "technical-contact"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        """At any time (DP7). While a connection is lost, the reconnection's own page asks for it."""
        if visitor.watch:
            return visitor.role in self.roles and not visitor.watch.lost and not visitor.watch.ended
        return super().is_for(visitor) and _naming(visitor) is not None

    async def words(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {"holder": visitor.technical, "briefs": _briefs(visitor)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Person, given).values()
        holder = visitor.technical
        if holder and values == holder.model_dump(exclude_none=True):
            raise InvalidAnswer(f"{holder.name} is the technical contact already; change something, or go back.")
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        if visitor.watch:
            return await _named_for_the_watch(desk, visitor, values, key)
        fact = _naming(visitor)
        assert fact is not None, "asked for by is_for"
        holder = visitor.technical
        report = Report(data=values, by=visitor.by, key=f"{fact.name} {key}")
        await desk.record(visitor.onboarding.id, fact.name, report)
        name = values["name"] if len(values["name"]) <= CALLED else "The person you named"
        if values["email"] == (holder.email if holder else None):
            return Outcome(f"{name} is the technical contact as before; what you changed is on record.")
        said = f"{name} is the technical contact now."
        if _briefs(visitor):
            said += " We have written to them."
        if visitor.integration.page.own_form:
            partner = visitor.integration.partner
            said += f" One thing more: name the same person on {partner}'s own form. {partner} contacts only whom it"
            said += " knows from there."
        return Outcome(said)


class OwnAddress(Action):
    name = "address"

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and (visitor.role == Role.PRIMARY_CONTACT or _naming(visitor) is not None)

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Address, given).values()
        if (values["email"], values.get("phone")) == (visitor.contact.email, visitor.contact.phone):
            raise InvalidAnswer("This is how we reach you already; change something, or go back.")
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        new = {"email": values["email"], "phone": values.get("phone")}
        if visitor.role == Role.PRIMARY_CONTACT:
            await order(desk, visitor, "correct_contact", key, contact=new)
        else:
            await _name_again(desk, visitor, new, key)
        if values["email"] == visitor.contact.email:
            return Outcome("Your phone number was changed.")
        # What the change itself had written went to the new address; else there is no way in from there yet.
        told = (await desk.state(visitor.onboarding.id)).onboarding.mails
        if not any(said.to == visitor.role and said.email == values["email"] for said in told):
            await send_last_again(desk, visitor, key)
        return Outcome(
            f"From now on we write to {values['email']}. We have just sent you a mail there; its link opens your page."
            " The link that you came by works no more.",
            leaves=True,
        )


async def _named_for_the_watch(desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
    """Once a practice is connected, whoever is named is asked when the connection is lost."""
    given = Order(
        by=visitor.by,
        why="On the practice's page, by the primary contact",
        role=TECHNICAL_CONTACT,
        contact=Contact.model_validate(values),
        key=key,
    )
    await feed_watch.order(desk, visitor.onboarding.practice.id, "contact", given)
    name = values["name"] if len(values["name"]) <= CALLED else "The person you named"
    said = f"{name} is the technical contact now, to whom we write if the connection is lost."
    partner = visitor.integration.partner
    return Outcome(f"{said} Please tell {partner}, too." if partner else said)


async def _name_again(desk: Desk, visitor: Visitor, new: Mapping[str, str | None], key: str) -> None:
    """The same technical contact with another address or phone, whom the briefing reaches there."""
    fact = _naming(visitor)
    assert fact is not None, "asked for by is_for"
    data = {"name": visitor.contact.name, **{name: text for name, text in new.items() if text}}
    report = Report(data=data, by=visitor.by, key=f"{fact.name} {key}")
    await desk.record(visitor.onboarding.id, fact.name, report)


def _naming(visitor: Visitor) -> FactType | None:
    """The fact that says who the technical contact is, if the playbook has one."""
    return next((fact for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT), None)


def _briefs(visitor: Visitor) -> bool:
    """Whether whoever is named technical contact gets a mail."""
    named, rules = _naming(visitor), visitor.playbook.mail_rules
    theirs = [rule for rule in rules if rule.to == TECHNICAL_CONTACT]
    return any(rule.once_per == "recipient" or (named and rule.on == named.name) for rule in theirs)
