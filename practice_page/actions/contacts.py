"""Contacts: naming or replacing the technical contact, and correcting one's own address (DP4, DP7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from desk import feed_watch
from desk.service import Desk
from playbooks.engine.fields import Email
from playbooks.engine.model import FactType, Role
from playbooks.engine.onboarding import Contact, Report
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Order
from practice_page.actions.base import Action, Outcome, send_command, send_last_again
from practice_page.actions.fields import Answers, InvalidAnswer, Name, Phone, Values, read
from practice_page.visitor import Visitor


class Person(Answers):
    name: Name
    email: Email = Field(title="E-mail address")
    phone: Phone | None = None


class Address(Answers):
    email: Email = Field(title="Your e-mail address")
    phone: Phone | None = Field(None, title="Your phone")


class TechnicalContact(Action):
    name = "technical-contact"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        """At any time (DP7), except while the connection is lost: then the reconnection's page asks for it."""
        if visitor.watch:
            return visitor.role in self.roles and not visitor.watch.lost and not visitor.watch.ended
        return super().is_for(visitor) and _naming_fact(visitor) is not None

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {"holder": visitor.technical, "briefs": _briefs(visitor)}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Person, given).values()
        holder = visitor.technical
        if holder and values == holder.model_dump(exclude_none=True):
            raise InvalidAnswer(f"{holder.name} is the technical contact already; change something, or go back.")
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        if visitor.watch:
            return await _name_in_watch(desk, visitor, values, key)
        fact = _naming_fact(visitor)
        assert fact is not None, "is_for checks it"
        holder = visitor.technical
        report = Report(data=values, by=visitor.by, key=f"{fact.name} {key}")
        await desk.record(visitor.onboarding.id, fact.name, report)
        name = values["name"]
        if values["email"] == (holder.email if holder else None):
            return Outcome(f"{name} is the technical contact as before; what you changed is on record.")
        message = f"{name} is the technical contact now."
        if _briefs(visitor):
            message += " We have written to them."
        if visitor.integration.page.own_form:
            partner = visitor.integration.partner
            message += f" One thing more: name the same person on {partner}'s own form. {partner} contacts only whom it"
            message += " knows from there."
        return Outcome(message)


class OwnAddress(Action):
    name = "address"

    def is_for(self, visitor: Visitor) -> bool:
        return super().is_for(visitor) and (visitor.role == Role.PRIMARY_CONTACT or _naming_fact(visitor) is not None)

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Address, given).values()
        if (values["email"], values.get("phone")) == (visitor.contact.email, visitor.contact.phone):
            raise InvalidAnswer("This is how we reach you already; change something, or go back.")
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        new = {"email": values["email"], "phone": values.get("phone")}
        if visitor.role == Role.PRIMARY_CONTACT:
            await send_command(desk, visitor, "correct_contact", key, contact=new)
        else:
            await _name_again(desk, visitor, new, key)
        if values["email"] == visitor.contact.email:
            return Outcome("Your phone number was changed.")
        # Without a mail to the new address the contact would have no link.
        mails = (await desk.state(visitor.onboarding.id)).onboarding.mails
        if not any(mail.to == visitor.role and mail.email == values["email"] for mail in mails):
            await send_last_again(desk, visitor, key)
        return Outcome(
            f"From now on we write to {values['email']}. We have just sent you a mail there; its link opens your page."
            " The link that you came by works no more.",
            ends_link=True,
        )


async def _name_in_watch(desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
    """Names the contact in the feed watch, which has the contacts of a connected practice."""
    given = Order(
        by=visitor.by,
        why="On the practice's page, by the primary contact",
        role=TECHNICAL_CONTACT,
        contact=Contact.model_validate(values),
        key=key,
    )
    await feed_watch.order(desk, visitor.onboarding.practice.id, "contact", given)
    name = values["name"]
    message = f"{name} is the technical contact now, to whom we write if the connection is lost."
    partner = visitor.integration.partner
    return Outcome(f"{message} Please tell {partner}, too." if partner else message)


async def _name_again(desk: Desk, visitor: Visitor, new: Mapping[str, str | None], key: str) -> None:
    """Reports the technical contact again with another address or phone; the briefing goes to the new one."""
    fact = _naming_fact(visitor)
    assert fact is not None, "is_for checks it"
    data = {"name": visitor.contact.name, **{name: text for name, text in new.items() if text}}
    report = Report(data=data, by=visitor.by, key=f"{fact.name} {key}")
    await desk.record(visitor.onboarding.id, fact.name, report)


def _naming_fact(visitor: Visitor) -> FactType | None:
    return next((fact for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT), None)


def _briefs(visitor: Visitor) -> bool:
    """Returns whether a newly named technical contact gets a mail."""
    named, rules = _naming_fact(visitor), visitor.playbook.mail_rules
    theirs = [rule for rule in rules if rule.to == TECHNICAL_CONTACT]
    return any(rule.once_per == "recipient" or (named and rule.on == named.name) for rule in theirs)
