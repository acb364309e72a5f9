"""A practice that leaves: its ezyVet's credentials are deleted."""

from __future__ import annotations

from contextlib import suppress

from temporalio.service import RPCError

from desk.ezyvet_access import release
from desk.problem import NotFound
from desk.service import Desk
from integrations.ezyvet import sites, tokens
from pharmacy.prescriptions import register
from playbooks.engine.onboarding import Command
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from playbooks.ezyvet import EZYVET
from store.secrets.keyring import SealedError, secrets_keyring

TAKEN_BACK = ("connection_verified", "credentials_received")
"""The facts that are not true any more, the one that implies the other first."""


GOES_BACK = (
    "Its onboarding is open, and goes back: the practice is asked for access and credentials again."
    " If it leaves for good, withdraw the onboarding first."
)


async def what_follows(desk: Desk, practice: str) -> tuple[str, ...]:
    """Returns in sentences what follows if the practice's credentials are deleted. Raises `Refused` without any."""
    await _site(desk, practice)
    waiting = len(await register.waiting(desk.database, practice))
    many = "1 prescription waits" if waiting == 1 else f"{waiting:,} prescriptions wait"
    return (
        "The credentials are deleted for good: to connect again, the practice hands them over again.",
        "What is in its ezyVet stays there as it is and gets no more changes.",
        f"{many} to be sent: they are kept, and sent if it is connected again; cancel what is no longer wanted."
        if waiting
        else "Prescriptions that are still to be sent would wait until it is connected again.",
        *((GOES_BACK,) if await _is_open(desk, practice) else ()),
    )


async def disconnect(desk: Desk, practice: str, by: str, why: str) -> None:
    """Deletes the practice's credentials and token, on record with who did it and why. What is to be sent waits.

    Raises `Refused` if there are none.
    """
    await _site(desk, practice)
    keyring = secrets_keyring(desk.settings)
    with suppress(sites.NoCredentials, SealedError):
        if keyring:
            credentials, _ = await sites.read_access(desk.database, keyring, practice)
            await tokens.delete_token(desk.database, credentials)
    await sites.forget_credentials(desk.database, practice, f"{why.strip().rstrip('.')} ({by}).")
    await _take_back(desk, practice, by, why)
    with suppress(RPCError):
        # So that people read at once why they wait; each finds it out by itself at its next try.
        await release(desk, practice)


async def _site(desk: Desk, practice: str) -> sites.Site:
    site = await sites.read_site(desk.database, practice)
    if site.id is None:
        raise Refused(f"There are no ezyVet credentials of {practice[:80]}.")
    return site


async def _take_back(desk: Desk, practice: str, by: str, why: str) -> None:
    """Takes the credentials back in the onboarding while it is open; a closed one keeps its story."""
    if not await _is_open(desk, practice):
        return
    for fact in TAKEN_BACK:
        with suppress(Refused):
            # What is not on record need not be taken back.
            await desk.command(f"{EZYVET.name}/{practice}", "retract", Command(by=by, fact=fact, why=why))


async def _is_open(desk: Desk, practice: str) -> bool:
    try:
        state = await desk.state(f"{EZYVET.name}/{practice}")
    except NotFound:
        return False
    return view(EZYVET, state.onboarding, state.now).status not in CLOSED
