"""What the columns of a feed are called, and which it cannot do without."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pharmacy.feeds.problem import FeedProblem

Kind = Literal["client", "patient"]

NEEDED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "client": (("id",), ("name", "given_name", "surname")),
    "patient": (("id",), ("client_id",), ("name",)),
}
"""Of each group at least one."""

WANTED: dict[Kind, dict[str, tuple[str, ...]]] = {
    "client": {"address": ("street",), "phone": ("phone",), "e-mail": ("email",)},
    "patient": {
        "species": ("species",),
        "breed": ("breed",),
        "age": ("birth_date", "age"),
        "weight": ("weight", "weight_kg", "weight_lb", "weight_g"),
        "deceased": ("deceased", "deceased_on"),
    },
}
"""What a feed should tell; without it, it says so in its notes (DP11)."""

OTHER_NAMES = {
    "first_name": "given_name",
    "firstname": "given_name",
    "givenname": "given_name",
    "last_name": "surname",
    "lastname": "surname",
    "family_name": "surname",
    "address": "street",
    "address1": "street",
    "address_1": "street",
    "street_address": "street",
    "address2": "street_2",
    "address_2": "street_2",
    "zip": "postcode",
    "zip_code": "postcode",
    "zipcode": "postcode",
    "postal_code": "postcode",
    "region": "state",
    "province": "state",
    "phone_number": "phone",
    "telephone": "phone",
    "e_mail": "email",
    "email_address": "email",
    "owner_id": "client_id",
    "pet_name": "name",
    "patient_name": "name",
    "client_name": "name",
    "date_of_birth": "birth_date",
    "birthdate": "birth_date",
    "dob": "birth_date",
    "weight_lbs": "weight_lb",
    "weight_kgs": "weight_kg",
    "weight_units": "weight_unit",
    "is_deceased": "deceased",
    "deceased_date": "deceased_on",
    "date_of_death": "deceased_on",
}

_TITLES = {"client": "clients", "patient": "patients"}


@lru_cache(4096)
def canonical(name: str, kind: Kind | None = None) -> str:
    """A column's name as we know it."""
    plain = "_".join(name.strip().lstrip("\ufeff").lower().replace("-", " ").replace("_", " ").split())
    if (kind == "client" and plain == "client_id") or (kind == "patient" and plain in ("patient_id", "pet_id")):
        return "id"
    return OTHER_NAMES.get(plain, plain)


def check(kind: Kind, found: list[str], file: str) -> list[str]:
    """What is wanted and not there, in words for the notes. Raises `FeedProblem` for what is needed."""
    columns = [canonical(name, kind) for name in found]
    shown = ", ".join(name.strip()[:40] for name in found[:40])
    lacking = [" or ".join(group) for group in NEEDED[kind] if not set(group) & set(columns)]
    if lacking:
        raise FeedProblem(f"{file} lacks the column {' and '.join(lacking)}; found were: {shown}.")
    # Many a table ends in columns without a name.
    twice = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if twice:
        raise FeedProblem(f"{file} has the column {', '.join(twice)} more than once; found were: {shown}.")
    return [
        f"{file} has no column for {title}: nothing is taken or changed there."
        for title, names in WANTED[kind].items()
        if not set(names) & set(columns)
    ]
