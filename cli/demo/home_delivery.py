"""Clients who had orders delivered before their practice was connected: some of its own, as we came to know them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from partners.simulators.datapoint_people import GIVEN, Client, Clinic
from pharmacy.records.clinic import clinic_transaction as rows_of
from pharmacy.records.feeds import ensure_practice
from pharmacy.records.tables import home_clients, home_patients

KNOWN = 400
"""How many of the practice's clients order already."""
STRANGERS = 40
"""How many order who are none of them, or not under that name."""


async def move_in(database: AsyncEngine, practice: str, clinic: Clinic) -> int:
    """Enters them, once; returns how many there are."""
    await ensure_practice(database, practice)
    async with rows_of(database, practice) as connection:
        known = await connection.scalar(select(func.count()).select_from(home_clients))
        if not known:
            pick = random.Random(practice)  # noqa: S311
            found = pick.sample(list(clinic.clients.values()), KNOWN + STRANGERS)
            people = [_as_we_know(pick, each) for each in found[:KNOWN]]
            people += [replace(each, given_name=_another(pick, each.given_name)) for each in found[KNOWN:]]
            rows = [_client(practice, each) for each in people]
            await connection.execute(insert(home_clients), rows)
            wanted = {each.id for each in people[:KNOWN]}
            pets = [each for each in clinic.patients.values() if each.client in wanted]
            await connection.execute(
                insert(home_patients),
                [
                    {
                        "practice": practice,
                        "id": f"H{each.id}",
                        "client": f"H{each.client}",
                        "name": each.name,
                        "species": each.species,
                    }
                    for each in pets
                ],
            )
            known = len(rows)
    return int(known or 0)


def _client(practice: str, client: Client) -> dict[str, Any]:
    return {
        "practice": practice,
        "id": f"H{client.id}",
        "given_name": client.given_name,
        "surname": client.surname,
        "street": client.street,
        "city": client.city,
        "state": "IL",
        "postcode": client.postcode,
        "phone": client.phone,
        "email": client.email or None,
    }


def _as_we_know(pick: random.Random, client: Client) -> Client:
    """The same person as written down by somebody else: on the telephone, by a relative, years ago."""
    match pick.randrange(8):
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


def _another(pick: random.Random, given: str) -> str:
    return pick.choice([name for name in GIVEN if name != given])
