"""Record sharing between sister clinics: asked for, looked at and confirmed by their own people (RS1 to RS3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from desk.problem import AlreadyOpen, NotFound
from desk.service import Desk
from desk.single_mail import order_single_mail
from integrations.record_sharing import kept
from integrations.record_sharing.authorization import check_request, manager, same_owner
from integrations.record_sharing.ended import withdrawn_mails
from integrations.record_sharing.progress import progress_of
from pharmacy.sharing.shares import PENDING, Share, find_share, follow, list_shares, lock_clinics, shares_of
from playbooks.engine.facts import current_reports
from playbooks.engine.onboarding import Contact, Fact, Onboarding, Practice, Report, Request
from playbooks.engine.transition import Refused
from playbooks.record_sharing import IRREVERSIBLE, RECORD_SHARING
from store.accounts.clinics import Clinic, load_clinic
from store.accounts.members import Member, members_of
from templates.filters import join_list
from workflows.contracts import Reported


class OtherWords(Refused):
    """The sentence typed back is another one than is to be confirmed."""


@dataclass(frozen=True)
class OpenRequest:
    """The open request in which a clinic takes part. The first of the `clinics` asked."""

    onboarding: Onboarding
    clinics: tuple[Clinic, ...]

    @property
    def seen(self) -> set[str]:
        """The clinics at which the preview was seen."""
        return self._keys("preview_seen")

    @property
    def confirmed(self) -> set[str]:
        return self._keys("confirmed")

    def _keys(self, fact: str) -> set[str]:
        return {of for name, of in current_reports(self.onboarding) if name == fact and of}

    def others(self, clinic: str) -> tuple[Clinic, ...]:
        """The clinics that would share with this one: pair by pair, each with the one that asked."""
        first, *others = self.clinics
        return tuple(others) if clinic == first.id else (first,)


async def request(desk: Desk, clinic: str, others: Sequence[str], person: str, contact: Contact) -> str:
    """Asks for sharing between a clinic and others, and returns the onboarding's ID.

    `person` is the account of who asks, `contact` how to reach them. Raises `Refused` with the reason (RS1, RS2), and
    `AlreadyOpen` if one of the clinics takes part in an open request; either is kept.
    """
    wanted = [each[:63] for each in others][:20]
    try:
        identity = await open_sharing(desk, clinic, others, person, contact)
    except (Refused, AlreadyOpen) as refusal:
        await kept.keep(desk.database, clinic, wanted, person, "refused", reason=str(refusal))
        raise
    await kept.keep(desk.database, clinic, wanted, person, "accepted", onboarding=identity)
    return identity


async def open_sharing(desk: Desk, clinic: str, others: Sequence[str], person: str, contact: Contact) -> str:
    """Does what `request` does without keeping it."""
    return await _open(desk, await check_request(desk.database, clinic, others, person), person, contact)


async def _open(desk: Desk, clinics: Sequence[Clinic], person: str, contact: Contact) -> str:
    first = clinics[0]
    async with desk.database.begin() as connection:
        await lock_clinics(connection, (each.id for each in clinics))
        await _refuse_pending(connection, clinics)
        await desk.start(
            RECORD_SHARING.name, _practice_request(first, contact), person, _facts(clinics, person, contact)
        )
        identity = f"{RECORD_SHARING.name}/{first.id}"
        await follow(connection, progress_of((await desk.state(identity)).onboarding))
    return identity


async def _refuse_pending(connection: AsyncConnection, clinics: Sequence[Clinic]) -> None:
    names = {each.id: each.name for each in clinics}
    for share in await shares_of(connection, list(names)):
        if share.pending:
            raise AlreadyOpen(
                f"{names[share.clinic]} takes part in a request that is open; confirm or withdraw that one first."
            )
    for other in clinics[1:]:
        found = await find_share(connection, clinics[0].id, other.id)
        if found and found.state == "enabled":
            raise AlreadyOpen(f"{clinics[0].name} shares with {other.name} already; leave it out of the request.")


def _practice_request(clinic: Clinic, contact: Contact) -> Request:
    practice = Practice(id=clinic.id, name=clinic.name, time_zone=clinic.time_zone, owner=clinic.owner)
    return Request(practice=practice, primary_contact=contact)


def _facts(clinics: Sequence[Clinic], person: str, contact: Contact) -> list[Reported]:
    ids, names = [each.id for each in clinics], join_list(each.name for each in clinics)
    requested = {"clinics": ids, "names": names[:200], "person": person, "asked_by": contact.name}
    asked = ({"clinic": each.id, "name": each.name, "email": each.account_email} for each in clinics)
    return [
        Reported(fact="requested", report=Report(data=requested, by=person)),
        *(Reported(fact="clinic_asked", report=Report(data=data, by=person)) for data in asked),
    ]


async def open_request(desk: Desk, clinic: str) -> OpenRequest:
    """Returns the open request in which the clinic takes part. Raises `NotFound` if there is none."""
    pending = [each for each in await list_shares(desk.database, clinic) if each.state in PENDING]
    if not pending:
        raise NotFound("There is no open request for record sharing in which this clinic takes part.")
    onboarding = (await desk.state(pending[0].onboarding)).onboarding
    ids = current_reports(onboarding)["requested", None].data["clinics"]
    return OpenRequest(onboarding, tuple([await load_clinic(desk.database, each) for each in ids]))


async def see(desk: Desk, found: OpenRequest, member: Member) -> None:
    """Records that an owner or admin of a clinic has seen what would follow, once for each clinic."""
    if member.clinic not in found.seen:
        await _record(desk, found.onboarding.id, "preview_seen", member)


async def confirm(desk: Desk, member: Member, typed: str) -> Fact | None:
    """Confirms for a clinic that it knows that sharing cannot be undone, by the sentence typed back (RS3).

    Returns the earlier confirmation if the clinic has confirmed already; then nothing changes.

    Raises `OtherWords` if the sentence differs; `Refused` if the clinics are not of one owner any more, or if who asked
    or confirmed is no owner or admin any more; `AlreadyOpen` if nobody has looked at the preview yet.
    """
    await manager(desk.database, member.clinic, member.person, "confirm")
    found = await open_request(desk, member.clinic)
    if not found.seen:
        raise AlreadyOpen("Look at the preview first: it shows what would follow, and what to type.")
    if _plain(typed) != _plain(IRREVERSIBLE):
        raise OtherWords(f"Type this sentence to confirm: {IRREVERSIBLE}.")
    await _still_authorized(desk, found)
    if before := current_reports(found.onboarding).get(("confirmed", member.clinic)):
        return before
    await _record(desk, found.onboarding.id, "confirmed", member, typed=" ".join(typed.split())[:200])
    return None


async def _still_authorized(desk: Desk, found: OpenRequest) -> None:
    """Raises `Refused` if owners or people have changed since the request (RS1, RS2)."""
    first, *others = found.clinics
    for other in others:
        if not same_owner(first, other):
            raise Refused(f"{first.name} and {other.name} no longer have the same owner, so they cannot share.")
    for (name, of), fact in current_reports(found.onboarding).items():
        if name in ("requested", "confirmed"):
            act = "ask for record sharing" if name == "requested" else "confirm"
            try:
                await manager(desk.database, of or first.id, fact.data["person"], act)
            except Refused as refusal:
                who = fact.data["asked_by"] if name == "requested" else fact.data["name"]
                raise Refused(
                    f"{who}, who did so, no longer has the right: {refusal} Withdraw this request and make a new one."
                ) from None


async def remove_pending(desk: Desk, share: Share, member: Member) -> None:
    """Withdraws the open request that a pair is part of, for all its clinics, and has their owners and admins told.

    Raises `NotFound` if it is not open any more, and `NoAnswer`.
    """
    found = await open_request(desk, member.clinic)
    await _record(desk, share.onboarding, "withdrawn", member)
    people = [each for clinic in found.clinics for each in await members_of(desk.database, clinic.id)]
    for order in withdrawn_mails(found.onboarding, found.clinics, people, member, desk.settings, datetime.now(UTC)):
        await order_single_mail(desk, order, "Mail to a clinic's owner or admin: the request for sharing is withdrawn")


async def withdrawal(desk: Desk, clinic: str, other: str) -> Fact | None:
    """Returns the withdrawal of the last request between two clinics, with who did it; None if there was none."""
    for first in (clinic, other):
        try:
            reports = current_reports((await desk.state(f"{RECORD_SHARING.name}/{first}")).onboarding)
        except NotFound:
            continue
        asked = reports.get(("requested", None))
        if asked and {clinic, other} <= {*asked.data["clinics"]} and (found := reports.get(("withdrawn", None))):
            return found
    return None


async def refuse(desk: Desk, identity: str, why: str, by: str) -> None:
    """Ends an open request, with the reason."""
    await desk.record(identity, "refused", Report(data={"why": why}, by=by))
    await synchronize(desk, identity)


async def synchronize(desk: Desk, identity: str) -> None:
    """Brings the pairs to where their onboarding is now, without waiting for the journal."""
    state = await desk.state(identity)
    async with desk.database.begin() as connection:
        await follow(connection, progress_of(state.onboarding))


async def _record(desk: Desk, identity: str, fact: str, member: Member, **more: str) -> None:
    data = {"clinic": member.clinic, "person": member.person, "name": member.name, **more}
    await desk.record(identity, fact, Report(data=data, by=member.person))
    await synchronize(desk, identity)


def _plain(sentence: str) -> str:
    return " ".join(sentence.casefold().split()).rstrip(".!")
