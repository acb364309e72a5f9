"""How names, addresses and contacts are normalized before they are compared, and how files are read."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from pharmacy.merge.address import parse_address
from pharmacy.merge.address_comparison import compare_number, compare_postcode, compare_street
from pharmacy.merge.contact import normalize_email, normalize_phone
from pharmacy.merge.files import InvalidFile, parse_patients, read_people
from pharmacy.merge.fold import fold
from pharmacy.merge.levels import Level, SurnameLevel
from pharmacy.merge.name_comparison import compare_surnames
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.record import normalize_person


@pytest.mark.parametrize(
    ("street", "number", "flat", "name"),
    [
        ("12 Main Street", "12", "", "main st"),
        ("12 MAIN ST.", "12", "", "main st"),
        ("12 Main St Apt 4", "12", "4", "main st"),
        ("Apt 4, 12 Main St", "12", "4", "main st"),
        ("4/12 Main Street", "12", "4", "main st"),
        ("12 Main Street #4b", "12", "4b", "main st"),
        ("P.O. Box 77", "box77", "", ""),
        ("Hauptstraße 5", "5", "", "hauptstrasse"),
        ("12 North Oak Avenue", "12", "", "n oak ave"),
        ("12 main street rosebank flats", "12", "", "main st rosebank flats"),
        ("", "", "", ""),
    ],
)
def test_a_street_is_read_into_its_parts(street: str, number: str, flat: str, name: str) -> None:
    address = parse_address(street, "", "", "")
    assert (address.number, address.flat, address.street) == (number, flat, name)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("12 pridham street", "12 pridhamstreet", Level.SIMILAR),
        ("12 pridham street", "12 pridhm stret", Level.SIMILAR),
        ("12 jarrah mackinnon street", "12 mackinnon street jarrah", Level.SIMILAR),
        ("12 mackinnon street", "12 mackinnon street rosebank flats", Level.SIMILAR),
        ("12 mackinnon street", "12 clayton street", Level.DIFFERENT),
        ("12 mackinnon street", "12", Level.UNKNOWN),
    ],
)
def test_streets_compare_with_parts_moved_or_missing(one: str, other: str, expected: Level) -> None:
    assert compare_street(parse_address(one, "", "", ""), parse_address(other, "", "", "")) == expected


def test_numbers_and_postcodes_compare() -> None:
    def at(number: str, postcode: str = "") -> object:
        return parse_address(f"{number} Elm Street", "", "", postcode)

    assert compare_number(at("12"), at("12a")) == Level.SIMILAR  # type: ignore[arg-type]
    assert compare_number(at("12"), at("21")) == Level.SIMILAR  # type: ignore[arg-type]
    assert compare_number(at("12"), at("14")) == Level.DIFFERENT  # type: ignore[arg-type]
    assert compare_postcode(at("1", "62701-1234"), at("1", "62701")) == Level.SAME  # type: ignore[arg-type]
    assert compare_postcode(at("1", "62701"), at("1", "62710")) == Level.SIMILAR  # type: ignore[arg-type]
    assert compare_postcode(at("1", "SW1A 2AA"), at("1", "sw1a2aa")) == Level.SAME  # type: ignore[arg-type]


def test_contacts_are_read_without_what_programs_write_differently() -> None:
    assert (
        normalize_phone("+1 (217) 555-0142") == normalize_phone("217.555.0142 ext 3") == normalize_phone("2175550142")
    )
    assert [normalize_phone(each) for each in ("", "n/a", "555", "000-000-0000")] == ["", "", "", ""]
    assert normalize_email(" Ann+vet@Example.COM ") == "ann@example.com"
    assert [normalize_email(each) for each in ("", "none", "a@b", "@example.com")] == ["", "", "", ""]


@pytest.mark.parametrize(
    ("given", "surname", "expected"),
    [
        ("Dr. Mark", "O'Neil Jr.", ("mark", "oneil", "junior")),
        ("Smith, Mark", "", ("mark", "smith", "")),
        ("Mark van Dyk", "", ("mark van", "dyk", "")),
        ("Unknown", "Smith", ("", "smith", "")),
        ("", "Madonna", ("", "madonna", "")),
        ("ÅSA", "Łukasiewicz", ("asa", "lukasiewicz", "")),
    ],
)
def test_a_name_is_read(given: str, surname: str, expected: tuple[str, str, str]) -> None:
    record = normalize_person(Person("1", given, surname))
    assert (record.given_name, record.surname, record.generation) == expected


def test_surnames_compare() -> None:
    assert compare_surnames("smith jones", "jones") == SurnameLevel.PART
    assert compare_surnames("mccarthy", "mccaryhy") == SurnameLevel.TYPO
    assert compare_surnames("van dyk", "vandyk") == SurnameLevel.SAME
    assert compare_surnames("lee", "li") == SurnameLevel.CONFLICT


def test_long_and_odd_text_costs_no_time() -> None:
    assert len(fold("x" * 1_000_000)) < 1_000
    assert fold("ẞ Ø Æ") == "ss o ae"


def test_animals_may_carry_species_and_breed() -> None:
    assert parse_patients("Bella; Max (dog); Luna (cat, Maine Coon);; (odd") == (
        Patient("Bella"),
        Patient("Max", "dog"),
        Patient("Luna", "cat", "Maine Coon"),
        Patient("(odd"),
    )


def test_columns_may_be_missing_in_another_order_and_behind_a_semicolon(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("\ufeffSurname;ID;Patients\nOkafor;7;Bella\n\n", encoding="utf-8")
    assert list(read_people(file)) == [Person("7", surname="Okafor", patients=(Patient("Bella"),))]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty; its first row must name the columns"),
        (b"name,street\nx,y\n", "has no column 'id' (found: name, street)"),
        (b"id,colour\n1,red\n", "has no column besides 'id' that is known"),
        (b"id,surname\n1,Okafor\n1,Okafor\n", "Row 3 of"),
        (b"id,surname\n,Okafor\n", "has no id; give every client one."),
        (b"id,surname\n1,Okafor, Rosalind\n", "has 3 cells for 2 columns"),
        (b"id,surname\n1,\xff\xfe\n", "is not text in UTF-8"),
        (b'id,surname\n1,"Okafor\n', "is no CSV file"),
        (b"id,surname\n1," + b"x" * 200_000 + b"\n", "is no CSV file"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    # Reading feeds raises it, in the same process.
    csv.field_size_limit(10_000_000)
    with pytest.raises(InvalidFile) as refused:
        list(read_people(file))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)
