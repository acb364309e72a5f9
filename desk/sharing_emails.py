"""Requests for record sharing by e-mail, handed in as files: checked, kept with what was found, and answered (RS2)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from desk import sharing
from desk.problem import AlreadyOpen, DeskProblem, NotFound
from desk.service import Desk
from integrations.record_sharing import kept
from integrations.record_sharing.authorization import same_owner
from integrations.record_sharing.tables import RequestOutcome
from partners.signed_mail import CheckedMail, Lookup, check_mail, sent_at, text_of
from playbooks.engine.onboarding import Contact
from playbooks.engine.transition import Refused
from store.accounts.clinics import Clinic, list_clinics
from store.accounts.members import Member, members_of
from templates.filters import join_list

OLDEST = timedelta(days=14)
"""A request by e-mail that was sent longer ago has to be made anew: somebody may be replaying it."""


@dataclass(frozen=True)
class Received:
    """What became of a request by e-mail: `reason` says why it was refused, or why a person has to decide."""

    id: int
    outcome: RequestOutcome
    reason: str | None = None
    onboarding: str | None = None


@dataclass(frozen=True)
class _Meant:
    clinic: Clinic
    others: tuple[str, ...]
    member: Member

    @property
    def contact(self) -> Contact:
        return Contact(name=self.member.name, email=self.member.email)


async def receive(desk: Desk, raw: bytes, look_up: Lookup) -> Received:
    """Takes a request by e-mail. It is kept with the evidence, whatever becomes of it."""
    mail = await check_mail(raw, look_up)
    clinics = await list_clinics(desk.database)
    senders = [each for each in clinics if mail.sender and each.account_email.lower() == mail.sender]
    clinic = senders[0].id if len(senders) == 1 else None
    by, evidence = mail.sender or "unknown", mail.evidence | {"received_at": datetime.now(UTC).isoformat()}
    meant: _Meant | None = None
    try:
        _refuse_old(mail)
        meant = await _meaning(desk, mail, senders, clinics)
        clinic, evidence = meant.clinic.id, evidence | {"person": meant.member.person}
        if mail.outcome == "refused":
            raise Refused(mail.why)
        if await kept.used_before(desk.database, [each.value for each in mail.signatures if each.holds]):
            raise Refused("The same e-mail was handed in before; a request has to be made anew.")
        if mail.outcome == "unknown":
            id = await kept.keep(
                desk.database, clinic, meant.others, by, "undecided", reason=mail.why, message=raw, evidence=evidence
            )
            return Received(id, "undecided", mail.why)
        identity = await sharing.open_sharing(desk, clinic, meant.others, meant.member.person, meant.contact)
    except (Refused, AlreadyOpen) as refusal:
        others = meant.others if meant else ()
        id = await kept.keep(
            desk.database, clinic, others, by, "refused", reason=str(refusal), message=raw, evidence=evidence
        )
        return Received(id, "refused", str(refusal))
    id = await kept.keep(
        desk.database, clinic, meant.others, by, "accepted", onboarding=identity, message=raw, evidence=evidence
    )
    return Received(id, "accepted", onboarding=identity)


async def decide(desk: Desk, id: int, accept: bool, why: str, by: str) -> Received:
    """Accepts or refuses a request that could not be checked, once its clinic was called. Raises `NotFound`."""
    found = next((each for each in await kept.undecided(desk.database) if each.id == id), None)
    if found is None or found.clinic is None:
        raise NotFound(f"There is no request {id} that waits for a decision.")
    if not accept:
        await kept.decide(desk.database, id, by, "refused", why, None)
        return Received(id, "refused", why)
    person = str((found.evidence or {}).get("person"))
    member = next((each for each in await members_of(desk.database, found.clinic) if each.person == person), None)
    if member is None:
        raise DeskProblem("Who asked does not belong to the clinic any more; refuse the request.")
    contact = Contact(name=member.name, email=member.email)
    identity = await sharing.open_sharing(desk, found.clinic, found.clinics, person, contact)
    await kept.decide(desk.database, id, by, "accepted", why, identity)
    return Received(id, "accepted", onboarding=identity)


def _refuse_old(mail: CheckedMail) -> None:
    at = sent_at(mail.message)
    if at is None or at.tzinfo is None:
        raise Refused("It does not say when it was sent; please send it anew.")
    if not -timedelta(days=1) <= datetime.now(UTC) - at <= OLDEST:
        raise Refused(f"It was sent on {at:%d %B %Y}; please send a new one.")


async def _meaning(desk: Desk, mail: CheckedMail, senders: Sequence[Clinic], clinics: Sequence[Clinic]) -> _Meant:
    """Returns who asks for sharing with whom. Raises `Refused` if that is not allowed, or not said clearly."""
    if mail.sender is None:
        raise Refused(mail.why)
    if not senders:
        raise Refused(f"{mail.sender} is not the address on a clinic's account; please write from that one.")
    named = _named(text_of(mail.message), [each for each in clinics if same_owner(senders[0], each)])
    asking = [each for each in senders if each in named] or list(senders)
    if len(asking) > 1:
        raise Refused(f"{mail.sender} is the address of several clinics; please name the one that asks by its ID.")
    (clinic,) = asking
    others = tuple(each.id for each in named if each != clinic)
    if not others:
        raise Refused("It does not say clearly with which clinics; please name them by their IDs, or use the form.")
    people = [each for each in await members_of(desk.database, clinic.id) if each.email.lower() == mail.sender]
    if not any(each.manages_people for each in people):
        raise Refused(
            f"{mail.sender} is not the address of an active owner or admin of {clinic.name};"
            " please have one of them ask, by the form after signing in."
        )
    return _Meant(clinic, others, people[0])


def _named(text: str, clinics: Sequence[Clinic]) -> list[Clinic]:
    """Returns the clinics that a text names by ID or name. Raises `Refused` if two have the name that it uses."""
    text = " ".join(text.casefold().split())

    def says(name: str) -> bool:
        return re.search(rf"(?<![\w-]){re.escape(' '.join(name.casefold().split()))}(?![\w-])", text) is not None

    by_id = [each for each in clinics if says(each.id)]
    by_name = [each for each in clinics if each not in by_id and says(each.name)]
    # A name that is part of another one that is named says nothing.
    names = [each.name.casefold() for each in by_name]
    by_name = [
        each for each in by_name if not any(each.name.casefold() in name != each.name.casefold() for name in names)
    ]
    if doubles := sorted({each.name for each in by_name if names.count(each.name.casefold()) > 1}):
        raise Refused(f"Several clinics are called {join_list(doubles)}; please name the one by its ID.")
    return [*by_id, *by_name]
