"""What can be done with an onboarding now: the facts to report, and the commands."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from desk.attention.status import is_current
from desk.colleagues import colleagues_of
from desk.fact_fields import Field, fields_of, needs_details
from desk.labels import report_title
from desk.onboarding_detail import FactDetail, MailDetail, OnboardingDetail
from desk.preview import is_final
from playbooks.engine.model import CLOCK, FactType, Playbook, keyed_title, role_phrase
from playbooks.registry import PLAYBOOKS
from store.accounts.people import Person
from store.journal import journal
from web.console.commands import ORDERS, Order
from web.sessions import Visit


@dataclass(frozen=True)
class FactForm:
    """A fact that can be reported. `plain`: without required details. `key`: the idempotency key. `closes`: a report
    ends the onboarding; `final`: it may, or tells the practice that it is over, and is asked once more."""

    fact: FactType
    fields: tuple[Field, ...]
    key: str
    plain: bool
    final: bool
    closes: bool
    again: bool

    @property
    def title(self) -> str:
        return report_title(self.fact, self.again)

    @property
    def replaces(self) -> bool:
        """Whether it replaces a contact on record."""
        return self.again and self.title != self.fact.title


@dataclass(frozen=True)
class OrderForm:
    """A command that can be given, with its options."""

    order: Order
    options: tuple[tuple[str, str], ...]
    key: str


@dataclass(frozen=True)
class Choices:
    """The facts that the stage waits for, the contacts on record, who may be replaced, and the other facts: on record
    and revisable, or ahead; then the commands."""

    awaited: tuple[FactForm, ...]
    contacts: tuple[FactForm, ...]
    others: tuple[FactForm, ...]
    orders: tuple[OrderForm, ...]


async def choices(visit: Visit, detail: OnboardingDetail, person: Person) -> Choices:
    book = PLAYBOOKS[detail.playbook]
    on_record = current(detail)
    forms = [
        fact_form(book, fact, on_record.get(fact.name), detail.closing)
        for fact in book.facts
        if may_be_recorded(fact, detail)
    ]
    awaited = tuple(form for form in forms if form.fact.name in detail.missing)
    contacts = tuple(form for form in forms if form.replaces and form not in awaited)
    orders = [order for order in ORDERS.values() if person.may(order.role) and not why_not(order, detail)]
    return Choices(
        # Of the others the page shows no fields.
        tuple([await with_usual(visit, detail, form) for form in awaited]),
        contacts,
        tuple(form for form in forms if form not in (*awaited, *contacts)),
        tuple([await order_form(visit, order, detail) for order in orders]),
    )


def fact_form(
    book: Playbook,
    fact: FactType,
    known: Mapping[str, object] | None,
    closing: Collection[str] = (),
    given: Mapping[str, object] | None = None,
) -> FactForm:
    """The form of a fact. It starts from `given`, else what may be revised from what is known; but a new contact, or
    another of several, from nothing."""
    if given is None and fact.contact is None and fact.per is None:
        given = known
    closes = fact.name in closing
    return FactForm(
        fact=fact,
        fields=tuple(fields_of(fact.payload, given)),
        key=new_key(),
        plain=not needs_details(fact),
        final=(closes or is_final(book, fact.name)) and not fact.secrets,
        closes=closes,
        again=known is not None and (fact.per is None or bool(given)),
    )


async def with_usual(visit: Visit, detail: OnboardingDetail, form: FactForm) -> FactForm:
    """Returns the form of a fact with values to choose from, in the fields for which the playbook names some."""

    async def usual(field: Field) -> Field:
        match field.suggest:
            case "contacts":
                return replace(field, usual=tuple(person.name for person in detail.contacts.values()))
            case "recorded":
                found = await journal.last_values(visit.services.database, form.fact.name, field.name)
                hint = f"Last recorded for any practice: {', '.join(found)}." if found else field.hint
                return replace(field, usual=found, hint=hint)
        return field

    return replace(form, fields=tuple([await usual(field) for field in form.fields]))


async def order_form(visit: Visit, order: Order, detail: OnboardingDetail) -> OrderForm:
    if order.name == "hold" and detail.status == "on_hold":
        order = replace(order, title="Change the hold", about="It then lasts until that time.")
    return OrderForm(order, tuple(await _options(visit, order, detail)), new_key())


def current(detail: OnboardingDetail) -> dict[str, dict[str, object]]:
    """The details of the facts that were reported and count."""
    return {fact.name: fact.data for fact in counting(detail)}


def counting(detail: OnboardingDetail) -> list[FactDetail]:
    return list(filter(is_current, detail.facts))


def fact_option(name: str, of: str | None) -> str:
    """Returns a report's value in a form: `confirmed oak-lane`."""
    return f"{name} {of}" if of else name


def mail_option(mail: MailDetail) -> str:
    """Returns a mail's value in a form: `reminder owner oak-lane`."""
    return " ".join((mail.kind, mail.role, mail.of or "")).strip()


def mail_title(mail: MailDetail) -> str:
    return f"{keyed_title(mail.kind.replace('_', ' '), mail.of)}, to the {role_phrase(mail.role)}"


def new_key() -> str:
    return secrets.token_urlsafe(12)


async def assignable(visit: Visit) -> list[tuple[str, str]]:
    """Returns the colleagues who can be assigned: the handle, and what people read."""
    return colleagues_of(await visit.team(), visit.services.settings.people).options()


def may_be_recorded(fact: FactType, detail: OnboardingDetail) -> bool:
    """Whether a report of a fact would not be refused whatever it says."""
    return fact.reported_by != CLOCK and bool(fact.revisable or fact.per or fact.name not in current(detail))


def why_not(order: Order, detail: OnboardingDetail) -> str:
    """Returns the sentence that says why a command makes no sense now; empty if it does."""
    called, held = detail.practice.name, {mail.state == "held" for mail in detail.mails}
    match order.name:
        case "resume" if detail.status != "on_hold":
            return f"{called} is not on hold, so there is nothing to resume."
        case "extend" if detail.due_at is None:
            return f"{called} has no deadline now, so there is none to move."
        case "resend" if False not in held:
            return f"No mail of {called} can be sent again."
        case "send_held" | "drop_held" if True not in held:
            return f"No mail of {called} is held."
        case "retract" if not any(fact.retractable for fact in detail.facts):
            return f"Nothing of {called} can be taken back."
    return ""


async def _options(visit: Visit, order: Order, detail: OnboardingDetail) -> list[tuple[str, str]]:
    match order.takes:
        case "assignee":
            return [(handle, name) for handle, name in await assignable(visit) if handle != detail.assignee]
        case "kind":
            wanted = [mail for mail in detail.mails if (mail.state == "held") == order.name.endswith("_held")]
            return list({mail_option(mail): mail_title(mail) for mail in wanted}.items())
        case "fact":
            return [(fact_option(fact.name, fact.of), fact.title) for fact in detail.facts if fact.retractable]
        case "role":
            roles = PLAYBOOKS[detail.playbook].practice_roles
            return [(role, f"the {role_phrase(role)}") for role in roles]
    return []
