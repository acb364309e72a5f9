"""Damaged values are left out or asked about, and never guessed."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.reader import Feed, open_feed, refuse_no_table
from pharmacy.feeds.rows import Rejection, Row

TODAY = date(2026, 11, 22)
CLIENT = ("given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
PATIENT = (
    *("client", "name", "species", "breed", "birth_date", "age_months", "age_on", "weight_grams"),
    *("deceased", "deceased_on"),
)


class Found:
    """A feed that was read to its end: the values by ids, the rejections, and the report."""

    def __init__(self, folder: Path, content: str | bytes, name: str) -> None:
        path = folder / "feed"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        self.feed: Feed = open_feed(path, name)
        refuse_no_table(path, name)
        rows = list(self.feed.rows(TODAY))
        self.rejected = [row for row in rows if isinstance(row, Rejection)]
        self.rows = {
            row.id: dict(zip(CLIENT if row.kind == "client" else PATIENT, row.values, strict=True))
            for row in rows
            if isinstance(row, Row)
        }

    @property
    def report(self) -> str:
        return "\n".join(self.feed.report)

    def of(self, name: str) -> list[Any]:
        return [row[name] for row in self.rows.values()]


def clients(folder: Path, content: str | bytes) -> Found:
    return Found(folder, content, "clients.csv")


def patients(folder: Path, columns: str, *rows: str) -> Found:
    lines = [f"id,client_id,name,{columns}", *(f"P{number},C1,Rex,{row}" for number, row in enumerate(rows, start=1))]
    return Found(folder, "\n".join(lines) + "\n", "patients.csv")


@pytest.mark.parametrize(
    ("species", "weight", "grams"),
    [
        ("horse", '"1,100 lb"', 498_952),
        ("horse", '"1,250 lbs"', 566_990),
        ("dog", '"70,000 g"', 70_000),
        ("dog", '"4,5 kg"', 4_500),
        ("horse", '"1.034,5 kg"', 1_034_500),
        ("horse", '"1,034.5 kg"', 1_034_500),
        ("horse", "1 034 lb", 469_015),
        ("cat", "4.500 kg", 4_500),
        ("cat", '"0,350 kg"', 350),
        ("dog", "12 lb 4 oz", 5_557),
        ("dog", "12# 4oz", 5_557),
        ("dog", "9lbs 8.5ozs", 4_323),
        ("dog", '"12 lbs, 4 ozs."', 5_557),
        ("cat", "3 kg 250 g", 3_250),
        ("dog", ".5 kilos", 500),
        ("dog", '"1,100 lb"', None),
        ("dog", '"1,234 kg"', None),
        ("", '"1,234 kg"', None),
        ("horse", "1.100 kg", None),
        ("dog", "12 lb 20 oz", None),
        ("dog", "12.5 lb 4 oz", None),
        ("dog", "12 lb 4", None),
        ("dog", "12-14 lb", None),
        ("dog", '"1,23,4 kg"', None),
        ("dog", "12.5.2020 kg", None),
        ("horse", "499 g", None),
    ],
)
def test_a_weight_is_read_or_left_out_and_never_wrong(
    tmp_path: Path, species: str, weight: str, grams: int | None
) -> None:
    found = patients(tmp_path, "species,weight", f"{species},{weight}")
    assert found.of("weight_grams") == [grams]
    assert [each.field for each in found.rejected] == ([] if grams else ["weight"])


@pytest.mark.parametrize(
    ("proof", "grams"), [('"12,5"', 1_234), ("12.5", 1_234_000), ('"1.234,5"', 1_234), ("x", None), ('"9,5";3.5', None)]
)
def test_a_column_proves_its_decimal_mark(tmp_path: Path, proof: str, grams: int | None) -> None:
    rows = ['cow,"1,234"', *(f"cow,{each}" for each in proof.split(";"))]
    if grams == 1_234:
        rows[0] = 'rabbit,"1,234"'
    found = patients(tmp_path, "species,weight_kg", *rows)
    if proof in ("x", '"9,5";3.5'):
        # A cow of 1,234 kg is the only one possible.
        grams = 1_234_000
    assert found.of("weight_grams")[0] == grams


def test_weights_of_all_styles_in_one_column_are_never_wrong_by_a_thousand(tmp_path: Path) -> None:
    rows = 'horse,"1,100 lb"', ',"1,100 lb"', 'dog,"70,000 g"', 'dog,"4,5 kg"', 'horse,"1.034,5 kg"', "dog,9 lb 8 oz"
    found = patients(tmp_path, "species,weight", *rows)
    assert found.of("weight_grams") == [None, None, None, 4_500, 1_034_500, 4_309]
    assert len(found.rejected) == 3


@pytest.mark.parametrize(
    ("columns", "row", "grams"),
    [
        ("weight_lb,weight_oz", "1,15", 879),
        ("weight_lb,weight_oz", "12,", 5_443),
        ("weight_lb,weight_oz", ",8", 227),
        ("weight_lb,weight_oz", "0,8", 227),
        ("Weight (lbs),Weight (oz)", "1,15", 879),
        ("weight_lb,weight_oz", "1.5,8", None),
        ("weight_kg,weight_lb", "5,11", 5_000),
        ("weight_kg,weight_lb", "5,5", None),
    ],
)
def test_columns_of_one_weight_belong_together(tmp_path: Path, columns: str, row: str, grams: int | None) -> None:
    assert patients(tmp_path, columns, row).of("weight_grams") == [grams]


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["03/08/2020", "26/06/2019"], [date(2020, 8, 3), date(2019, 6, 26)]),
        (["03/08/2020", "06/26/2019"], [date(2020, 3, 8), date(2019, 6, 26)]),
        (["03-08-2020", "26-06-2019 00:00:00"], [date(2020, 8, 3), date(2019, 6, 26)]),
        (["03/08/2020", "05/11/2021"], [None, None]),
        (["03/08/2020", "26/06/2019", "06/26/2019"], [None, date(2019, 6, 26), date(2019, 6, 26)]),
        (["07/07/2020", "31.12.2020"], [date(2020, 7, 7), date(2020, 12, 31)]),
        (["31-Dec-2020", "Dec 31, 2020", "2020/12/31", "2020-12-31"], [date(2020, 12, 31)] * 4),
        (["5/31/2021 12:00:00 AM", "2021-05-31 00:00:00.000"], [date(2021, 5, 31)] * 2),
        (["12/31/20201", "6/25/2020 garbage", "2020-12-31x", "44196", "12/31/20", "0000-00-00"], [None] * 6),
        (["31/02/2020", "13/13/2020", "1900-01-01"], [None] * 3),
    ],
)
def test_a_date_is_read_as_its_column_proves(tmp_path: Path, cells: list[str], dates: list[date | None]) -> None:
    found = patients(tmp_path, "birth_date", *(f'"{cell}"' for cell in cells))
    assert found.of("birth_date") == dates
    assert len(found.rejected) == dates.count(None)
    assert all("birth_date" in each.reason for each in found.rejected)


@pytest.mark.parametrize(
    ("columns", "row", "deceased", "since", "reason"),
    [
        ("deceased", "Euthanized", True, None, ""),
        ("deceased", "PTS", True, None, ""),
        ("deceased", "Deceased 3/24/2024", True, date(2024, 3, 24), ""),
        ("deceased", "died on 2024-03-24", True, date(2024, 3, 24), ""),
        ("deceased", "Deceased 3/4/2024", True, None, "may be day or month first"),
        ("deceased", "Living", False, None, ""),
        ("deceased", "-1", True, None, ""),
        ("deceased", "X", None, None, "neither yes nor no"),
        ("deceased", "2027-01-01", None, None, "in the future"),
        ("deceased", "NULL", None, None, ""),
        ("Patient Status", "Deceased", True, None, ""),
        ("Patient Status", "Inactive", None, None, ""),
        ("Patient Status", "Inactive (Deceased)", True, None, ""),
        ("Patient Status", "Not deceased", None, None, ""),
        ("Patient Status", "Expired", None, None, ""),
        ("deceased,deceased_on", "N,2024-05-01", None, None, "contradicts"),
        ("deceased,deceased_on", "Y,2024-05-01", True, date(2024, 5, 1), ""),
        ("deceased,status", "N,Deceased", None, None, "contradicts"),
        ("deceased_on", "2024-05-01", True, date(2024, 5, 1), ""),
        ("birth_date,deceased_on", "2020-01-01,2019-01-01", True, None, "before the day of birth"),
    ],
)
def test_who_is_deceased(
    tmp_path: Path, columns: str, row: str, deceased: bool | None, since: date | None, reason: str
) -> None:
    found = patients(tmp_path, columns, row)
    assert (found.of("deceased"), found.of("deceased_on")) == ([deceased], [since])
    assert (reason in " ".join(each.reason for each in found.rejected)) and bool(found.rejected) == bool(reason)


@pytest.mark.parametrize(
    "word",
    ["NULL", "\\N", "nan", "NaN", "None", "(null)", "-", "N/A", "n/a", "#N/A", "<NA>", "undefined", "Null ", "nil"],
)
def test_a_word_for_nothing_is_a_blank_cell_in_any_field(tmp_path: Path, word: str) -> None:
    header = "id,name,street,street_2,city,state,postcode,phone,email\n"
    found = clients(tmp_path, header + "C1,Ann Lee" + f",{word}" * 7 + "\n" + f"{word},Bo Park,,,,,,,\n")
    assert found.rows["C1"] == {**dict.fromkeys(CLIENT), "given_name": "Ann", "surname": "Lee"}
    assert [each.reason for each in found.rejected] == ["The row has no id."]
    assert "NULL or N/A was read as a blank cell (8 times, in lines 2, 2, 2 and more)" in found.report


def test_people_whose_names_are_such_words_keep_them(tmp_path: Path) -> None:
    found = clients(tmp_path, "id,given_name,surname\nC1,Nan,Null\nC2,NULL,\\N\nC3,Nil,Na\n")
    assert [(row["given_name"], row["surname"]) for row in found.rows.values()] == [
        ("Nan", "Null"),
        (None, None),
        ("Nil", "Na"),
    ]


@pytest.mark.parametrize("error", ["#REF!", "########", "#NAME?", "#VALUE!", "#DIV/0!", "#WERT!", "Err:502", "#NULL!"])
def test_an_error_of_a_spreadsheet_is_left_out(tmp_path: Path, error: str) -> None:
    found = clients(tmp_path, f"id,name,street,phone\nC1,Ann Lee,{error},{error}\n{error},Bo Park,,\n")
    assert (found.rows["C1"]["street"], found.rows["C1"]["phone"]) == (None, None)
    assert [each.field for each in found.rejected] == ["street", "phone", ""]
    assert list(found.rows) == ["C1"] and "street is an error of a spreadsheet" in found.report


def test_a_formula_that_keeps_zeros_is_its_text(tmp_path: Path) -> None:
    row = '"=""00101""",Ann Lee,="02134",\'=\n'
    found = clients(tmp_path, "id,name,zip,street\n" + row)
    assert found.rows["00101"]["postcode"] == "02134" and found.rejected == []
    assert "was read as the text in it (2 times, in lines 2, 2)" in found.report


