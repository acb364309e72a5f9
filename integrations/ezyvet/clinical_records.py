"""A patient's clinical records in the practice's ezyVet: a person picks one, and sees the last visit (RX4)."""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from integrations.ezyvet.connection import gateway
from integrations.ezyvet.limits import Wait
from integrations.ezyvet.patients import NoMatch, find_animal
from integrations.ezyvet.sites import NoCredentials
from integrations.model import ClinicalRecord, PartnerProblem
from partners.ezyvet.errors import EzyvetError
from store.secrets.keyring import SealedError


async def clinical_records(
    engine: AsyncEngine, settings: Settings, practice: str, patient: str
) -> tuple[ClinicalRecord, ...]:
    """Returns the patient's records, the latest first. Raises `PartnerProblem`."""
    way = gateway(engine, settings)
    if way is None:
        raise PartnerProblem("The pharmacy has no way to ezyVet yet.")
    ezyvet = way.at(practice)
    try:
        match = await find_animal(engine, ezyvet, practice, patient)
        if isinstance(match, NoMatch):
            raise PartnerProblem(match.reason)
        found = await ezyvet.consults(match.animal)
    except (EzyvetError, NoCredentials, SealedError, Wait) as problem:
        raise PartnerProblem(str(problem)) from None
    return tuple(
        ClinicalRecord(each.id, datetime.fromtimestamp(each.date, UTC) if each.date else None, each.description)
        for each in found
    )
