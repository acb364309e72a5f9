"""Connecting a practice's ezyVet: its credentials, and which user each of its vets is (RX)."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from configuration.settings import Settings
from desk.ezyvet_prescribers import ChangedPrescriber, tell_practice
from desk.prescriptions import record_event
from desk.problem import DeskProblem
from desk.service import Desk
from integrations.ezyvet import connection, patients, prescribers, sites
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.prescribers import UnfitUser
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import EzyvetError
from partners.ezyvet.records import User
from pharmacy.prescriptions import attention
from pharmacy.prescriptions.life.events import Resolve
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.values import Prescription
from pharmacy.records.clients import owner_of
from pharmacy.records.errors import NoSuchRecord
from playbooks.engine.onboarding import Report
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from playbooks.ezyvet import EZYVET
from store.secrets.keyring import Keyring, SealedError, secrets_keyring
from workflows.contracts import State

log = logging.getLogger("ezyvet")
VET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}", re.ASCII)


@dataclass(frozen=True)
class Tried:
    """What ezyVet answered to new credentials: all users, and those who can prescribe."""

    users: int
    vets: int


async def connect(desk: Desk, practice: str, credentials: Credentials, by: str) -> Tried:
    """Tries the credentials, stores them encrypted, and records that they are there and work.

    Raises `Refused` with what ezyVet says, and stores nothing then; `NotFound` for a practice that is not being
    connected.
    """
    state = await connecting(desk, practice)
    keyring = _keyring(desk.settings)
    partner = desk.settings.ezyvet_partner_id
    if credentials.partner_id is None and partner:
        credentials = Credentials.model_validate({**credentials.values, "partner_id": partner})
    try:
        users = await _gateway(desk).try_credentials(credentials)
    except (EzyvetError, Wait) as problem:
        raise Refused(str(problem)) from None
    await sites.store_credentials(desk.database, keyring, practice, credentials)
    if view(EZYVET, state.onboarding, state.now).status == "complete":
        # Credentials that came after the end: what waits is sent by `desk.ezyvet_access`.
        await sites.open_site(desk.database, practice)
    else:
        for fact in ("credentials_received", "connection_verified"):
            await desk.record(state.onboarding.id, fact, Report(by=by))
    return Tried(len(users), sum(user.vet for user in users))


async def read_users(desk: Desk, practice: str) -> list[User]:
    """Returns all users of the practice's ezyVet. Raises `EzyvetError` or `Wait`, and `Refused` without credentials."""
    try:
        users = await ezyvet_of(desk, practice).users()
    except (sites.NoCredentials, SealedError) as problem:
        raise Refused(str(problem)) from None
    return sorted(users, key=lambda user: user.id)


async def choose_users(desk: Desk, practice: str, choices: Mapping[str, int | None], by: str) -> None:
    """Stores which ezyVet user each of these vets is (RX10); None for nobody. All or nothing.

    The practice is told of what differs from what it confirmed, and what was stuck for want of it is sent. Raises
    `Refused` with the reason, and `EzyvetError` or `Wait`.
    """
    for vet in choices:
        if not VET.fullmatch(vet):
            raise Refused(
                f"'{vet[:64]}' is not a vet's handle: letters, digits and . _ - @ without spaces, for example dr-lee."
            )
    users = {user.id: user for user in await read_users(desk, practice)} if any(choices.values()) else {}
    if unknown := next((id for id in choices.values() if id is not None and id not in users), None):
        raise Refused(f"The practice's ezyVet has no user {unknown}; see its users, and choose one of them.")
    found = {vet: users[id] if id is not None else None for vet, id in choices.items()}
    try:
        before = await prescribers.choose_users(desk.database, practice, found, by)
    except UnfitUser as problem:
        raise Refused(str(problem)) from None
    now = {vet: user.name if (user := found[vet]) else None for vet in before}
    changes = (ChangedPrescriber(vet=vet, before=name, after=now[vet]) for vet, name in before.items())
    await tell_practice(desk, practice, tuple(changes))
    chosen = {vet for vet, name in now.items() if name}
    await _send_stuck(desk, practice, by, lambda one: position_of(one).prescriber in chosen)


async def choose_animal(desk: Desk, practice: str, patient: str, animal: int, by: str) -> None:
    """Stores which animal of the practice's ezyVet a patient is (RX4); what was stuck for want of it is sent.

    Raises `Refused` with the reason, and `EzyvetError` or `Wait`.
    """
    try:
        await owner_of(desk.database, practice, patient)
        found = await patients.choose_animal(desk.database, ezyvet_of(desk, practice), practice, patient, animal, by)
    except (NoSuchRecord, sites.NoCredentials, SealedError) as problem:
        raise Refused(str(problem)) from None
    if isinstance(found, patients.NoMatch):
        raise Refused(found.reason)
    await _send_stuck(desk, practice, by, lambda one: one.patient == patient)


def ezyvet_of(desk: Desk, practice: str) -> Ezyvet:
    """The practice's ezyVet, for somebody at a page."""
    return _gateway(desk).at(practice)


async def connecting(desk: Desk, practice: str) -> State:
    """Returns the onboarding. Raises `NotFound`, and `Refused` once it was given up."""
    state = await desk.state(f"{EZYVET.name}/{practice}")
    status = view(EZYVET, state.onboarding, state.now).status
    if status in CLOSED and status != "complete":
        raise Refused(f"The connection of {practice} with ezyVet was withdrawn; start a new onboarding.")
    return state


async def _send_stuck(desk: Desk, practice: str, by: str, concerned: Callable[[Prescription], bool]) -> None:
    """Has the prescriptions sent again that a choice sets free: ezyVet refused them, or they could not be sent.

    One that is in doubt stays with a person, and so does one that cannot be told just now.
    """
    stuck = map(Prescription.model_validate, await attention.stuck_records(desk.database, practice))
    free = [
        each.id for each in stuck if concerned(each) and (problem := each.delivery.problem) and not problem.unproven
    ]

    async def send(id: str) -> None:
        await record_event(desk, id, Resolve(decision="send"), by)

    async for id, outcome in desk.each(free, send):
        if outcome:
            log.info("prescription %s is still stuck: %s", id, outcome)


def _keyring(settings: Settings) -> Keyring:
    if keyring := secrets_keyring(settings):
        return keyring
    raise Refused(
        "Credentials are kept encrypted, and there is no key: set ONBOARD_PAYLOAD_KEYS, or ONBOARD_SECRET_KEY."
    )


def _gateway(desk: Desk) -> Gateway:
    if way := connection.gateway(desk.database, desk.settings):
        return way
    raise DeskProblem(connection.NOT_SET_UP)
