"""The names of a feed's columns, and which of them are required."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Literal

from pharmacy.feeds.errors import InvalidFeed

Kind = Literal["client", "patient"]

REQUIRED: dict[Kind, tuple[tuple[str, ...], ...]] = {
    "client": (("id",), ("name", "given_name", "surname")),
    "patient": (("id",), ("client_id",), ("name",)),
}
"""At least one column of each group is required."""

PHONES = ("phone", "mobile_phone", "home_phone", "work_phone", "other_phone")
"""The columns of telephones; a client's first one that is filled is taken."""

EXPECTED: dict[Kind, dict[str, tuple[str, ...]]] = {
    "client": {"address": ("street",), "phone": PHONES, "e-mail": ("email",)},
    "patient": {
        "species": ("species",),
        "breed": ("breed",),
        "age": ("birth_date", "age"),
        "weight": ("weight", "weight_kg", "weight_lb", "weight_oz", "weight_g"),
        "deceased": ("deceased", "deceased_on", "status"),
    },
}
"""A feed without these columns is imported, with a note (DP11)."""

_OTHERS: dict[Kind, tuple[str, ...]] = {
    "client": ("id", "kind", "name", "given_name", "surname", "street_2", "city", "state", "postcode"),
    "patient": ("id", "kind", "client_id", "name", "weight_unit"),
}
_TAKEN = {
    kind: frozenset({*_OTHERS[kind], *(name for group in EXPECTED[kind].values() for name in group)})
    for kind in EXPECTED
}

SYNONYMS = {
    theirs: ours
    for ours, names in {
        "given_name": "first_name firstname givenname first forename first_names",
        "surname": "last_name lastname family_name last familyname",
        "name": "full_name fullname",
        "street": "address address1 address_1 street_address address_line_1 addr1 street_1 street1 mailing_address "
        "home_address",
        "street_2": "address2 address_2 address_line_2 addr2 street2",
        "city": "town suburb",
        "postcode": "zip zip_code zipcode postal_code postalcode post_code",
        "state": "region province",
        "phone": "phone_number telephone tel phone_no primary_phone main_phone phone1 phone_1 preferred_phone "
        "telephone_number contact_number primary_phone_number default_phone best_phone",
        "mobile_phone": "mobile cell cell_phone cellphone mobile_number cell_number phone_mobile phone_cell "
        "mobile_phone_number cell_phone_number mobile_no",
        "home_phone": "phone_home home_phone_number home_telephone home_number",
        "work_phone": "phone_work work_phone_number business_phone office_phone daytime_phone work_number",
        "other_phone": "phone2 phone_2 alternate_phone secondary_phone alt_phone phone_other",
        "email": "e_mail email_address e_mail_address mail primary_email email1 email_1",
        "species": "animal_type species_name type_of_animal",
        "breed": "breed_name primary_breed",
        "birth_date": "date_of_birth birthdate dob birthday born date_birth",
        "weight": "current_weight last_weight latest_weight wt",
        "weight_lb": "weight_lbs weight_pounds weight_in_lbs weight_in_pounds wt_lbs wt_lb lbs pounds weight_in_lb",
        "weight_oz": "weight_ounces weight_ozs ounces oz wt_oz",
        "weight_kg": "weight_kgs weight_kilograms weight_in_kg wt_kg kg",
        "weight_g": "weight_grams weight_in_grams wt_g",
        "weight_unit": "weight_units weight_uom wt_unit unit_of_weight",
        "deceased": "is_deceased dead is_dead deceased_flag",
        "deceased_on": "deceased_date date_of_death death_date date_deceased dod died_on",
    }.items()
    for theirs in names.split()
}
_NUMBER_WORDS = r"(?:id|id_number|id_no|number|no|num|nbr|code|key|ref|account|account_number|account_no|record_id)"
_IDS: dict[Kind, re.Pattern[str]] = {
    "client": re.compile(rf"(?:client|owner|customer|account|acct)_?{_NUMBER_WORDS}"),
    "patient": re.compile(rf"(?:patient|pet|animal)_?{_NUMBER_WORDS}"),
}
_PREFIX: dict[Kind, re.Pattern[str]] = {
    "client": re.compile(r"(?:client|owner|customer)_"),
    "patient": re.compile(r"(?:patient|pet|animal)_"),
}
_SOMEBODY_ELSE = re.compile(r"(?:client|owner|customer)_")

