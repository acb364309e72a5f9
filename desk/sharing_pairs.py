"""The pairs of clinics that share, or are to: their state and modes, the end of sharing, and a lost common owner."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from desk.problem import DeskProblem, NoAnswer, NotFound
from desk.service import Desk
from desk.sharing import refuse, remove_pending, synchronize
from desk.single_mail import order_single_mail
from integrations.record_sharing.authorization import same_owner
from integrations.record_sharing.ended import ended_mails
from pharmacy.sharing import shares
from pharmacy.sharing.shares import Share
from pharmacy.sharing.tables import ShareMode
from playbooks.engine.stages import position_of
from playbooks.engine.timers import timers
from playbooks.record_sharing import RECORD_SHARING
from store.accounts.audit import last_by, log
from store.accounts.clinics import clinic_names, load_clinic
from store.accounts.members import Member, members_of

OWNERSHIP = "The clinics no longer have the same owner."


async def list_pairs(desk: Desk, clinic: str) -> list[Share]:
    """Returns a clinic's pairs as they are at this moment, also if a clock was moved."""
    found = await shares.list_shares(desk.database, clinic)
    pending = {each.onboarding for each in found if each.pending}
    for identity in pending:
        try:
            await synchronize(desk, identity)
        except NoAnswer:
            # What the journal said last is good enough to be read.
            return found
    return await shares.list_shares(desk.database, clinic) if pending else found


async def begins_at(desk: Desk, pairs: Iterable[Share]) -> datetime | None:
    """Returns when sharing begins by itself, once all have confirmed; None also if no worker answers."""
    for identity in {each.onboarding for each in pairs if each.state == "cooling_off"}:
        try:
            state = await desk.state(identity)
        except NoAnswer:
            return None
        position = position_of(RECORD_SHARING, state.onboarding)
        ahead = timers(RECORD_SHARING, state.onboarding, position, state.now)
        return next((each.at for each in ahead if each.what == "fact"), None)
    return None


async def find_pair(desk: Desk, clinic: str, other: str) -> Share:
    """Raises `NotFound` if the two clinics neither share nor are asked to."""
    for each in await list_pairs(desk, clinic):
        if each.other == other:
            return each
    raise NotFound(f"This clinic does not share with a clinic '{other[:63]}'.")


async def set_mode(desk: Desk, member: Member, other: str, mode: ShareMode) -> Share:
    """Says whether clients added here from now on appear at the other clinic at once.

    Raises `NotFound`, and `DeskProblem` once sharing has ended.
    """
    before = await find_pair(desk, member.clinic, other)
    if before.state == "removed":
        raise DeskProblem("Sharing with this clinic has ended; ask for it again.")
    if before.mode != mode:
        async with desk.database.begin() as connection:
            await shares.set_mode(connection, member.clinic, other, mode)
            await log(connection, member.person, None, "sharing mode", clinic=member.clinic, other=other, mode=mode)
    return await find_pair(desk, member.clinic, other)


async def remove(desk: Desk, member: Member, other: str) -> None:
    """Ends sharing with the other clinic, or withdraws the request for it. Raises `NotFound`."""
    share = await find_pair(desk, member.clinic, other)
    if share.pending:
        await remove_pending(desk, share, member)
    elif share.state == "enabled":
        async with desk.database.begin() as connection:
            await shares.remove(connection, member.clinic, other)
            await log(connection, member.person, None, "sharing removed", clinic=member.clinic, other=other)
            await _tell(desk, share, member, None)


async def ended_by(desk: Desk, share: Share) -> str | None:
    """Returns the name of the member who ended sharing between the two; None if it was the pharmacy."""
    person = await last_by(desk.database, "sharing removed", clinics={share.clinic, share.other})
    people = [each for clinic in (share.clinic, share.other) for each in await members_of(desk.database, clinic)]
    return next((f"{each.name} of {each.clinic_name}" for each in people if each.person == person), None)


async def _tell(desk: Desk, share: Share, by: Member | None, why: str | None) -> None:
    """Has the owners and admins of both clinics written to. Raises `NoAnswer`; then nothing has ended."""
    pair = (share.clinic, share.other)
    people = [each for clinic in pair for each in await members_of(desk.database, clinic)]
    names = await clinic_names(desk.database, pair)
    for order in ended_mails(share, names, people, by, why, desk.settings, datetime.now(UTC)):
        await order_single_mail(desk, order, "Mail to a clinic's owner or admin: sharing has ended")


async def settle(desk: Desk, clinic: str, other: str, by: str) -> None:
    """Records that a person of the team has looked at sharing that lost its common owner."""
    async with desk.database.begin() as connection:
        await shares.settle(connection, clinic, other, by)
        await log(connection, by, None, "sharing settled", clinic=clinic, other=other)


async def follow_ownership(desk: Desk, clinic: str, by: str) -> None:
    """Stops new sharing with clinics that are of another owner by now; a person of the team has to look at it (RS1)."""
    own = await load_clinic(desk.database, clinic)
    for share in await list_pairs(desk, clinic):
        if share.state == "removed" or same_owner(own, await load_clinic(desk.database, share.other)):
            continue
        if share.pending:
            try:
                await refuse(desk, share.onboarding, OWNERSHIP, by)
            except DeskProblem:
                # Enabled or ended by somebody else in the meantime; what is enabled by now is removed below.
                await synchronize(desk, share.onboarding)
        async with desk.database.begin() as connection:
            await shares.remove(connection, clinic, share.other, OWNERSHIP)
            await log(connection, by, None, "sharing removed", clinic=clinic, other=share.other, why=OWNERSHIP)
            if share.state == "enabled":
                await _tell(desk, share, None, OWNERSHIP)
