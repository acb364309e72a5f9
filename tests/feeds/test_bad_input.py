"""Whatever is sent: what can be read is read, and what cannot is told in a sentence."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pharmacy.feeds import container
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.folder import as_file
from pharmacy.feeds.reader import Feed, open_feed, refuse_no_table
from pharmacy.feeds.rows import Rejection, Row

TODAY = date(2026, 11, 22)
STORED, STORED_OTHERWISE = b"\x14\x00\x00\x00\x08\x00", b"\x14\x00\x00\x00\x61\x00"
"""How a zip file says by which method an entry is packed: the usual one, and one that nobody but its maker reads."""
CLIENTS = "id,given_name,surname,street,city,state,postcode,phone,email\n"
ANN = "C1,Ann,Lee,1 Main St,Springfield,IL,62701,555-0101,ann@mail.example\n"
BO = "C2,Bo,Park,2 Main St,Springfield,IL,62701,555-0102,bo@mail.example\n"
PETS = "id,client_id,name,species,breed,birth_date,weight,weight_unit,deceased\n"
REX = "P1,C1,Rex,dog,Beagle,2019-05-01,12.5,kg,no\n"


def open_content(folder: Path, content: bytes, name: str = "clients.csv") -> Feed:
    path = folder / "feed"
    path.write_bytes(content)
    feed = open_feed(path, name)
    refuse_no_table(path, name)
    return feed


def read(folder: Path, content: bytes, name: str = "clients.csv") -> tuple[list[Row], list[Rejection]]:
    rows = list(open_content(folder, content, name).rows(TODAY))
    return [row for row in rows if isinstance(row, Row)], [row for row in rows if isinstance(row, Rejection)]


def packed(**files: str) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("_", "."), content)
    return into.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    text = CLIENTS + ANN.replace("Ann", "Zoë").replace("Lee", "Müller-Peña") + BO * 1
    rows, rejected = read(tmp_path, text.encode(encoding))
    assert [row.values[:2] for row in rows] == [("Zoë", "Müller-Peña"), ("Bo", "Park")] and rejected == []
    notes = open_content(tmp_path, text.encode(encoding)).notes
    assert any("Windows-1252" in note for note in notes) == (encoding == "cp1252")


def test_a_letter_beyond_the_first_megabyte_decides_too(tmp_path: Path) -> None:
    many = "".join(ANN.replace("C1", f"C{number}") for number in range(20_000))
    rows, _ = read(tmp_path, (CLIENTS + many).encode() + "X1,Zoë,Lee,,,,,,\n".encode("cp1252"))
    assert rows[-1].values[0] == "Zoë"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter(tmp_path: Path, delimiter: str) -> None:
    rows, _ = read(tmp_path, (CLIENTS + ANN).replace(",", delimiter).encode())
    assert rows[0].values[2] == "1 Main St"


def test_columns_without_a_name_do_not_matter(tmp_path: Path) -> None:
    rows, rejected = read(tmp_path, b"id,name,,,\nC1,Ann Lee,,,\nC2,Bo Park\nC3,Cy Day,,,,,\n")
    assert [row.id for row in rows] == ["C1", "C3"] and [each.line for each in rejected] == [3]


def test_quotes_and_embedded_newlines(tmp_path: Path) -> None:
    row = 'C1,"Ann ""Annie""",Lee,"1 Main St\nApt 4",Springfield,IL,62701,555,a@b.example\n'
    rows, rejected = read(tmp_path, (CLIENTS + row + BO).encode())
    assert rows[0].values[0] == 'Ann "Annie"' and rows[0].values[2] == "1 Main St, Apt 4"
    assert rows[1].line == 4 and rejected == []