TITLE = re.compile(r"[^\W\d_][\w .#/()-]{0,29}")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_BETWEEN = re.compile(r"[\W_]+")


@lru_cache(4096)
def canonical(name: str, kind: Kind | None = None) -> str:
    """Returns our name for a column; in lower case with underscores if it is none of ours."""
    plain = _BETWEEN.sub("_", _HUMP.sub("_", name.strip().lstrip("\ufeff").replace("#", " number"))).strip("_").lower()
    if kind is None:
        return "name" if plain in ("client_name", "patient_name", "pet_name") else SYNONYMS.get(plain, plain)
    if _IDS[kind].fullmatch(plain):
        return "id"
    if kind == "patient":
        if _IDS["client"].fullmatch(plain):
            return "client_id"
        if _SOMEBODY_ELSE.match(plain):
            # An owner's name is not the pet's.
            return plain
    bare = _PREFIX[kind].sub("", plain, count=1)
    # "Client type" is no type of ours, and the words of ids stand for themselves.
    return SYNONYMS.get(plain) or SYNONYMS.get(bare) or (bare if bare in _TAKEN[kind] and bare != "id" else plain)


def table_columns(header: Iterable[str], kind: Kind | None) -> list[str]:
    """Returns our name for each column; one whose name an earlier, or a better one has, keeps its own."""
    titles = list(header)
    columns = [canonical(name, kind) for name in titles]
    for name in set(columns) - {"", "id", "client_id"}:
        same = [place for place, each in enumerate(columns) if each == name]
        if len(same) > 1 and len({titles[place].strip().lower() for place in same}) > 1:
            kept = min(same, key=lambda place: (titles[place].strip().lower() != name, place))
            for place in same:
                if place != kept:
                    columns[place] = f"{name} ({titles[place].strip()})"
    return columns


def is_header(cells: list[str]) -> bool:
    """Returns whether a line names the columns that clients or patients must have."""
    return any(
        all(set(group) & names for group in REQUIRED[kind])
        for kind in REQUIRED
        for names in [{canonical(cell, kind) for cell in cells}]
    )


def name_titles(titles: Iterable[str]) -> str:
    """Returns titles for a sentence; what is none, such as a key or a person's name, is never repeated."""
    return ", ".join(name.strip() for name in list(titles)[:40] if _is_title(name))


def _is_title(name: str) -> bool:
    return bool(TITLE.fullmatch(name.strip())) and len(name.split()) <= 4


def check_columns(kind: Kind, header: list[str], file: str) -> list[str]:
    """Returns a note for each expected column that is missing, and one of those passed over.

    Raises `InvalidFeed` for a required one.
    """
    columns = table_columns(header, kind)
    names = name_titles(header)
    titles = f"found were: {names}" if names else "its first row has no titles"
    missing = [group for group in REQUIRED[kind] if not set(group) & set(columns)]
    if missing:
        needs = [f"a column {group[0]}" if len(group) == 1 else f"one of {', '.join(group)}" for group in missing]
        raise InvalidFeed(f"{file} needs {', and '.join(needs)}; {titles}.")
    # Many tables end in columns without a name.
    repeated = [name for name in dict.fromkeys(columns) if name and columns.count(name) > 1]
    if repeated:
        raise InvalidFeed(f"{file} has the column {', '.join(repeated)} more than once; found were: {names}.")
    notes = [
        f"{file} has no column for {title}: nothing is taken or changed there."
        for title, group in EXPECTED[kind].items()
        if not set(group) & set(columns)
    ]
    return notes + passed_over_note(kind, zip(header, columns, strict=True), file)


def passed_over_note(kind: Kind, columns: Iterable[tuple[str, str]], file: str) -> list[str]:
    """Returns the note about columns, by their titles and our names, of which nothing is taken."""
    passed = name_titles(title for title, name in columns if name not in _TAKEN[kind])
    return [f"{file} has columns of which nothing is taken: {passed}."] if passed else []
