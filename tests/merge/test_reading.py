"""How names, addresses and contacts are normalized before they are compared, and how files are read."""

from __future__ import annotations

from pathlib import Path

import pytest

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.people import PeopleFile, parse_patients
from pharmacy.merge.address import parse_address
from pharmacy.merge.address_comparison import compare_number, compare_postcode, compare_street, compare_units
from pharmacy.merge.contact import normalize_emails, normalize_phones
from pharmacy.merge.fold import fold
from pharmacy.merge.full_name import split_full_name
from pharmacy.merge.levels import Level, SurnameLevel
from pharmacy.merge.name_comparison import compare_surnames
from pharmacy.merge.people import Patient, Person
from pharmacy.merge.record import normalize_person
from pharmacy.merge.spouses import may_be_spouses


@pytest.mark.parametrize(
    ("street", "number", "units", "name"),
    [
        ("12 Main Street", "12", "", "main st"),
        ("12 MAIN ST.", "12", "", "main st"),
        ("12 Main St Apt 4", "12", "4", "main st"),
        ("Apt 4, 12 Main St", "12", "4", "main st"),
        ("4/12 Main Street", "12", "4", "main st"),
        ("12 Main Street #4b", "12", "4b", "main st"),
        ("12 Main Street Unit C7", "12", "c7", "main st"),
        ("12 Main St, Building 2, Suite 30", "12", "2 30", "main st"),
        ("12 Main St rear", "12", "rear", "main st"),
        ("P.O. Box 77", "box77", "box77", ""),
        ("Hauptstraße 5", "5", "", "hauptstrasse"),
        ("Hauptstraße 5, Wohnung 3", "5", "3", "hauptstrasse"),
        ("12 North Oak Avenue", "12", "", "n oak ave"),
        ("900 W 200 N", "900", "200", "w n"),
        ("2210 E 7th St", "2210", "7th", "e 7th st"),
        ("HC 4 Box 31", "", "4 31", "hc 4"),
        ("CMR 450 Box 77", "", "450 77", "cmr 450"),
        ("12 main street rosebank flats", "12", "", "main st rosebank flats"),
        ("", "", "", ""),
    ],
)
def test_a_street_is_read_into_its_parts(street: str, number: str, units: str, name: str) -> None:
    address = parse_address(street, "", "", "")
    assert (address.number, " ".join(address.units), address.street) == (number, units, name)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("12 Main St Apt 4", "12 Main St #4", Level.SAME),
        ("12 Main St Apt 4", "12 Main St", Level.UNKNOWN),
        ("12 Main St Bldg 2 Apt 4", "12 Main St Apt 4", Level.UNKNOWN),
        ("12 Main St Apt D4", "12 Main St Apt D5", Level.DIFFERENT),
        ("12 Main St Pier 7", "12 Main St Pier 8", Level.DIFFERENT),
        ("12 Main St Upstairs", "12 Main St Basement", Level.DIFFERENT),
        ("900 W 200 N", "900 W 200 S", Level.DIFFERENT),
        ("900 W 200 N", "900 W 400 N", Level.DIFFERENT),
        ("77 Oak Dr NW", "77 Oak Dr SE", Level.DIFFERENT),
        ("77 Oak Dr NW", "77 Oak Dr", Level.UNKNOWN),
        ("2210 E 7th St", "2210 E 9th St", Level.DIFFERENT),
        ("51-20 65th Rd", "51-02 65th Rd", Level.DIFFERENT),
        ("640 State Road 9", "640 State Road 19", Level.DIFFERENT),
        ("HC 4 Box 31", "HC 4 Box 13", Level.DIFFERENT),
        ("CMR 450 Box 77", "CMR 405 Box 77", Level.DIFFERENT),
        ("PO Box 310", "P.O. Box 301", Level.DIFFERENT),
    ],
)
def test_what_tells_neighbours_apart(one: str, other: str, expected: Level) -> None:
    assert compare_units(parse_address(one, "", "", ""), parse_address(other, "", "", "")) == expected


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
    [number] = normalize_phones("2175550142")
    for written in (
        "+1 (217) 555-0142",
        "217.555.0142 ext 3",
        "2175550142;ext=3",
        "2.175550142E+9",
        "Home 217-555-0142",
    ):
        assert normalize_phones(written) == (number,)
    assert normalize_phones("217-555-0142 or 217-555-0143")[0] == number
    assert len(normalize_phones("M: 217-555-0143 | W: 217-555-0142 #12")) == 2
    assert normalize_emails(" Ann+vet@Example.COM ") == ("ann@example.com",)
    assert normalize_emails("mailto:ann@example.com, bo@example.com") == ("ann@example.com", "bo@example.com")


