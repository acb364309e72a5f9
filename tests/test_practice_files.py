"""Practice files and tables as other programs write them."""

from __future__ import annotations

import pytest

from desk.practice_columns import ALIASES, AMBIGUOUS, columns_of
from desk.practice_files import Refusal, Taken, read_many, request_of
from desk.problem import DeskProblem


@pytest.mark.parametrize("blank", ["", "  ", "\t"])
def test_a_blank_optional_value_is_none(blank: str) -> None:
    contact = {"name": "Dana Whitfield", "email": "dana@riverside.example", "phone": blank}
    practice = {"id": "riverside-vet", "name": "Riverside", "time_zone": "America/Chicago"}
    optional = dict.fromkeys(("country", "state", "client_count", "owner"), blank)
    request = request_of({"practice": practice | optional, "primary_contact": contact, "requested_at": blank})
    assert (request.primary_contact.phone, request.practice.country, request.practice.client_count) == (None,) * 3
    assert request.requested_at is None


def test_columns_are_known_by_the_names_that_people_give_them() -> None:
    header = ["Practice name", "Time zone", "CONTACT", "E-mail", "Phone number", "Assigned to", "state"]
    wanted = ["name", "time_zone", "contact_name", "contact_email", "contact_phone", "assignee", "state"]
    assert columns_of(header) == wanted
    assert columns_of(["city"]) == ["city"], "an unknown one stays as it is"
    names = [name for column, names in ALIASES.items() for name in (column, *names)] + list(AMBIGUOUS)
    plain = ["".join(letter for letter in name.casefold() if letter.isalnum()) for name in names]
    assert len(plain) == len(set(plain)), "no name means two columns"


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("Name,Region", "It is not certain what the column 'Region' holds. Rename it to time_zone or country or state"),
        ("E-mail,Contact e-mail", "The columns 'E-mail', 'Contact e-mail' could each be contact_email."),
        ("name,name", "lacks time_zone"),
        ("Practice,City", "has unknown columns: City"),
        ("Practice,E-mail", "lacks time_zone, contact_name"),
    ],
)
def test_a_header_that_is_not_certain_is_asked_about(header: str, sentence: str) -> None:
    with pytest.raises(DeskProblem, match=sentence):
        list(read_many(f"{header}\n".encode()))


def test_an_id_is_made_of_the_name_as_in_the_form() -> None:
    table = """Practice,Time zone,Contact,E-mail,ID
Saint Anne's Vets,America/Chicago,Jo Park,jo@anne.test,
Own ID Vets,America/Chicago,Jo Park,jo@own.test,own
Saint Anne's Vets,America/Denver,Lee Bell,lee@anne.test,
"""
    first, second, third = read_many(table.encode())
    assert isinstance(first, Taken) and first.request.practice.id == "saint-annes-vets"
    assert isinstance(second, Taken) and second.request.practice.id == "own"
    assert isinstance(third, Refusal) and third.why == (
        "Its name makes the same ID as that of line 2: give each of them an ID."
    )
