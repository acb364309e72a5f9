"""The names of a feed's columns, and which of them are required."""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from pharmacy.feeds.errors import InvalidFeed

Kind = Literal["client", "patient"]

REQUIRED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "client": (("id",), ("name", "given_name", "surname")),
    "patient": (("id",), ("client_id",), ("name",)),
}
"""At least one column of each group is required."""

EXPECTED: dict[Kind, dict[str, tuple[str, ...]]] = {
    "client": {"address": ("street",), "phone": ("phone",), "e-mail": ("email",)},
    "patient": {
        "species": ("species",),
        "breed": ("breed",),
        "age": ("birth_date", "age"),
        "weight": ("weight", "weight_kg", "weight_lb", "weight_g"),
        "deceased": ("deceased", "deceased_on"),
    },
}
"""A feed without these columns is imported, with a note (DP11)."""

SYNONYMS = {
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


@lru_cache(4096)
def canonical(name: str, kind: Kind | None = None) -> str:
    """Returns our name for a column."""
    plain = "_".join(name.strip().lstrip("\ufeff").lower().replace("-", " ").replace("_", " ").split())
    if (kind == "client" and plain == "client_id") or (kind == "patient" and plain in ("patient_id", "pet_id")):
        return "id"
    return SYNONYMS.get(plain, plain)


def check_columns(kind: Kind, header: list[str], file: str) -> list[str]:
    """Returns a note for each expected column that is missing. Raises `InvalidFeed` for a required one."""
    columns = [canonical(name, kind) for name in header]
    names = ", ".join(name.strip()[:40] for name in header[:40])
    missing = [" or ".join(group) for group in REQUIRED[kind] if not set(group) & set(columns)]
    if missing:
        raise InvalidFeed(f"{file} lacks the column {' and '.join(missing)}; found were: {names}.")
    # Many tables end in columns without a name.
    repeated = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if repeated:
        raise InvalidFeed(f"{file} has the column {', '.join(repeated)} more than once; found were: {names}.")
    return [
        f"{file} has no column for {title}: nothing is taken or changed there."
        for title, group in EXPECTED[kind].items()
        if not set(group) & set(columns)
    ]