@pytest.mark.parametrize(
    "broken",
    [
        'C9,"Ann,Lee,1 Main St,Springfield,IL,62701,555,a@b.example\n',
        "C9,Ann\n",
        'C9,"Ann" x,Lee,,,,,,\n',
        ",,,,,,,,\n",
    ],
)
def test_a_broken_row_takes_no_other_with_it(tmp_path: Path, broken: str) -> None:
    more = "".join(BO.replace("C2", f"C{number}") for number in range(20, 3_000))
    rows, rejected = read(tmp_path, (CLIENTS + ANN + broken + BO + more).encode())
    assert [each.line for each in rejected] == [3]
    assert [row.id for row in rows[:3]] == ["C1", "C2", "C20"] and len(rows) == 2_982
    assert rejected[0].raw == broken


def test_an_open_quote_in_the_last_cell_takes_no_other_row_with_it(tmp_path: Path) -> None:
    rows, rejected = read(tmp_path, (CLIENTS + ANN.replace("ann@", '"ann@') + BO + REX).encode())
    assert [row.id for row in rows] == ["C2", "P1"]
    assert "never closed" in rejected[0].reason and rejected[0].line == 2


def test_a_cell_of_ten_megabytes_is_one_value_too_long(tmp_path: Path) -> None:
    big = ANN.replace("1 Main St", "x" * 10_000_000)
    rows, rejected = read(tmp_path, (CLIENTS + big + BO).encode())
    assert [row.id for row in rows] == ["C1", "C2"] and rows[0].values[2] is None
    assert rejected[0].reason == "street is 10,000,000 letters long; 500 is the most: the value is left out."
    assert len(rejected[0].raw) == 300


def test_a_line_without_end_is_no_reason_to_run_out_of_memory(tmp_path: Path) -> None:
    rows, rejected = read(tmp_path, (CLIENTS + ANN).encode() + b"y" * 40_000_000 + b"\n" + BO.encode())
    assert [row.id for row in rows] == ["C1", "C2"] and rejected


def test_missing_columns_are_named_with_what_was_found(tmp_path: Path) -> None:
    with pytest.raises(InvalidFeed) as problem:
        open_content(tmp_path, b"number,first name,town\n1,Ann,Peoria\n")
    assert str(problem.value) == "clients.csv needs a column id; found were: number, first name, town."
    with pytest.raises(
        InvalidFeed, match=r"patients.csv needs a column client_id, and a column name; found were: id, breed\."
    ):
        open_content(tmp_path, b"id,breed\n", "patients.csv")
    assert open_content(tmp_path, b"id,name\nC1,Ann Lee\n").notes == [
        "clients.csv has no column for address: nothing is taken or changed there.",
        "clients.csv has no column for phone: nothing is taken or changed there.",
        "clients.csv has no column for e-mail: nothing is taken or changed there.",
    ]


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"\n\n", "clients.csv", "clients.csv is empty"),
        (b"id,id,name\n", "clients.csv", "the column id more than once"),
        (packed(**{"notes_csv": "id,name\n", "patients_csv": PETS}), "feed.zip", "notes.csv is not known"),
        (packed(), "feed.zip", "feed.zip holds no feed"),
        (packed(**{f"clients{number}_csv": CLIENTS for number in range(30)}), "feed.zip", "holds 30 files"),
        (packed(**{"manifest_json": "[", "clients_csv": CLIENTS}), "feed.zip", "manifest.json is not JSON"),
        (packed(**{"manifest_json": '{"made_at": "2026-11-22"}', "clients_csv": CLIENTS}), "x.zip", "has no time zone"),
        (packed(**{"manifest_json": '{"scope": "half"}', "clients_csv": CLIENTS}), "x.zip", "must be full or changes"),
        (packed(**{"clients_csv": CLIENTS})[:-30], "feed.zip", "damaged"),
        (gzip.compress((CLIENTS + ANN * 9_000).encode())[:-200], "clients.csv.gz", "damaged"),
        (packed(**{"clients_csv": CLIENTS}).replace(b"clients", b"cli\0nts", 1), "feed.zip", "damaged"),
        (packed(**{"clients_csv": CLIENTS}).replace(STORED, STORED_OTHERWISE), "feed.zip", "packed in an unusual way"),
        (b'{"kind": "feed", "made_at": "0001-01-01T00:00:00+14:00"}', "feed.ndjson", "is not a time"),
    ],
)
def test_an_invalid_feed_is_refused_in_one_sentence(tmp_path: Path, content: bytes, name: str, says: str) -> None:
    with pytest.raises(InvalidFeed, match=says) as problem:
        list(open_content(tmp_path, content, name).rows(TODAY))
    assert str(problem.value).count("\n") == 0