@pytest.mark.parametrize(
    "id", ["1.23457E+11", "1E+05", "1,23457E+11", "1.2E5", "12-Mar", "Mar-12", "3/12/2024", "#REF!", "########"]
)
def test_an_id_that_a_spreadsheet_destroyed_gives_nobody_anything(tmp_path: Path, id: str) -> None:
    lines = "id,client_id,name\n" + "".join(f'P{number},"{id}",Rex\n' for number in range(3)) + "P9,C1,Max\n"
    found = Found(tmp_path, lines, "patients.csv")
    assert list(found.rows) == ["P9"] and len(found.rejected) == 3
    found = clients(tmp_path, f'id,name\nC1,Ann Lee\n"{id}",Bo Park\n')
    assert list(found.rows) == ["C1"] and found.rejected[0].field == ""
    assert "we cannot tell whose they are" in found.feed.damage.questions()[0]


@pytest.mark.parametrize("ids", [["101.0", "C2"], ["123456789012345000", "123456789012346000"], ["9876543210987650"]])
def test_an_id_that_went_through_a_spreadsheet_is_asked_about(tmp_path: Path, ids: list[str]) -> None:
    found = clients(tmp_path, "id,name\n" + "".join(f"{id},Ann Lee\n" for id in ids))
    assert list(found.rows) == ids and len(found.feed.damage.questions()) == 1


