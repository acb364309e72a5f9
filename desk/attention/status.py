"""What to do about one onboarding now, and whom to call: for its page and the terminal."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.collect import items_of
from desk.attention.item import LASTING, TOLD, AttentionItem, deduplicated, item_of
from desk.journal_fallback import JournalCopy
from desk.onboarding_detail import FactDetail, OnboardingDetail
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Contact
from playbooks.engine.states import CLOSED
from playbooks.registry import PLAYBOOKS

POSITION_KINDS = ("overdue", "lost", "ours")
"""The kinds of item that follow from an onboarding's position."""
CALL_KINDS = ("overdue", "lost")
"""The kinds for which the practice is called, if it is the practice's turn."""


@dataclass(frozen=True)
class Call:
    """Somebody at the practice to call; `phone` is None if none is on record."""

    name: str
    role: str
    email: str
    phone: str | None


async def current_items(engine: AsyncEngine, onboarding: OnboardingDetail | JournalCopy) -> tuple[AttentionItem, ...]:
    """Returns the attention items, the most urgent first, corrected by what the onboarding itself says."""
    return corrected(await items_of(engine, onboarding.id), onboarding)


def corrected(items: tuple[AttentionItem, ...], live: OnboardingDetail | JournalCopy) -> tuple[AttentionItem, ...]:
    """Returns the journal's items without those that the onboarding has overtaken: the journal may lag behind it."""
    if not isinstance(live, OnboardingDetail):
        return items
    own = item_of(live, live.practice.id, live.practice.name)
    others = [
        item for item in items if item.id != live.id or (item.kind not in POSITION_KINDS and _is_still_true(item, live))
    ]
    return deduplicated([*((own,) if own else ()), *others])


def calls(detail: OnboardingDetail, items: tuple[AttentionItem, ...]) -> tuple[Call, ...]:
    """Returns whom to call: the contact waited on, and the primary contact too if that one has no number."""
    urgent = any(item.kind in CALL_KINDS and item.id == detail.id for item in items)
    if not urgent or detail.waiting_on not in PLAYBOOKS[detail.playbook].practice_roles:
        return ()
    primary = _call(detail.primary_contact, Role.PRIMARY_CONTACT)
    named = detail.contacts.get(detail.waiting_on)
    if named is None or detail.waiting_on == Role.PRIMARY_CONTACT:
        return (primary,)
    first = _call(named, detail.waiting_on)
    return (first,) if first.phone else (first, primary)


def is_current(fact: FactDetail) -> bool:
    """Returns whether the fact was reported, and neither superseded nor retracted."""
    return not (fact.superseded or fact.retracted or fact.implied_by)


def _call(contact: Contact, role: str) -> Call:
    return Call(contact.name, f"the {role_phrase(role)}", contact.email, contact.phone)


def _is_still_true(item: AttentionItem, live: OnboardingDetail) -> bool:
    if item.kind == "held":
        return any(mail.state == "held" for mail in live.mails)
    if live.status in CLOSED:
        return item.kind in ("call", *LASTING)
    facts = {fact.name for fact in live.facts if fact.implied_by or is_current(fact)}
    addresses = [urlsplit(action.address).path for action in item.actions]
    lacking = [address.rpartition("/facts/")[2] for address in addresses if "/facts/" in address]
    if item.kind in TOLD:
        reported = [fact.data for fact in live.facts if is_current(fact)]
        return all(action.data not in reported for action in item.actions)
    return item.kind != "missing" or not facts.intersection(lacking)
