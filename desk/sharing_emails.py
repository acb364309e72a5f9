"""Requests for record sharing by e-mail, handed in as files: checked, kept with what was found, and answered (RS2)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from desk import sharing
from desk.problem import AlreadyOpen, DeskProblem, NotFound
from desk.service import Desk
from desk.single_mail import order_single_mail
from integrations.record_sharing import kept
from integrations.record_sharing.answering import answer_address, refusal_mail
from integrations.record_sharing.authorization import same_owner
from integrations.record_sharing.tables import RequestOutcome
from partners.signed_mail import CheckedMail, Lookup, check_mail, sent_at, text_of
from pharmacy.records.clinic import lock
from playbooks.engine.onboarding import Contact
from playbooks.engine.transition import Refused
from store.accounts import throttle
from store.accounts.clinics import Clinic, list_clinics, load_clinic
from store.accounts.members import Member, members_of
from store.accounts.problem import TooManyTries
from store.accounts.throttle import Limit
from templates.filters import join_list

ANSWERS = Limit(free=5, longest=3600)
"""Refusals by mail to one address, however many mails somebody sends in its name."""
OLDEST = timedelta(days=14)
"""A request by e-mail that was sent longer ago has to be made anew: somebody may be replaying it."""


@dataclass(frozen=True)
class Received:
    """What became of a request by e-mail: `reason` says why it was refused, or why a person has to decide."""

    id: int
    outcome: RequestOutcome
    reason: str | None = None
    onboarding: str | None = None
    answered: bool = False
    """Whether a mail says why to who asked."""


async def receive(desk: Desk, raw: bytes, look_up: Lookup) -> Received:
    """Takes a request by e-mail. It is kept with the evidence, whatever becomes of it; a refusal is answered.

    Raises `NoAnswer` with nothing kept, so that the mail can be handed in again.
    """
    mail = await check_mail(raw, look_up)
    async with desk.database.begin() as connection:
        await lock(connection, f"sharing e-mail {mail.identity}")
        return await _receive(desk, raw, mail)


async def _receive(desk: Desk, raw: bytes, mail: CheckedMail) -> Received:
    clinics = await list_clinics(desk.database)
    senders = [each for each in clinics if mail.sender and each.account_email.lower() == mail.sender]
    asking, named = senders, tuple[str, ...]()
    to = answer_address(mail, on_record=bool(senders))
    evidence = mail.evidence | {"received_at": datetime.now(UTC).isoformat(), "answer_to": to}

    async def keep(
        outcome: RequestOutcome, reason: str | None = None, onboarding: str | None = None, *, answered: bool = False
    ) -> Received:
        clinic = asking[0].id if len(asking) == 1 else None
        others = tuple(each for each in named if each != clinic)
        more: dict[str, Any] = {"reason": reason, "onboarding": onboarding, "message": raw}
        more["evidence"] = evidence | {"answered": answered}
        id = await kept.keep(desk.database, clinic, others, mail.sender or "unknown", outcome, **more)
        return Received(id, outcome, reason, onboarding, answered)

    if await kept.handed_in_before(desk.database, mail.identity):
        return await keep("refused", "This e-mail was sent in before; please write a new request.")
    try:
        _refuse_old(mail)
        asking, named = await _meaning(desk, mail, senders, clinics)
        if mail.outcome == "refused":
            raise Refused(mail.why)
        if mail.outcome == "unknown" or len(asking) > 1:
            evidence["may_ask"] = [each.id for each in asking]
            names = join_list(each.name for each in asking)
            return await keep("undecided", mail.why if mail.outcome == "unknown" else f"It may be of {names}.")
        return await keep("accepted", onboarding=await _open(desk, asking[0], named, str(mail.sender)))
    except (Refused, AlreadyOpen) as refusal:
        clinic = senders[0] if len(senders) == 1 else None
        return await keep("refused", str(refusal), answered=await _answer(desk, evidence, clinic, str(refusal)))


async def decide(desk: Desk, id: int, accept: bool, why: str, by: str, clinic: str | None = None) -> Received:
    """Accepts or refuses a request that could not be checked, once its clinic was called.

    `clinic` is the one that asks, if several may have. Raises `NotFound`, and `DeskProblem` for what cannot be.
    """
    async with desk.database.begin() as connection:
        request = await kept.lock_undecided(connection, id)
        if request is None:
            raise NotFound(f"There is no request {id} that waits for a decision.")
        if clinic is None and len(request.may_ask) == 1:
            (clinic,) = request.may_ask
        if clinic is not None and clinic not in request.may_ask:
            raise DeskProblem(f"'{clinic[:63]}' is none of the clinics that may have asked.")
        if not accept:
            evidence = request.evidence or {}
            answered = await _answer(desk, evidence, await load_clinic(desk.database, clinic) if clinic else None, why)
            values = {"clinic": clinic, "evidence": evidence | {"answered": answered}}
            await kept.decide(connection, id, by, "refused", why, **values)
            return Received(id, "refused", why, answered=answered)
        if clinic is None:
            raise DeskProblem(f"Say which clinic asks, of {join_list(request.may_ask)}.")
        identity = await _open(desk, await load_clinic(desk.database, clinic), request.clinics, request.by)
        others = [each for each in request.clinics if each != clinic]
        await kept.decide(connection, id, by, "accepted", why, clinic=clinic, clinics=others, onboarding=identity)
    return Received(id, "accepted", onboarding=identity)


async def _open(desk: Desk, clinic: Clinic, named: Sequence[str], sender: str) -> str:
    member = await _manager(desk, clinic, sender)
    if member is None:
        raise Refused(f"{sender} is no longer the address of an active owner or admin of {clinic.name}.")
    others = [each for each in named if each != clinic.id]
    contact = Contact(name=member.name, email=member.email)
    return await sharing.open_sharing(desk, clinic.id, others, member.person, contact)


async def _answer(desk: Desk, evidence: Mapping[str, Any], clinic: Clinic | None, why: str) -> bool:
    """Has a refusal written to who asked, where that is safe; returns whether somebody is written to."""
    to: str | None = evidence["answer_to"]
    if to is None:
        return False
    try:
        await throttle.count(desk.database, f"sharing refusal {to}", ANSWERS)
    except TooManyTries:
        return False
    order = refusal_mail(evidence["identity"], to, clinic, why, desk.settings, datetime.now(UTC))
    await order_single_mail(desk, order, "Mail to who asked for record sharing: refused")
    return True


def _refuse_old(mail: CheckedMail) -> None:
    at = sent_at(mail.message)
    if at is None or at.tzinfo is None:
        raise Refused("It does not say when it was sent; please send it again.")
    if not -timedelta(days=1) <= datetime.now(UTC) - at <= OLDEST:
        raise Refused(f"It was sent on {at:%d %B %Y}; please send a new one.")


async def _meaning(
    desk: Desk, mail: CheckedMail, senders: Sequence[Clinic], clinics: Sequence[Clinic]
) -> tuple[list[Clinic], tuple[str, ...]]:
    """Returns the clinics of which one asks, and those that the mail names. Raises `Refused` if it is not allowed."""
    if mail.sender is None:
        raise Refused(mail.why)
    if not senders:
        raise Refused(f"{mail.sender} is not the address on a clinic's account; please write from that one.")
    of_one_owner = [each for each in clinics if any(same_owner(each, sender) for sender in senders)]
    named = _named(text_of(mail.message), of_one_owner)
    asking = [each for each in senders if set(named) - {each}]
    asking = [each for each in asking if each in named] or asking
    if not asking:
        raise Refused("It does not say clearly with which clinics; please name them by their IDs, or use the form.")
    able = [each for each in asking if await _manager(desk, each, mail.sender)]
    if not able:
        raise Refused(
            f"{mail.sender} is not the address of an active owner or admin of"
            f" {join_list(each.name for each in asking)}; please have one of them ask, by the form after signing in."
        )
    return able, tuple(each.id for each in named)


async def _manager(desk: Desk, clinic: Clinic, email: str) -> Member | None:
    people = await members_of(desk.database, clinic.id)
    return next((each for each in people if each.email.lower() == email and each.manages_people), None)


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
