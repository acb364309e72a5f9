"""The names of a feed's columns, and which of them are required."""

from __future__ import annotations

import re
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
    theirs: ours
    for ours, names in {
        "given_name": "first_name firstname givenname",
        "surname": "last_name lastname family_name",
        "street": "address address1 address_1 street_address",
        "street_2": "address2 address_2",
        "postcode": "zip zip_code zipcode postal_code",
        "state": "region province",
        "phone": "phone_number telephone",
        "email": "e_mail email_address",
        "client_id": "owner_id",
        "name": "pet_name patient_name client_name",
        "birth_date": "date_of_birth birthdate dob",
        "weight_lb": "weight_lbs",
        "weight_kg": "weight_kgs",
        "weight_unit": "weight_units",
        "deceased": "is_deceased",
        "deceased_on": "deceased_date date_of_death",
    }.items()
    for theirs in names.split()
}


TITLE = re.compile(r"[^\W\d_][\w .#/()-]{0,29}")


@lru_cache(4096)
def canonical(name: str, kind: Kind | None = None) -> str:
    """Returns our name for a column."""
    plain = "_".join(name.strip().lstrip("\ufeff").lower().replace("-", " ").replace("_", " ").split())
    if (kind == "client" and plain == "client_id") or (kind == "patient" and plain in ("patient_id", "pet_id")):
        return "id"
    return SYNONYMS.get(plain, plain)


def _is_title(name: str) -> bool:
    """Returns whether this may be a column's title; what is none, such as a key or a name, is never repeated."""
    return bool(TITLE.fullmatch(name.strip())) and len(name.split()) <= 4


def check_columns(kind: Kind, header: list[str], file: str) -> list[str]:
    """Returns a note for each expected column that is missing. Raises `InvalidFeed` for a required one."""
    columns = [canonical(name, kind) for name in header]
    names = ", ".join(name.strip() for name in header[:40] if _is_title(name)) or "no titles"
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
