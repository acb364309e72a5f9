"""The demo's home-delivery clients, from before their practice was connected."""

from __future__ import annotations

import random
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from partners.simulators.datapoint.clinic import GIVEN_NAMES, Client, Clinic
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feeds import ensure_practice
from pharmacy.records.home_delivery import add_home_clients
from pharmacy.records.tables import home_clients

MATCHING = 400
"""Home-delivery clients who are also clients of the practice."""
SIMILAR = 40
"""Home-delivery clients who resemble a client of the practice, with another given name."""


async def add_home_delivery_clients(database: AsyncEngine, practice: str, clinic: Clinic) -> int:
    """Adds home-delivery clients, unless there are some; returns their number."""
    await ensure_practice(database, practice)
    async with clinic_transaction(database, practice) as connection:
        existing = await connection.scalar(select(func.count()).select_from(home_clients))
    if existing:
        return int(existing)
    rng = random.Random(practice)  # noqa: S311
    found = rng.sample(list(clinic.clients.values()), MATCHING + SIMILAR)
    people = [_vary(rng, each) for each in found[:MATCHING]]
    for each in found[MATCHING:]:
        others = [name for name in GIVEN_NAMES if name != each.given_name]
        people.append(replace(each, given_name=rng.choice(others)))
    matching = {each.id for each in people[:MATCHING]}
    pets = [each for each in clinic.patients.values() if each.client in matching]
    await add_home_clients(
        database,
        practice,
        [_client(each) for each in people],
        [
            {"id": f"H{each.id}", "client": f"H{each.client}", "name": each.name, "species": each.species}
            for each in pets
        ],
    )
    return len(people)


def _client(client: Client) -> dict[str, Any]:
    return asdict(client) | {"id": f"H{client.id}", "state": "IL", "email": client.email or None}


def _vary(rng: random.Random, client: Client) -> Client:
    """Varies a client as another source would: abbreviations, typing errors, missing values."""
    match rng.randrange(8):
        case 0:
            return replace(client, street=client.street.replace("Street", "St").replace("Avenue", "Ave."))
        case 1:
            return replace(client, phone=client.phone.replace("(217) ", "217."), email="")
        case 2:
            return replace(client, surname=client.surname[:2] + client.surname[3:])
        case 3:
            return replace(client, given_name=client.given_name[0], email="")
        case 4:
            return replace(client, given_name=client.surname, surname=client.given_name)
    return client
