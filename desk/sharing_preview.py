"""The preview of record sharing: what would follow at a clinic, shown before anybody confirms (RS3, RS7)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from desk.service import Desk
from desk.sharing import OpenRequest, open_request, see
from integrations.record_sharing.consent import consent_note
from pharmacy.reminders.gaps import DoubleReminder, Item, MissingRule
from pharmacy.reminders.items import find_gaps, lone_reminders, marked_as_same
from pharmacy.sharing.preview import Preview, preview
from playbooks.record_sharing import IRREVERSIBLE
from store.accounts.clinics import Clinic
from store.accounts.members import Member, members_of


@dataclass(frozen=True)
class GainedSight:
    """Somebody who will see records of other clinics, and may change them."""

    clinic: str
    name: str
    role: str
    sees: tuple[str, ...]


@dataclass(frozen=True)
class Consequences:
    """What sharing between a clinic and the others of a request would mean.

    `reminders` are of services that nobody has marked as the same as another clinic's: each goes out by itself.
    `marked` are the clinic's services that somebody has, each with the other clinic's.
    """

    request: OpenRequest
    others: tuple[Clinic, ...]
    numbers: Preview
    double_reminders: tuple[DoubleReminder, ...]
    missing_rules: tuple[MissingRule, ...]
    reminders: tuple[Item, ...]
    marked: tuple[tuple[Item, Item], ...]
    members_gaining_sight: tuple[GainedSight, ...]
    consent_note: str | None
    confirm_words: str = IRREVERSIBLE


async def show_preview(desk: Desk, member: Member) -> Consequences:
    """Returns what would follow at the member's clinic, and records that it was seen. Raises `NotFound`."""
    found = await open_request(desk, member.clinic)
    own = next(each for each in found.clinics if each.id == member.clinic)
    others = found.others(member.clinic)
    async with desk.database.connect() as connection:
        numbers = await preview(connection, member.clinic, [each.id for each in others])
        # Pair by pair: the others do not share among themselves.
        doubles, missing = await find_gaps(connection, [(member.clinic, each.id) for each in others])
        reminders = await lone_reminders(connection, [member.clinic, *(each.id for each in others)])
        marked = await marked_as_same(connection, member.clinic, [each.id for each in others])
    gaining = await _gaining(desk, own, others)
    note = consent_note((each.country, each.state) for each in (own, *others))
    await see(desk, found, member)
    return Consequences(
        found,
        others,
        numbers,
        tuple(doubles),
        tuple(missing),
        tuple(reminders),
        tuple(marked),
        tuple(gaining),
        note,
    )


async def _gaining(desk: Desk, own: Clinic, others: Sequence[Clinic]) -> list[GainedSight]:
    seen_by = {own.id: tuple(each.id for each in others), **{each.id: (own.id,) for each in others}}
    entered: dict[str, set[str]] = {}
    everybody = [each for id in seen_by for each in await members_of(desk.database, id) if each.active]
    for each in everybody:
        entered.setdefault(each.person, set()).add(each.clinic)
    found = []
    for each in everybody:
        # Who belongs to the other clinic already sees its clients there.
        if sees := tuple(id for id in seen_by[each.clinic] if id not in entered[each.person]):
            found.append(GainedSight(each.clinic, each.name, each.role, sees))
    return found