@pytest.mark.parametrize(
    "phone", ["", "n/a", "555", "000-000-0000", "(312) 222-2222", "312-555-1212", "1234567", "2.1755E+9", "3/14/2021"]
)
def test_what_is_typed_without_a_number_is_none(phone: str) -> None:
    assert normalize_phones(phone) == ()


@pytest.mark.parametrize(
    "email",
    ["", "none", "a@b", "@example.com", "no@no.com", "declined@clinic.example", "noemail2@clinic.example"],
)
def test_what_is_typed_without_an_address_is_none(email: str) -> None:
    assert normalize_emails(email) == ()


@pytest.mark.parametrize(
    ("given", "surname", "expected"),
    [
        ("Dr. Mark", "O'Neil Jr.", ("mark", "oneil", "junior")),
        ("Smith, Mark", "", ("mark", "smith", "")),
        ("Mark van Dyk", "", ("mark van", "dyk", "")),
        ("Unknown", "Smith", ("", "smith", "")),
        ("", "Madonna", ("", "madonna", "")),
        ("ÅSA", "Łukasiewicz", ("asa", "lukasiewicz", "")),
        ("Mark Dyk IV", "", ("mark", "dyk", "fourth")),
        ("Dyk, Mark, Sr.", "", ("mark", "dyk", "senior")),
        ("Prof. Mark Dyk, PhD", "", ("mark", "dyk", "")),
        ("Mark", "Dyk 4th", ("mark", "dyk", "fourth")),
        ("Mark", "DykSr", ("mark", "dyk", "senior")),
        ("Nuno", "Costa Neto", ("nuno", "costa", "second")),
        ("Junior", "Dyk", ("junior", "dyk", "")),
        ("Do, Linh", "", ("linh", "do", "")),
        ("Mister", "Dyk", ("", "dyk", "")),
        ("See Notes", "Dyk", ("", "dyk", "")),
        ("n/a", "Dyk", ("", "dyk", "")),
        ("Grandma", "Dyk", ("", "dyk", "")),
        ("Mrs. George", "Dyk", ("", "dyk", "")),
    ],
)
def test_a_name_is_read(given: str, surname: str, expected: tuple[str, str, str]) -> None:
    record = normalize_person(Person("1", given, surname))
    assert (record.given_name, record.surname, record.generation) == expected


@pytest.mark.parametrize(
    ("given", "surname", "names"),
    [
        ("Mark & Ann", "Dyk", "ann mark"),
        ("Marc et Anne", "Dyk", "anne marc"),
        ("Mark | Ann", "Dyk", "ann mark"),
        ("Mark (Ann)", "Dyk", "ann mark"),
        ("George Helen", "Dyk", "george helen"),
        ("Mark", "Dyk / Ann Osei", "ann mark"),
    ],
)
def test_couples_are_seen_in_either_field(given: str, surname: str, names: str) -> None:
    record = normalize_person(Person("1", given, surname))
    assert (record.couple, record.given_name) == (True, names)


