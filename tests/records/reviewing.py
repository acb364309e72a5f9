"""A clinic with home-delivery clients, some of which are merged while others wait for review."""

from __future__ import annotations

from typing import Any

from pharmacy.records import home_delivery
from pharmacy.records.review_pairs import Pair, load_pair
from tests.records.clinics import Clinic, client, patient

UNCERTAIN = (1, 2, 3)
"""Another given name and the same pet, or an initial, while all else agrees: review."""
CERTAIN = (4, 5)
"""These are merged."""
TWINS = (6, 26)
"""Two imported clients that match one home-delivery client equally well: review."""


def at_home(number: int, **more: Any) -> dict[str, Any]:
    """Returns the home-delivery client that is the clinic's client of this number."""
    known = client(number)
    del known["kind"]
    return {**known, "id": f"H{number}", **more}


def feed() -> list[dict[str, Any]]:
    twin = {**client(TWINS[0]), "id": f"C{TWINS[1]}"}
    uncertain = [
        client(1, given_name="Zebedee"),
        *(client(each, given_name=client(each)["given_name"][0]) for each in UNCERTAIN[1:]),
    ]
    return [*uncertain, *(client(number) for number in (*CERTAIN, TWINS[0])), twin, patient(1, 1), patient(4, 4)]


async def import_with_home_clients(clinic: Clinic) -> Clinic:
    """Adds the home-delivery clients, then imports the first feed."""
    home = [at_home(number) for number in (*UNCERTAIN, *CERTAIN, TWINS[0])]
    rex = {"id": "HP1", "client": "H1", "name": "Rex-1", "species": "dog", "breed": "Poodle", "weight_grams": 11_000}
    await home_delivery.add_home_clients(clinic.engine, clinic.id, home, [rex])
    await clinic.import_rows(*feed())
    return clinic


async def number_of(clinic: Clinic, imported: str, home: str) -> int:
    """Returns the number of the pair of these two."""
    query = "SELECT number FROM client_links WHERE client = :imported AND home_client = :home"
    (row,) = await clinic.rows(query, imported=imported, home=home)
    number: int = row["number"]
    return number


async def pair_of(clinic: Clinic, imported: str, home: str) -> Pair:
    return await load_pair(clinic.engine, clinic.id, await number_of(clinic, imported, home))


async def links(clinic: Clinic) -> dict[tuple[str, str], str]:
    """Returns the state of each pair."""
    found = await clinic.rows("SELECT client, home_client, state FROM client_links")
    return {(row["client"], row["home_client"]): row["state"] for row in found}
