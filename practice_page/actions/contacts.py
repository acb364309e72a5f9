"""Contacts: naming or replacing the technical contact, and correcting one's own address (DP4, DP7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from desk import feed_watch
from desk.service import Desk
from playbooks.engine.facts import current_facts, current_reports, former_address, naming_reports
from playbooks.engine.fields import Email
from playbooks.engine.model import FactType, Role, role_phrase
from playbooks.engine.onboarding import Contact, Report
from playbooks.engine.practice_commands import ANOTHER_ADDRESS
from playbooks.engine.replies import has_declined
from playbooks.feed_watch.values import TECHNICAL_CONTACT, Order
from practice_page.actions.base import Action, Outcome, is_watched, send_command, send_last_again
from practice_page.actions.fields import Answers, InvalidAnswer, Name, Phone, Values, read
from practice_page.visitor import Visitor
from templates.languages import marked, say


class Person(Answers):
    name: Name
    email: Email = Field(title=marked("E-mail address"))
    phone: Phone | None = None


class Address(Answers):
    email: Email = Field(title=marked("Your e-mail address"))
    phone: Phone | None = Field(None, title=marked("Your phone"))


class TechnicalContact(Action):
    name = "technical-contact"
    roles = frozenset({Role.PRIMARY_CONTACT})

    def is_for(self, visitor: Visitor) -> bool:
        """At any time (DP7)."""
        if visitor.watch:
            return visitor.role in self.roles and is_watched(visitor)
        return super().is_for(visitor) and _naming_fact(visitor) is not None

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:

        def declined(email: str) -> bool:
            return has_declined(visitor.onboarding, TECHNICAL_CONTACT, email)

        return {"holder": visitor.technical, "briefs": _briefs(visitor), "declined": declined}

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Person, given).values()
        holder = visitor.technical
        if holder and values == holder.model_dump(exclude_none=True):
            there = say("%(name)s is already the technical contact; change something, or go back.", name=holder.name)
            raise InvalidAnswer({"name": there})
        return values

    def shown(self, visitor: Visitor) -> str:
        holder = visitor.technical
        return f"{holder.name} {holder.email} {holder.phone}" if holder else ""

    def overtaken(self, visitor: Visitor) -> str:
        if holder := visitor.technical:
            return say(
                "%(name)s, %(email)s, was named as the technical contact in another window. Continue only if you want"
                " to replace %(name)s.",
                name=holder.name,
                email=holder.email,
            )
        return say("The former technical contact no longer has the role. Continue to name this person.")

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        if visitor.watch:
            return await _name_in_watch(desk, visitor, values, key)
        fact = _naming_fact(visitor)
        assert fact is not None, "is_for checks it"
        holder, before = visitor.technical, current_reports(visitor.onboarding).get((fact.name, None))
        revises = before.number if before else 0
        report = Report(data=values, by=visitor.by, revises=revises, key=f"{fact.name} {key}")
        await desk.record(visitor.onboarding.id, fact.name, report)
        name = values["name"]
        if values["email"] == (holder.email if holder else None):
            return Outcome(
                say("%(name)s is the technical contact as before; what you changed is on record.", name=name)
            )
        message = [say("%(name)s is the technical contact now.", name=name)]
        if _briefs(visitor):
            message.append(say("We have written to them."))
        if visitor.playbook.knowledge.own_form:
            text = marked(
                "Please also name them on %(partner)s's own form: %(partner)s contacts only people named there."
            )
            message.append(say(text, partner=visitor.integration.partner))
        return Outcome(" ".join(message))


class OwnAddress(Action):
    name = "address"

    async def context(self, desk: Desk, visitor: Visitor) -> dict[str, Any]:
        return {"known_address": self._known_address(visitor)}

    @staticmethod
    def _known_address(visitor: Visitor) -> str | None:
        """Returns the address that the partner has of the visitor, None if it has none as far as is known."""
        onboarding, role = visitor.onboarding, visitor.role
        if visitor.watch or visitor.integration.partner is None:
            return None
        if former := former_address(visitor.playbook, onboarding, role):
            return former
        facts = current_facts(visitor.playbook, onboarding)
        known = visitor.playbook.address_given_by if role == Role.PRIMARY_CONTACT else facts
        return visitor.contact.email if any(name in facts for name in known) else None

    def is_for(self, visitor: Visitor) -> bool:
        """Also once the practice is connected: the contacts are needed if the connection is lost."""
        if visitor.watch:
            return visitor.role in self.roles and is_watched(visitor)
        return super().is_for(visitor) and (visitor.role == Role.PRIMARY_CONTACT or _naming_fact(visitor) is not None)

    def read(self, visitor: Visitor, given: Mapping[str, str]) -> Values:
        values = read(Address, given).values()
        if (values["email"], values.get("phone")) == (visitor.contact.email, visitor.contact.phone):
            raise InvalidAnswer({"email": say("We already have these details; change something, or go back.")})
        return values

    async def do(self, desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
        new = {"email": values["email"], "phone": values.get("phone")}
        if visitor.watch:
            await _change_in_watch(desk, visitor, visitor.role, {"name": visitor.contact.name, **values}, key)
            text = marked("From now on we reach you at %(email)s. The link that you used still works.")
            return Outcome(say(text, email=values["email"]))
        if visitor.role == Role.PRIMARY_CONTACT:
            await send_command(desk, visitor, "correct_contact", key, contact=new)
        else:
            await _name_again(desk, visitor, new, key)
        if values["email"] == visitor.contact.email:
            return Outcome(say("Your phone number was changed."))
        if old := self._known_address(visitor):
            name, partner = visitor.short_name, visitor.integration.partner
            why = f"{partner} may still write to {old}. Please ask {partner} to write to {values['email']} instead."
            await send_command(desk, visitor, "tell", key, kind=f"{name} {ANOTHER_ADDRESS}", why=why)
        # Without a mail to the new address the contact would have no link.
        mails = (await desk.state(visitor.onboarding.id)).onboarding.mails
        if not any(mail.to == visitor.role and mail.email == values["email"] for mail in mails):
            await send_last_again(desk, visitor, key)
        return Outcome(
            say(
                "From now on we write to %(email)s. We have just sent you a mail there; its link opens your page. The"
                " link that you used no longer works.",
                email=values["email"],
            ),
            ends_link=True,
        )


async def _change_in_watch(desk: Desk, visitor: Visitor, role: str, values: Values, key: str) -> None:
    """Changes a contact in the feed watch, which has the contacts of a connected practice."""
    why, person = f"On the practice's page, by the {role_phrase(visitor.role)}", Contact.model_validate(values)
    given = Order(by=visitor.by, why=why, role=role, contact=person, key=key)
    await feed_watch.order(desk, visitor.onboarding.practice.id, "contact", given)


async def _name_in_watch(desk: Desk, visitor: Visitor, values: Values, key: str) -> Outcome:
    await _change_in_watch(desk, visitor, TECHNICAL_CONTACT, values, key)
    name = values["name"]
    text = marked("%(name)s is the technical contact now, to whom we write if the connection is lost.")
    message, partner = say(text, name=name), visitor.integration.partner
    return Outcome(f"{message} {say('Please tell %(partner)s, too.', partner=partner)}" if partner else message)


async def _name_again(desk: Desk, visitor: Visitor, new: Mapping[str, str | None], key: str) -> None:
    """Reports the technical contact again with another address or phone; the briefing goes to the new one."""
    fact = _naming_fact(visitor)
    assert fact is not None, "is_for checks it"
    data = {"name": visitor.contact.name, **{name: text for name, text in new.items() if text}}
    # Named when they were named first: no deadline runs anew.
    named = naming_reports(visitor.playbook, visitor.onboarding, TECHNICAL_CONTACT)
    report = Report(data=data, by=visitor.by, at=named[-1].at, key=f"{fact.name} {key}")
    await desk.record(visitor.onboarding.id, fact.name, report)


def _naming_fact(visitor: Visitor) -> FactType | None:
    return next((fact for fact in visitor.playbook.facts if fact.contact == TECHNICAL_CONTACT), None)


def _briefs(visitor: Visitor) -> bool:
    """Returns whether a newly named technical contact gets a mail."""
    named, rules = _naming_fact(visitor), visitor.playbook.mail_rules
    theirs = [rule for rule in rules if rule.to == TECHNICAL_CONTACT]
    return any(rule.once_per == "recipient" or (named and rule.on == named.name) for rule in theirs)