@pytest.mark.parametrize("ids", [["00101", "1E5", "12-3"], ["1234567890123450", "1234567890123456"], ["A-1.5", "7"]])
def test_other_ids_are_ids(tmp_path: Path, ids: list[str]) -> None:
    found = clients(tmp_path, "id,name\n" + "".join(f"{id},Ann Lee\n" for id in ids))
    assert list(found.rows) == ids and found.feed.damage.questions() == []


@pytest.mark.parametrize(
    ("phone", "kept"),
    [
        ("7.405550163E+09", "7405550163"),
        ("7405550163.0", "7405550163"),
        ("7.40555E+09", None),
        ("555-1212", None),
        ("(740) 555-1212", None),
        ("123-456-7890", None),
        ("000-000-0000", None),
        ("740.555.0163", "740.555.0163"),
        ("740-555-0163 / 740-555-0199", "740-555-0163 / 740-555-0199"),
    ],
)
def test_a_phone_is_a_phone(tmp_path: Path, phone: str, kept: str | None) -> None:
    found = clients(tmp_path, f"id,name,phone\nC1,Ann Lee,{phone}\n")
    assert found.of("phone") == [kept] and [each.field for each in found.rejected] == ([] if kept else ["phone"])


@pytest.mark.parametrize(
    "email",
    [
        *("none@none.com", "noemail@wexhamvet.example", "no@email.com", "declined@clinic.com", "no.email@mail.example"),
        *("x@x.com", "123@123.com", "donotemail@vet.example", "ann@noemail.org", "NoReply@mail.example"),
    ],
)
def test_an_address_of_nobody_is_none(tmp_path: Path, email: str) -> None:
    found = clients(tmp_path, f"id,name,email\nC1,Ann Lee,{email}\n")
    assert found.of("email") == [None] and "typed where there is none" in found.report