@pytest.mark.parametrize("how", ["zip", "gzip"])
def test_a_decompression_bomb_is_refused(tmp_path: Path, how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(container, "RATIO_FLOOR", 1_000_000)
    content = CLIENTS + "x" * 30_000_000
    bomb = packed(clients_csv=content) if how == "zip" else gzip.compress(content.encode())
    with pytest.raises(InvalidFeed, match="unpacks to more than"):
        open_content(tmp_path, bomb, f"clients.csv.{how}")


def test_a_zip_of_both_with_a_manifest(tmp_path: Path) -> None:
    manifest = json.dumps({"made_at": "2026-11-20T18:00:00-06:00", "scope": "changes", "practice": "riverside"})
    content = packed(**{"patients_csv": PETS + REX, "clients_csv": CLIENTS + ANN, "manifest_json": manifest})
    feed = open_content(tmp_path, content, "feed.zip")
    assert feed.made_at and feed.made_at.isoformat() == "2026-11-21T00:00:00+00:00"
    assert (feed.scope, feed.practice) == ("changes", "riverside")
    assert [row.id for row in feed.rows(TODAY) if isinstance(row, Row)] == ["C1", "P1"]


def test_a_folder_is_packed_alike_every_time(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "clients.csv").write_text(CLIENTS + ANN)
    (tmp_path / "in" / "patients.csv").write_text(PETS + REX)
    packs = []
    for _ in range(2):
        with as_file(tmp_path / "in") as (file, name):
            packs.append(file.read_bytes())
            assert name == "in.zip" and len(list(open_feed(file, name).rows(TODAY))) == 2
    assert packs[0] == packs[1]


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "not JSON"),
        ("[1]", "not a JSON object"),
        ('{"kind": "client", "id": "1", "name": {"first": "Ann"}}', "'name' holds more than one value"),
        ('{"id": "1", "na\\u0000me\\ud800": ["Ann"]}', "'name?' holds more than one value"),
        ('{"kind": "cat", "id": "1"}', "neither client nor patient"),
        ('{"id": "1"}', "neither client nor patient"),
        ('{"kind": "client", "id": null}', "has no id"),
        ('{"kind": "client", "id": "' + "9" * 70 + '"}', "an id has 64 at most"),
        ('{"kind": "patient", "id": 1, "name": "Rex"}', "has no client_id"),
    ],
)
def test_a_bad_line_of_ndjson(tmp_path: Path, line: str, says: str) -> None:
    good = '{"kind": "client", "id": 7, "name": "Ann Lee"}'
    rows, rejected = read(tmp_path, f"{line}\n\n{good}\n".encode(), "feed.ndjson")
    assert [(row.id, row.line) for row in rows] == [("7", 3)]
    assert says in rejected[0].reason and rejected[0].line == 1