@pytest.mark.parametrize(("given", "surname"), [("John Paul", "Dyk"), ("Jean-Luc", "Dyk"), ("Mark", "Ortega y Gasset")])
def test_double_names_are_one_person(given: str, surname: str) -> None:
    assert not normalize_person(Person("1", given, surname)).couple


@pytest.mark.parametrize(
    ("given", "surname", "expected"),
    [
        ("Second Chance Rescue", "Osei", True),
        ("", "Meadow Farm LLC", True),
        ("Sunny Acres Kennels", "", True),
        ("Helen", "Church", False),
        ("Mark", "Farm", False),
    ],
)
def test_organizations_are_told_from_people(given: str, surname: str, expected: bool) -> None:
    assert normalize_person(Person("1", given, surname)).organization is expected


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("Ann Lee Jr.", ("Ann", "Lee Jr.")),
        ("Lee, Ann", ("Ann", "Lee")),
        ("Dr. Ann Lee, DVM", ("Ann", "Lee")),
        ("Second Chance Rescue, Inc.", ("", "Second Chance Rescue, Inc.")),
        ("Ann", ("Ann", "")),
    ],
)
def test_a_whole_name_is_split_as_it_was_written(written: str, expected: tuple[str, str]) -> None:
    assert split_full_name(written) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [("kaur", "singh"), ("nowicki", "nowicka"), ("petrov", "petrova"), ("dvorak", "dvorakova"), ("alexiou", "alexios")],
)
def test_surnames_of_spouses_are_two(one: str, other: str) -> None:
    assert compare_surnames(one, other) == SurnameLevel.CONFLICT
    assert may_be_spouses("andrea", one, other)


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
    assert list(PeopleFile(file)) == [Person("7", surname="Okafor", patients=(Patient("Bella"),))]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty: it has not even a first line"),
        (b"name,street\nx,y\n", "a.csv needs a column id; found were: name, street."),
        (b"id,colour\n1,red\n", "needs one of name, given_name, surname"),
        (b"PK\x05\x06" + bytes(18), "holds no feed"),
        (b"\xd0\xcf\x11\xe0", "an Excel workbook of the old kind: open it in its program, save it as CSV"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(content)
    with pytest.raises(InvalidFeed) as refused:
        list(PeopleFile(file))
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (b"1,Okafor", "The same id is in an earlier row"),
        (b",Okafor", "The row has no id"),
        (b"2,Okafor, Rosalind", "The row has 3 cells, the first line 2"),
        (b'2,"Okafor', "a quote that is never closed"),
        (b"2," + b"x" * 200_000, "surname is 200,000 letters long"),
    ],
)
def test_a_bad_row_is_set_aside_and_the_rest_is_compared(tmp_path: Path, row: bytes, says: str) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id,surname\n1,Okafor\n" + row + b"\n3,Lee\n")
    people = PeopleFile(file)
    assert [each.id for each in people if each.surname] == ["1", "3"]
    assert says in people.report[0] and "in line 3" in people.report[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_dp9_a_dry_run_reads_what_a_feed_reads(tmp_path: Path, encoding: str, delimiter: str) -> None:
    file = tmp_path / "a.csv"
    text = "Client Number,ClientFirst,Last Name,Cell Phone,Patients\n7,Zoë,Müller,740-555-0163,Bella\n"
    file.write_bytes(text.replace(",", delimiter).encode(encoding))
    [person] = PeopleFile(file)
    assert person == Person("7", "Zoë", "Müller", phone="740-555-0163", patients=(Patient("Bella"),))


def test_a_dry_run_reads_a_whole_feed(tmp_path: Path) -> None:
    file = tmp_path / "feed.ndjson"
    rows = (
        '{"kind": "client", "id": 1, "name": "Lee, Ann"}\n{"kind": "patient", "id": 2, "client_id": 1, "name": "Rex"}\n'
    )
    file.write_text(rows)
    assert list(PeopleFile(file)) == [Person("1", "Ann", "Lee", patients=(Patient("Rex"),))]
