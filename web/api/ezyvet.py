"""The routes for a practice's ezyVet: its credentials, its users, and which user each vet is (RX)."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from fastapi import Path as InPath
from pydantic import ConfigDict, Field
from starlette.responses import Response

from desk import ezyvet
from integrations.ezyvet.limits import Wait
from partners.ezyvet.credentials import Credentials
from partners.ezyvet.errors import EzyvetError, Garbage, RateLimited, Unavailable
from partners.ezyvet.records import User as EzyvetUser
from playbooks.calendar.values import Frozen
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import json_body
from web.api.callers import Reader, Steerer
from web.api.onboardings import Practice
from web.api.routing import ApiRoute
from web.problem import Problem
from web.services import Web

router = APIRouter(prefix="/api/practices/{practice}/ezyvet", tags=["ezyVet"], route_class=ApiRoute)

Vet = Annotated[
    str,
    InPath(pattern=f"^{ezyvet.VET.pattern}$", description="The handle of a vet.", examples=["dr-lee"]),
]
Patient = Annotated[str, InPath(max_length=200, description="The patient's id in the practice's feed.", examples=["6"])]
CREDENTIALS = {"client_id": "example-client", "client_secret": "example-secret", "site_uid": "example-site"}
ANSWERS = {"ezyvet_users": {"users": [{"id": 10, "name": "Ada Lee", "active": True, "vet": True}]}}
"""Examples, by name."""
NOTHING: dict[int | str, dict[str, Any]] = {204: {"description": "Done."}}


class EzyvetCredentials(Credentials):
    """What the practice's credentials file has. It is stored encrypted, and never shown again."""

    model_config = ConfigDict(extra="forbid")


class PrescriberChoice(Frozen):
    """The id of the ezyVet user that the vet is."""

    ezyvet_user_id: int = Field(ge=1, le=2_000_000_000)


class AnimalChoice(Frozen):
    """The id of the animal in ezyVet that the patient is."""

    animal_id: int = Field(ge=1, le=2_000_000_000)


class User(Frozen):
    """A user of the practice's ezyVet. `vet`: can prescribe, as an active vet with a given and a family name."""

    id: int
    name: str
    active: bool
    vet: bool


class Users(Frozen):
    users: tuple[User, ...]


@router.put(
    "/credentials",
    summary="Connect a practice's ezyVet",
    status_code=204,
    response_class=Response,
    responses={**NOTHING, **problems(*EVERYWHERE, *WITH_BODY, "not-found", "refused", "no-answer")},
    openapi_extra=examples.body("EzyvetCredentials", usual=CREDENTIALS),
)
async def connect(
    web: Web,
    person: Steerer,
    practice: Practice,
    credentials: Annotated[EzyvetCredentials, Depends(json_body(EzyvetCredentials))],
) -> Response:
    """Tries them with ezyVet. If they work, they replace earlier ones, and that they work is recorded.

    Else the problem says what ezyVet said, and nothing is stored.
    """
    await ezyvet.connect(web.desk, practice, credentials, person.handle)
    return Response(status_code=204)


@router.get(
    "/users",
    summary="The users of a practice's ezyVet",
    response_model=Users,
    responses={200: examples.answer("ezyvet_users"), **problems(*EVERYWHERE, "invalid", "refused", "no-answer")},
)
async def list_users(web: Web, person: Reader, practice: Practice) -> Users:
    """All of them, as they are in ezyVet now; only a `vet` can be a prescriber (RX10)."""
    async with _asking_ezyvet():
        found = await ezyvet.read_users(web.desk, practice)
    return Users(users=tuple(_user(each) for each in found))


@router.put(
    "/prescribers/{vet}",
    summary="Say which ezyVet user a vet is",
    status_code=204,
    response_class=Response,
    responses={**NOTHING, **problems(*EVERYWHERE, *WITH_BODY, "refused", "no-answer")},
    openapi_extra=examples.body("PrescriberChoice", usual={"ezyvet_user_id": 10}),
)
async def choose_prescriber(
    web: Web,
    person: Steerer,
    practice: Practice,
    vet: Vet,
    choice: Annotated[PrescriberChoice, Depends(json_body(PrescriberChoice))],
) -> Response:
    """An unknown vet is entered. A user who cannot prescribe, or who is another vet already, is refused."""
    async with _asking_ezyvet():
        await ezyvet.choose_users(web.desk, practice, {vet: choice.ezyvet_user_id}, person.handle)
    return Response(status_code=204)


@router.put(
    "/animals/{patient}",
    summary="Say which animal a patient is",
    status_code=204,
    response_class=Response,
    responses={**NOTHING, **problems(*EVERYWHERE, *WITH_BODY, "refused", "no-answer")},
    openapi_extra=examples.body("AnimalChoice", usual={"animal_id": 6}),
)
async def choose_animal(
    web: Web,
    person: Steerer,
    practice: Practice,
    patient: Patient,
    choice: Annotated[AnimalChoice, Depends(json_body(AnimalChoice))],
) -> Response:
    """Only needed if the id in the practice's feed does not tell, or if name or owner differ there (RX4)."""
    async with _asking_ezyvet():
        await ezyvet.choose_animal(web.desk, practice, patient, choice.animal_id, person.handle)
    return Response(status_code=204)


@asynccontextmanager
async def _asking_ezyvet() -> AsyncIterator[None]:
    """Raises the `Problem` for what ezyVet answers."""
    try:
        yield
    except (Unavailable, RateLimited, Garbage, Wait) as problem:
        seconds = problem.seconds if isinstance(problem, RateLimited | Wait) else 5
        headers = {"Retry-After": str(math.ceil(seconds))}
        raise Problem(503, "ezyVet does not answer", str(problem), code="no-answer", headers=headers) from None
    except EzyvetError as problem:
        raise Problem(422, "ezyVet refuses it", str(problem), code="refused") from None


def _user(user: EzyvetUser) -> User:
    return User(id=user.id, name=user.name, active=user.active, vet=user.vet)