@pytest.mark.parametrize(
    ("pet", "field", "value"),
    [
        ({"weight": "12,5 kg"}, "weight_grams", 12_500),
        ({"weight": "10", "weight_unit": "lb"}, "weight_grams", 4_536),
        ({"weight_lb": "10"}, "weight_grams", 4_536),
        ({"weight": "350 g"}, "weight_grams", 350),
        ({"weight": "0", "weight_unit": "kg"}, "weight_grams", None),
        ({"weight": "12.5"}, "says", "has no unit"),
        ({"weight": "12 stone"}, "says", "unit 'stone'"),
        ({"weight_kg": "-3"}, "says", "not a possible weight for an animal"),
        ({"weight_kg": "fat"}, "says", "is not a weight"),
        ({"weight_kg": "44", "species": "Cat"}, "says", "more than any cat weighs"),
        ({"weight_kg": "44000"}, "says", "more than any animal weighs"),
        ({"birth_date": "5/31/2021"}, "birth_date", date(2021, 5, 31)),
        ({"birth_date": "2021-05-31T00:00:00"}, "birth_date", date(2021, 5, 31)),
        ({"birth_date": "2026-11-24"}, "says", "in the future"),
        ({"birth_date": "1899-12-30"}, "says", "120 years ago"),
        ({"birth_date": "31.05.2021"}, "birth_date", date(2021, 5, 31)),
        ({"age": "3.5"}, "age_months", 42),
        ({"age": "2 years 3 months"}, "age_months", 27),
        ({"age": "10 wks"}, "age_months", 2),
        ({"age": "old"}, "says", "is not an age"),
        ({"age": "400"}, "says", "not a possible age for an animal"),
        ({"deceased": "Y"}, "deceased", True),
        ({"deceased": "2026-01-05"}, "deceased_on", date(2026, 1, 5)),
        ({"deceased": "maybe"}, "says", "neither yes nor no"),
        ({"name": "\u0000Re\u202ex\u0007"}, "name", "Rex"),
        ({"name": "Ze\u0301"}, "name", "Zé"),
        ({"name": "玉"}, "name", "玉"),
        ({"name": ""}, "name", None),
    ],
)
def test_values_of_a_patient(tmp_path: Path, pet: dict[str, str], field: str, value: Any) -> None:
    columns = ("client", "name", "species", "breed", "birth_date", "age_months", "age_on", "weight_grams")
    line = json.dumps({"kind": "patient", "id": "P1", "client_id": "C1", "name": "Rex", **pet})
    rows, rejected = read(tmp_path, line.encode(), "feed.ndjson")
    values = dict(zip((*columns, "deceased", "deceased_on"), rows[0].values, strict=True))
    if field == "says":
        assert value in rejected[0].reason and rejected[0].id == "P1"
        assert not [name for name in columns[4:] if values[name]]
    else:
        assert (values[field], rejected) == (value, [])


@pytest.mark.parametrize(
    ("cells", "name"),
    [
        ({"name": "Ann Lee"}, ("Ann", "Lee")),
        ({"name": "Lee, Ann"}, ("Ann", "Lee")),
        ({"name": "Suharto"}, ("Suharto", None)),
        ({"name": "Maria del Carmen Ruiz"}, ("Maria del Carmen", "Ruiz")),
        ({"name": ""}, (None, None)),
        ({"first_name": " Ann ", "last_name": "O\u2019Neil"}, ("Ann", "O\u2019Neil")),
    ],
)
def test_names_as_people_write_them(tmp_path: Path, cells: dict[str, str], name: tuple[str | None, str | None]) -> None:
    rows, rejected = read(tmp_path, json.dumps({"kind": "client", "id": "1", **cells}).encode(), "feed.ndjson")
    assert rows[0].values[:2] == name and rejected == []


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (bytes(range(256)) * 40, "photo.png"),
        (b"no table at all", "photo.PNG"),
        (b"\x89PNG\r\n\x1a\n", "photo.csv"),
        (bytes(range(240, 0, -1)) * 40, "clients.ndjson"),
        (gzip.compress(bytes(range(256)) * 40), "clients.csv.gz"),
        (packed(clients_csv="\x01\x02\x03" * 40), "feed.zip"),
    ],
)
def test_what_is_no_text_is_refused_as_it_arrives(tmp_path: Path, content: bytes, name: str) -> None:
    path = tmp_path / "feed"
    path.write_bytes(content)
    with pytest.raises(InvalidFeed) as refused:
        refuse_no_table(path, name)
    assert "column" not in str(refused.value) and "CSV" in str(refused.value)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n", "\r"])
def test_odd_characters_in_a_title_or_a_cell_refuse_no_feed(tmp_path: Path, encoding: str, ends: str) -> None:
    text = f"\x1bClients\x7f\n\n{CLIENTS}{ANN}{BO}".replace("Bo", "B\x02o").replace("\n", ends)
    rows, rejections = read(tmp_path, text.encode(encoding))
    assert [row.id for row in rows] == ["C1", "C2"], rejections
