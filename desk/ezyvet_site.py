"""A practice's ezyVet as the console shows it: the site, who prescribes, and how much of the limits is used."""

from __future__ import annotations

from dataclasses import dataclass

from desk.ezyvet import read_users
from desk.ezyvet_reconciliation import Report, report
from desk.service import Desk
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.prescribers import Prescriber, list_prescribers, unfit
from integrations.ezyvet.sites import Site, read_site
from integrations.ezyvet.usage import Usage, Waiting, read_usage, read_waiting
from partners.ezyvet.errors import EzyvetError
from partners.ezyvet.records import User
from pharmacy.prescriptions import attention, register
from pharmacy.prescriptions.life.concerns import concerns
from pharmacy.prescriptions.life.values import Concern, Prescription
from pharmacy.prescriptions.listed import ListedPrescription
from playbooks.engine.transition import Refused
from store.accounts.members import members_of

MOST = 100
"""Prescriptions that are shown at once."""


@dataclass(frozen=True)
class Vet:
    """A vet of the practice, the user that they are, and why that user cannot prescribe any more, if so."""

    handle: str
    name: str
    prescriber: Prescriber | None = None
    trouble: str | None = None


@dataclass(frozen=True)
class ToLookAt:
    """A prescription with what a person should look at."""

    id: str
    patient: str
    concerns: tuple[Concern, ...]


@dataclass(frozen=True)
class SiteDetail:
    """`users` are those who can prescribe; None while ezyVet does not say, for the reason `problem`.

    `stuck` are the prescriptions that need a person, the latest first; `report` is the last comparison.
    """

    site: Site
    vets: tuple[Vet, ...]
    users: tuple[User, ...] | None
    problem: str | None
    stuck: tuple[ListedPrescription, ...]
    to_look_at: tuple[ToLookAt, ...]
    report: Report
    usage: tuple[Usage, ...]
    waiting: tuple[Waiting, ...]


async def site_detail(desk: Desk, practice: str) -> SiteDetail:
    """Returns the site as it is now. One that does not answer is shown with what is known of it."""
    users, problem = None, None
    if (await read_site(desk.database, practice)).id is not None:
        try:
            users = await read_users(desk, practice)
        except (EzyvetError, Wait, Refused) as error:
            problem = str(error)
    # Read after the call, by which ezyVet may have let us in again, or no more.
    site = await read_site(desk.database, practice)
    return SiteDetail(
        site=site,
        vets=tuple(await _vets(desk, practice, users)),
        users=None if users is None else tuple(user for user in users if user.vet),
        problem=problem,
        stuck=tuple(await register.listing(desk.database, practice=practice, states=("needs_person",))),
        to_look_at=tuple(map(_to_look_at, await attention.records_to_look_at(desk.database, practice, MOST))),
        report=await report(desk, practice),
        usage=tuple(await read_usage(desk.database, site.id)) if site.id else (),
        waiting=tuple(await read_waiting(desk.database, site.id)) if site.id else (),
    )


def _to_look_at(record: object) -> ToLookAt:
    prescription = Prescription.model_validate(record)
    return ToLookAt(prescription.id, prescription.patient_name, concerns(prescription))


async def _vets(desk: Desk, practice: str, users: list[User] | None) -> list[Vet]:
    """Returns those who have a user, and the vets among the practice's people."""
    chosen = {each.vet: each for each in await list_prescribers(desk.database, practice)}
    members = [each for each in await members_of(desk.database, practice) if each.role == "vet"]
    names = {each.handle: each.name for each in members if each.active or each.handle in chosen}
    by_id = None if users is None else {user.id: user for user in users}
    return [
        Vet(handle, names.get(handle, handle), chosen.get(handle), _trouble(chosen.get(handle), by_id))
        for handle in sorted({*chosen, *names})
    ]


def _trouble(prescriber: Prescriber | None, users: dict[int, User] | None) -> str | None:
    if prescriber is None or users is None:
        return None
    user = users.get(prescriber.user)
    return unfit(user) if user else f"the practice's ezyVet no longer has a user {prescriber.user}."
