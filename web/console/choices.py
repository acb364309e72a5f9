"""What can be done about an onboarding as it stands: the facts that may have happened, and the commands."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from desk.fact_fields import Field, fields_of, needs_details
from desk.onboarding_detail import FactDetail, OnboardingDetail
from desk.preview import is_final
from playbooks.engine.model import CLOCK, FactType, Playbook, spoken
from playbooks.registry import PLAYBOOKS
from store.accounts import accounts
from store.accounts.people import Person
from web.console.commands import ORDERS, Order
from web.services import Services


@dataclass(frozen=True)
class FactForm:
    """A fact that can be reported. `plain`: there is nothing that must be told besides; `key` makes a repeat one."""

    fact: FactType
    fields: tuple[Field, ...]
    key: str
    plain: bool
    final: bool
    again: bool


@dataclass(frozen=True)
class OrderForm:
    """A command that can be given, and what there is to choose from."""

    order: Order
    options: tuple[tuple[str, str], ...]
    key: str


@dataclass(frozen=True)
class Choices:
    """The facts that the stage waits for come first, then those that are on record and may be revised, or lie ahead."""

    awaited: tuple[FactForm, ...]
    others: tuple[FactForm, ...]
    orders: tuple[OrderForm, ...]


async def choices(web: Services, seen: OnboardingDetail, person: Person) -> Choices:
    """All that the person may do."""
    book = PLAYBOOKS[seen.playbook]
    on_record = current(seen)
    forms = [
        fact_form(book, fact, on_record.get(fact.name))
        for fact in book.facts
        if fact.reported_by != CLOCK
        if fact.revisable or fact.per or fact.name not in on_record
    ]
    awaited = tuple(form for form in forms if form.fact.name in seen.missing)
    orders = [order for order in ORDERS.values() if person.may(order.role) and _fits(order, seen)]
    return Choices(
        awaited,
        tuple(form for form in forms if form not in awaited),
        tuple([await order_form(web, order, seen) for order in orders]),
    )


def fact_form(book: Playbook, fact: FactType, known: dict[str, object] | None) -> FactForm:
    """The form of a fact; what may be revised starts from what is known, but a new contact from nothing."""
    given = known if known and fact.contact is None and fact.per is None else None
    plain = not needs_details(fact)
    return FactForm(
        fact, tuple(fields_of(fact.payload, given)), new_key(), plain, is_final(book, fact.name), known is not None
    )


async def order_form(web: Services, order: Order, seen: OnboardingDetail) -> OrderForm:
    return OrderForm(order, tuple(await _options(web, order, seen)), new_key())


def current(seen: OnboardingDetail) -> dict[str, dict[str, object]]:
    """The details of the facts that were reported and count."""
    return {fact.name: fact.data for fact in counting(seen)}


def counting(seen: OnboardingDetail) -> list[FactDetail]:
    """The reports of facts that count."""
    return [fact for fact in seen.facts if not (fact.superseded or fact.retracted or fact.implied_by)]


def new_key() -> str:
    """A fresh key for a form: however often it is sent, it acts once."""
    return secrets.token_urlsafe(12)


async def assignable(web: Services) -> list[tuple[str, str]]:
    """Everybody who may be offered an onboarding, as handle and name: who has an account, whose address is in the
    settings, and who looks after one now. Others can be named by their handle."""
    people = {each.handle: each.name for each in await accounts.everybody(web.database) if each.active}
    busy = {group.assignee for group in await web.change_feed.groups() if group.assignee}
    return list((people | {handle: handle for handle in sorted({*web.settings.people, *busy} - {*people})}).items())


def _fits(order: Order, seen: OnboardingDetail) -> bool:
    """Whether a command makes sense now; the rules have the last word."""
    match order.name:
        case "resume":
            return seen.status == "on_hold"
        case "extend":
            return seen.due_at is not None
        case "resend":
            return bool(seen.mails)
        case "retract":
            return bool(current(seen))
    return True


async def _options(web: Services, order: Order, seen: OnboardingDetail) -> list[tuple[str, str]]:
    match order.takes:
        case "assignee":
            return [(handle, name) for handle, name in await assignable(web) if handle != seen.assignee]
        case "kind":
            return [(kind, kind.replace("_", " ")) for kind in dict.fromkeys(mail.kind for mail in seen.mails)]
        case "fact":
            return [(" ".join((fact.name, fact.of or "")).strip(), fact.title) for fact in counting(seen)]
        case "role":
            roles = PLAYBOOKS[seen.playbook].practice_roles
            return [(role, f"the {spoken(role)}") for role in roles]
    return []