@pytest.mark.parametrize("street", ["Unknown", "no address", "N/A given", "Same as above", "Moved"])
def test_a_street_of_nowhere_is_none(tmp_path: Path, street: str) -> None:
    found = clients(tmp_path, f"id,name,street\nC1,Ann Lee,{street}\n")
    assert found.of("street") == [None] and "typed where there is none" in found.report


@pytest.mark.parametrize("street", ["No Name Rd", "General Street", "Testa Way", "12 Unknown Ln"])
def test_a_street_of_an_odd_name_is_kept(tmp_path: Path, street: str) -> None:
    assert clients(tmp_path, f"id,name,street\nC1,Ann Lee,{street}\n").of("street") == [street]


@pytest.mark.parametrize("email", ["smith@smith.com", "noemi@mail.example", "nona@mail.example"])
def test_an_address_of_somebody_is_kept(tmp_path: Path, email: str) -> None:
    assert clients(tmp_path, f"id,name,email\nC1,Ann Lee,{email}\n").of("email") == [email]


def test_usual_names_of_columns_are_read_and_others_named(tmp_path: Path) -> None:
    header = "ClientID,ClientFirst,ClientLast,Home Phone,Cell Phone,Fax,Balance Due,E-Mail Address,Client Type"
    row = "C1,Ann,Lee,740-555-0163,740-555-0199,740-555-0100,12.50,ann@mail.example,A"
    found = clients(tmp_path, f"{header}\n{row}\nC2,Bo,Park,740-555-0164,,,,,\n")
    assert found.of("phone") == ["740-555-0199", "740-555-0164"] and found.of("given_name") == ["Ann", "Bo"]
    assert found.of("email")[0] == "ann@mail.example"
    assert "clients.csv has columns of which nothing is taken: Fax, Balance Due, Client Type." in found.report
    header = "Patient Number,Client Number,PetName,Client Name,AnimalType,DOB,Weight (lbs.)"
    found = Found(tmp_path, f"{header}\n1,7,Rex,Ann Lee,dog,2020-01-02,10\n", "patients.csv")
    assert found.rows["1"]["client"] == "7" and found.rows["1"]["name"] == "Rex"
    assert found.rows["1"]["weight_grams"] == 4_536 and "nothing is taken: Client Name." in found.report


@pytest.mark.parametrize(
    "before", ["sep=;\n", "sep=;\r\n\n", '"sep=;"\n', "Clients of Riverside\n\n", "Report;;\n1;2\n"]
)
def test_lines_above_the_names_of_columns_are_skipped(tmp_path: Path, before: str) -> None:
    found = clients(tmp_path, f"{before}id;name;street\nC1;Ann Lee;1 Main St\n\nTotal: 1;;\n;;\n")
    assert list(found.rows) == ["C1"] and found.of("street") == ["1 Main St"]
    assert "is a total" in found.rejected[0].reason
    skipped = "was" if before.startswith("Clients") else "were"
    assert (f"and {skipped} skipped" in found.report) == ("sep" not in before)


