"""What is to be done about one onboarding now, as the board has it, and whom to call: for its page and the terminal."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.attention.collect import needing_of
from desk.attention.item import Need, need_of, once
from desk.journal_fallback import LastKnown
from desk.onboarding_detail import Shown, ShownFact
from playbooks.engine.model import Role, spoken
from playbooks.engine.onboarding import Contact
from playbooks.engine.states import CLOSED
from playbooks.registry import PLAYBOOKS

BY_STANDING = ("overdue", "lost", "ours")
"""The kinds of need that follow from where an onboarding stands."""
CALLED = ("overdue", "lost")
"""Those of them for which somebody at the practice is called, if it is the practice's turn."""


@dataclass(frozen=True)
class Call:
    """Somebody at the practice to be called, and what for them is the number (None: none is on record)."""

    name: str
    role: str
    email: str
    phone: str | None


async def needs_of(engine: AsyncEngine, seen: Shown | LastKnown) -> tuple[Need, ...]:
    """What needs a person, the most urgent first. The journal's word, but where the onboarding itself knows better:
    a fact that was recorded just now may not be written down yet."""
    return corrected(await needing_of(engine, seen.id), seen)


def corrected(needs: tuple[Need, ...], live: Shown | LastKnown) -> tuple[Need, ...]:
    """What the journal says needs a person, by what the onboarding itself says."""
    if not isinstance(live, Shown):
        return needs
    own = need_of(live, live.practice.id, live.practice.name)
    others = [need for need in needs if need.id != live.id or (need.kind not in BY_STANDING and _is_so(need, live))]
    return once([*((own,) if own else ()), *others])


def calls(seen: Shown, needs: tuple[Need, ...]) -> tuple[Call, ...]:
    """Whom to call: whoever is waited on at the practice, and the primary contact where that one has no number."""
    urgent = any(need.kind in CALLED and need.id == seen.id for need in needs)
    if not urgent or seen.waiting_on not in PLAYBOOKS[seen.playbook].practice_roles:
        return ()
    primary = _call(seen.primary_contact, Role.PRIMARY_CONTACT)
    named = seen.contacts.get(seen.waiting_on)
    if named is None or seen.waiting_on == Role.PRIMARY_CONTACT:
        return (primary,)
    first = _call(named, seen.waiting_on)
    return (first,) if first.phone else (first, primary)


def counts(fact: ShownFact) -> bool:
    """Whether somebody reported it, and nothing took its place."""
    return not (fact.superseded or fact.retracted or fact.implied_by)


def _call(contact: Contact, role: str) -> Call:
    return Call(contact.name, f"the {spoken(role)}", contact.email, contact.phone)


def _is_so(need: Need, live: Shown) -> bool:
    """Whether what was written about is still so."""
    if live.status in CLOSED:
        return need.kind in ("feed", "pairs", "differences")
    known = {fact.name for fact in live.facts if fact.implied_by or counts(fact)}
    lacking = [action.address.rpartition("/facts/")[2] for action in need.actions if "/facts/" in action.address]
    return need.kind != "missing" or not known.intersection(lacking)