@pytest.mark.parametrize(
    ("content", "name", "says"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "clients.xls", "an Excel workbook of the old kind: .*save it as CSV"),
        (b"%PDF-1.7\n", "clients.pdf", "a PDF"),
        (b"\n<html><table><tr><td>id</td></tr></table>", "clients.xls", "a web page: .*save it as CSV"),
        (b'\xef\xbb\xbf<?xml version="1.0"?><Workbook>', "clients.xls", "an XML file"),
        (b'[\n {"id": "1", "name": "Ann Lee"}]', "clients.json", "a JSON array: send NDJSON"),
        (b"{\\rtf1 id,name}", "clients.csv", "a text document"),
        (b"SQLite format 3\0", "clients.db", "a database"),
    ],
)
def test_another_kind_of_file_is_named(tmp_path: Path, content: bytes, name: str, says: str) -> None:
    with pytest.raises(InvalidFeed, match=says):
        Found(tmp_path, content, name)


def test_a_workbook_in_a_zip_is_named(tmp_path: Path) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("clients.xlsx", b"PK\x03\x04")
    with pytest.raises(InvalidFeed, match=r"clients.xlsx is a workbook of a spreadsheet: .*save it as CSV"):
        Found(tmp_path, file.getvalue(), "feed.zip")


@pytest.mark.parametrize(
    ("member", "says"), [("xl/workbook.xml", "clients.xlsx is an Excel workbook"), ("content.xml", "an OpenDocument")]
)
def test_a_workbook_is_named(tmp_path: Path, member: str, says: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr(member, "<x/>")
    with pytest.raises(InvalidFeed, match=f"{says}.*: open it in its program, save it as CSV"):
        Found(tmp_path, file.getvalue(), "clients.xlsx")


def test_one_byte_of_windows_1252_in_utf_8_is_that_letter_only(tmp_path: Path) -> None:
    rows = b"".join("C{},José,Peña\n".replace("{}", str(number)).encode() for number in range(5))
    found = clients(tmp_path, b"id,given_name,surname\n" + rows + "C9,Zoë,Müller\n".encode("cp1252"))
    assert found.of("given_name") == ["José"] * 5 + ["Zoë"] and found.of("surname")[-1] == "Müller"
    assert "UTF-8 except for some letters, which were read as Windows-1252 (lines 7)" in found.report


@pytest.mark.parametrize("text", ["JosÃ©", "PeÃ±a", "MÃ¼ller-Ã–zgÃ¼r", "ZoÃƒÂ«", "Oâ€™Neil"])
def test_text_encoded_twice_is_mended(tmp_path: Path, text: str) -> None:
    right = {"JosÃ©": "José", "PeÃ±a": "Peña", "MÃ¼ller-Ã–zgÃ¼r": "Müller-Özgür", "ZoÃƒÂ«": "Zoë", "Oâ€™Neil": "O’Neil"}
    found = clients(tmp_path, f"id,given_name,surname\nC1,Ann,{text}\n")
    assert found.of("surname") == [right[text]] and "encoded twice was mended (once, in line 2)" in found.report


def test_text_that_cannot_be_mended_is_left_out(tmp_path: Path) -> None:
    found = clients(tmp_path, "id,given_name,surname\nC1,Ann,JosÃ©é\nC2,Bo,Jos\ufffd\n")
    assert found.of("surname") == [None, None] and len(found.rejected) == 2


@pytest.mark.parametrize("encoding", ["mac_roman", "cp437", "cp850"])
def test_an_encoding_that_is_not_known_loses_the_accents_only(tmp_path: Path, encoding: str) -> None:
    names = ["José", "Peña", "Müller", "Zoë", "André", "Núñez"]
    text = "id,given_name,surname\n" + "".join(f"C{number},Ann,{name}\n" for number, name in enumerate(names))
    found = clients(tmp_path, text.encode(encoding) + b"D1,Bo,Park\n")
    assert found.of("surname") == [None] * 6 + ["Park"] and found.rejected
    assert "neither UTF-8 nor Windows-1252" in found.report


def test_fields_of_objects_that_are_passed_over_are_named(tmp_path: Path) -> None:
    rows = (
        '{"kind": "client", "id": 1, "name": "Ann Lee", "fax": "1"}\n{"kind": "client", "id": 2, "lastName": "Park"}\n'
    )
    found = Found(tmp_path, rows, "feed.ndjson")
    assert found.rows["2"]["surname"] == "Park"
    assert found.feed.report == ["feed.ndjson (clients) has columns of which nothing is taken: fax."]


def test_a_number_of_json_keeps_its_digits(tmp_path: Path) -> None:
    rows = '{"kind": "client", "id": 12345678901234567890, "name": "Ann Lee"}\n'
    rows += '{"kind": "client", "id": 1.23457E+11, "name": "Bo Park"}\n'
    assert list(Found(tmp_path, rows, "feed.ndjson").rows) == ["12345678901234567890"]
