"""Practice files and tables as other programs write them."""

from __future__ import annotations

import unicodedata
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from desk.practice_columns import ALIASES, AMBIGUOUS, GIVEN_NAMES, SURNAMES, TITLES, UnclearColumns, read_header
from desk.practice_files import request_of
from desk.practice_table import UnusableTable, read_table, request_of_row, too_late
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
    assert [column for _, column in read_header(header).fields] == wanted
    assert [column for _, column in read_header([*header[:3], "Mail", "Mobile"]).fields][3:] == wanted[3:5]
    names = [name for names in ALIASES.values() for name in names] + [*AMBIGUOUS, *GIVEN_NAMES, *SURNAMES]
    names += [name for column, title in TITLES.items() for name in {column.replace("_", " "), title.lower()}]
    letters = [unicodedata.normalize("NFKD", name.casefold()) for name in names]
    plain = ["".join(letter for letter in name if letter.isalnum()) for name in letters]
    assert len(plain) == len(set(plain)), "no name means two columns"


@pytest.mark.parametrize(
    "table",
    [
        "Praxis;Ansprechpartner;E-Mail;Telefon;Straße;PLZ;Ort;Bundesland;Land;Zeitzone\n"
        "Nordstern;Jo Beck;jo@nord.test;030 1234567;Ring 1;10115;Berlin;BE;DE;Europe/Berlin\n",
        "Clínica;Contacto;Correo electrónico;TELEFONO;Estado;País;Zona horaria\n"
        "Nordstern;Jo Beck;jo@nord.test;030 1234567;BE;DE;Europe/Berlin\n",
    ],
)
def test_columns_are_known_in_german_and_spanish_with_and_without_accents(table: str) -> None:
    [row] = read_table(table.encode()).rows
    assert row.request, row.problems
    practice, contact = row.request.practice, row.request.primary_contact
    assert (practice.name, practice.country, practice.state) == ("Nordstern", "DE", "BE")
    assert practice.time_zone == "Europe/Berlin"
    assert (contact.name, contact.email, contact.phone) == ("Jo Beck", "jo@nord.test", "030 1234567")


def test_a_person_says_which_column_is_which_and_what_rows_have_that_say_nothing() -> None:
    table = b"Firma,Partner,E-mail,E-mail address,City\nElm,Jo,jo@elm.test,office@elm.test,Ames\n"
    with pytest.raises(UnclearColumns) as refused:
        read_table(table)
    assert refused.value.columns == ("name", "time_zone", "contact_name", "contact_email")
    assert refused.value.headings == ("Firma", "Partner", "E-mail", "E-mail address", "City")
    chosen = {"Firma": "name", "Partner": "contact_name", "E-mail": "contact_email"}
    read = read_table(table, chosen=chosen, usual={"time_zone": "America/Chicago", "assignee": "ana"})
    [row] = read.rows
    assert row.request and row.request.practice.name == "Elm" and row.request.assignee == "ana"
    assert row.request.primary_contact.email == "jo@elm.test"
    assert row.request.practice.time_zone == "America/Chicago"
    assert read.header.headings == {"name": "Practice name", "contact_name": "Contact", "contact_email": "E-mail"}


@pytest.mark.parametrize(
    ("headings", "row"),
    [
        ("First name,Last name", "Ed,Lee"),
        ("Last Name,First Name", "Lee,Ed"),
        ("Surname,Given name", "Lee,Ed"),
        ("Apellidos,Nombre de pila", "Lee,Ed"),
        ("Vorname,Nachname", "Ed,Lee"),
        ("Contact's last name,Contact's first name", "Lee,Ed"),
    ],
)
def test_a_contacts_name_in_two_columns_is_joined_as_people_are_called(headings: str, row: str) -> None:
    table = f"Practice,TZ,{headings},E-mail\nElm,UTC,{row},ed@elm.test\nOak,UTC,,,jo@oak.test\n"
    read = read_table(table.encode(), left_out=())
    elm, oak = read.rows
    assert elm.request and elm.request.primary_contact.name == "Ed Lee"
    assert oak.problems == ("Contact is missing.",)
    assert ",".join(heading for heading, _ in read.header.fields) == f"Practice,TZ,{headings},E-mail"


def test_a_person_chooses_several_columns_for_the_contacts_name() -> None:
    table = b"Practice,TZ,Title,Called,Clan,E-mail,name\nElm,UTC,Dr.,Ed,Lee,ed@elm.test,\nOak,UTC,,,Roe,r@oak.test,\n"
    chosen = dict.fromkeys(("Title", "Called", "Clan", "name"), "contact_name")
    rows = read_table(table, chosen=chosen, left_out=()).rows
    assert [row.request and row.request.primary_contact.name for row in rows] == ["Dr. Ed Lee", "Roe"]
    assert [row.request and row.request.practice.name for row in rows] == ["Elm", "Oak"]


def test_a_whole_name_counts_before_its_parts_and_one_part_alone_is_asked_about() -> None:
    table = "Practice,TZ,E-mail,First name,{}\nElm,UTC,ed@elm.test,Ed,Ed Lee\n"
    with pytest.raises(UnclearColumns, match="This column is not known: 'First name'"):
        read_table(table.format("Contact").encode(), left_out=())
    with pytest.raises(UnclearColumns, match="There is no column for Contact;"):
        read_table(table.format("Alias").encode(), left_out=())


def test_any_other_column_that_is_chosen_twice_is_told() -> None:
    table = b"Practice,TZ,Contact,E-mail,Desk,Lab\nElm,UTC,Jo,jo@elm.test,312 555 0117,312 555 0118\n"
    with pytest.raises(UnclearColumns) as refused:
        read_table(table, chosen=dict.fromkeys(("Desk", "Lab"), "contact_phone"), left_out=())
    assert str(refused.value) == "“Phone” is chosen twice: keep one. Nothing was started."
    assert refused.value.headings == ("Desk", "Lab") and "contact_phone" in refused.value.free


def test_a_rows_own_value_counts_before_the_usual_one() -> None:
    table = b"Practice,TZ,Contact,E-mail\nElm,UTC,Jo,jo@elm.test\nOak,,Jo,jo@oak.test\n"
    rows = read_table(table, usual={"time_zone": "America/Denver"}).rows
    assert [row.request and row.request.practice.time_zone for row in rows] == ["UTC", "America/Denver"]


@pytest.mark.parametrize(
    ("header", "sentences"),
    [
        (
            "name,name",
            ["no column for Time zone, Contact and E-mail", "'name' is there more than once: keep one of them"],
        ),
        ("E-mail,Contact e-mail", ["The columns 'E-mail', 'Contact e-mail' could each be E-mail: keep one of them"]),
        (
            "Name;Region",
            ["the first line has 'Name', 'Region'.", "'Region' may be Time zone, Country or State: rename"],
        ),
        ("Practice,E-mail", ["no column for Time zone and Contact;", "the state will do instead of the time zone."]),
    ],
)
def test_all_that_keeps_a_table_from_being_read_is_said_at_once(header: str, sentences: list[str]) -> None:
    with pytest.raises(DeskProblem) as refused:
        read_table(f"{header}\nx\n".encode())
    said = str(refused.value)
    assert all(sentence in said for sentence in sentences) and said.endswith("Nothing was started."), said


@pytest.mark.parametrize("data", [bytes(range(256)) * 2, b"Practice,E-mail\nElm\x02,\x1fx\n", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_table_of_text_says_so_and_not_which_columns_it_lacks(data: bytes) -> None:
    with pytest.raises(UnusableTable) as refused:
        read_table(data, "photo.csv")
    assert "column" not in str(refused.value), refused.value


def test_columns_that_are_not_known_are_left_out_and_named() -> None:
    table = read_table(b"Practice,Time zone,Contact,E-mail,City,Region,,Fax\nElm,UTC,Jo,jo@elm.test,Ames,West,,1\n")
    assert table.notes == (
        "These columns are not known, and were not read: 'City', 'Fax'.",
        "The column 'Region' may be Time zone, Country or State, so it was not read. Rename it if it should be read.",
    )
    [row] = table.rows
    assert row.request and row.request.practice.country is None
    assert row.given["City"] == "Ames", "the person gets the table back as it was"


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
@pytest.mark.parametrize("before", ["", "New practices in May\n\n", "sep={}\n"])
def test_tables_are_read_as_spreadsheets_write_them(delimiter: str, encoding: str, before: str) -> None:
    rows = ["Practice", "Time zone", "Contact", "E-mail"], ["Zoë's Vets", "America/Chicago", "Jo", "jo@zoe.test"]
    text = before.format(delimiter) + "".join(delimiter.join(row) + "\r\n" for row in rows)
    table = read_table(text.encode(encoding))
    [row] = table.rows
    assert row.request and row.request.practice.name == "Zoë's Vets" and row.practice == "zoes-vets"
    assert any("Windows-1252. Check" in note for note in table.notes) == (encoding == "cp1252")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        ("Practice,Time zone\nMünchen Süd,Öster\n".encode("cp850"), "save it as CSV UTF-8 and try again"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1", "an Excel workbook of the old kind"),
    ],
)
def test_what_is_no_table_is_said(content: bytes, sentence: str) -> None:
    with pytest.raises(DeskProblem, match=sentence):
        read_table(content)


def test_all_problems_of_a_row_are_said_at_once_in_the_words_of_the_table() -> None:
    table = """Clinic;TZ;Contact person;Mail address;Phone;Clients;Country code;Province;Requested
Elm;Chicago;;nowhere;1;many;US;ZZ;soon
Oak;EST;Lee;lee@oak.test;;4,200;Atlantis;;
Ash;America/Denver;Jo;jo@ash.test;;4'200;;CO;
""".replace("Mail address", "E-mail address")
    elm, oak, ash = read_table(table.encode()).rows
    assert elm.problems == (
        "TZ: There is no time zone 'Chicago'; did you mean America/Chicago?",
        "Clients 'many' must be a whole number.",
        "Contact person is missing.",
        "E-mail address: 'nowhere' is not an e-mail address: An e-mail address must have an @-sign.",
        "Requested 'soon' must be a day of the calendar such as 2026-11-24, or a time such as 2026-11-24 15:00.",
        "Phone: '1' has no telephone number; write one, as in 312 555 0100, or leave it empty.",
        "Province: There is no state of US 'ZZ'; give its code, for example AK.",
    )
    assert oak.problems == (
        "TZ: 'EST' is the time zone of no place; use America/New_York.",
        "Country code: There is no country 'Atlantis'; give its ISO code, for example US.",
    )
    assert ash.problems == ("Province: The state 'CO' needs its country; give that too, for example US.",)


@pytest.mark.parametrize("moment", ["1950-01-01", "1950-01-01 10:00", "2100-01-01T10:00Z"])
def test_a_time_of_another_century_is_told_as_such(moment: str) -> None:
    [row] = read_table(f"Practice,TZ,Contact,E-mail,Requested\nElm,UTC,Jo,jo@elm.test,{moment}\n".encode()).rows
    assert row.problems == (f"Requested '{moment}' must lie in the years 2000 to 2099.",)


def test_a_zone_is_called_as_in_the_united_states_only_there() -> None:
    table = "Practice;TZ;Contact;E-mail;Country\nElm;Pacific;Jo;jo@elm.test;USA\nOak;Eastern;Jo;jo@oak.test;AU\n"
    elm, oak = read_table(table.encode()).rows
    assert elm.request and elm.request.practice.time_zone == "America/Los_Angeles"
    assert oak.problems == ("TZ: There is no time zone 'Eastern'; did you mean US/Eastern?",)


def test_numbers_are_read_however_their_thousands_are_apart() -> None:
    table = "Practice;Time zone;Contact;E-mail;Clients\n" + "".join(
        f"Elm {number};UTC;Jo;jo@elm.test;{count}\n" for number, count in enumerate(("4200", "4,200", "4.200", "4 200"))
    )
    assert [row.request and row.request.practice.client_count for row in read_table(table.encode()).rows] == [4200] * 4


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2026-03-02", "2026-03-02T18:00:00+00:00"),
        ("2026-03-02 15:00", "2026-03-02T21:00:00+00:00"),
        ("2026-03-02T15", "2026-03-02T21:00:00+00:00"),
        ("2026-03-02T15:00Z", "2026-03-02T15:00:00+00:00"),
        ("3/22/2026", "2026-03-22T17:00:00+00:00"),
        ("2 March 2026", "2026-03-02T18:00:00+00:00"),
        ("03/22/2026 15:00", None),
        ("03/02/2026", None),
    ],
)
def test_days_and_times_are_those_of_the_practice(written: str, meant: str | None) -> None:
    table = f"Practice;Time zone;Contact;E-mail;Requested on\nElm;America/Chicago;Jo;jo@elm.test;{written}\n"
    [row] = read_table(table.encode()).rows
    at = row.request.requested_at if row.request else None
    assert (at.isoformat() if at else None) == meant, row.problems


def test_the_days_of_a_table_say_which_number_is_the_month() -> None:
    table = "Practice;Time zone;Contact;E-mail;Came in;Requested on\n" + "".join(
        f"Elm {number};America/Chicago;Jo;jo@elm.test;;{{}}\n" for number in range(2)
    )
    rows = read_table(table.format("03/02/2026", "03/22/2026").encode()).rows
    days = [row.request and row.request.requested_at and f"{row.request.requested_at:%d %b}" for row in rows]
    assert days == ["02 Mar", "22 Mar"]
    first, _ = read_table(table.format("03/02/2026", "03/01/2026").encode()).rows
    asked = "Requested on '03/02/2026' may be day or month first; write it as 2021-05-31."
    assert first.problems == (asked,)


@pytest.mark.parametrize(
    ("zone", "state", "meant"),
    [
        ("Mountain", "CO", ("America/Denver", "US")),
        ("eastern time", "Ohio", ("America/New_York", "US")),
        ("Mountain", "AZ", ("America/Phoenix", "US")),
        ("America/Chicago", "IL", ("America/Chicago", "US")),
        ("Europe/Madrid", "CT", None),
        ("Mountain", "BY", None),
        ("Mountain", "", None),
    ],
)
def test_states_and_zones_of_the_united_states_need_no_country(
    zone: str, state: str, meant: tuple[str, str] | None
) -> None:
    [row] = read_table(f"Practice;TZ;Contact;E-mail;State\nElm;{zone};Jo;jo@elm.test;{state}\n".encode()).rows
    practice = row.request and row.request.practice
    assert (practice and (practice.time_zone, practice.country)) == meant, row.problems
    assert row.given["time_zone"] == zone, "the person gets the table back as it was"


@pytest.mark.parametrize("zones", ["", ";TZ"])
@pytest.mark.parametrize("usual", [None, {"time_zone": "America/Chicago"}])
def test_a_state_of_the_united_states_tells_time_zone_and_country(zones: str, usual: dict[str, str] | None) -> None:
    states = ("ME", "California", "OR", "BY")
    rows = "".join(f"Elm {state};Jo;jo@elm.test;{state}{zones and ';'}\n" for state in states)
    me, california, oregon, bavaria = read_table(
        f"Practice;Contact;E-mail;ST{zones}\n{rows}".encode(), usual=usual
    ).rows
    assert me.request and california.request, (me.problems, california.problems)
    assert (me.request.practice.time_zone, me.request.practice.country) == ("America/New_York", "US")
    assert california.request.practice.time_zone == "America/Los_Angeles"
    no_such = "There is no state 'BY' in the United States; correct it, or give the country if it is in another one."
    assert f"ST: {no_such}" in bavaria.problems
    if usual:
        assert oregon.request and oregon.request.practice.time_zone == "America/Chicago"
    else:
        heading = "TZ" if zones else "Time zone"
        two = f"{heading} is missing, as OR has more than one: give America/Denver or America/Los_Angeles."
        assert oregon.problems == (two,)


@pytest.mark.parametrize(("state", "zone"), [("OR", ""), ("IL", "Nowhere")])
@pytest.mark.parametrize("day", ["2026-03-02", "3/2/2026", "2026-03-02 09:30"])
def test_a_time_whose_zone_is_asked_for_is_not_wrong_itself(state: str, zone: str, day: str) -> None:
    rows = f"Elm;Jo;jo@elm.test;{state};{zone};{day}\nAsh;Al;al@ash.test;ME;;3/25/2026\n"
    elm, ash = read_table(f"Practice;Contact;E-mail;ST;TZ;Requested\n{rows}".encode()).rows
    assert ash.request, ash.problems
    assert elm.problems and not any(said.startswith("Requested") for said in elm.problems), elm.problems


def test_misspelt_states_are_corrected_by_name_and_spoil_no_other_row() -> None:
    states = ("IL", "CA", "Calif.", "Illinoi", "Massachusets", "XX")
    rows = "".join(f"Elm {number};Jo;jo@elm.test;{state}\n" for number, state in enumerate(states))
    *good, california, illinois, massachusetts, nowhere = read_table(
        f"Practice;Contact;E-mail;ST\n{rows}".encode(), usual={"time_zone": "America/Chicago"}
    ).rows
    assert all(row.request and row.request.practice.country == "US" for row in good)
    assert california.problems == ("ST: There is no state of US 'Calif.'; did you mean CA (California)?",)
    assert illinois.problems == ("ST: There is no state of US 'Illinoi'; did you mean IL (Illinois)?",)
    assert massachusetts.problems == ("ST: There is no state of US 'Massachusets'; did you mean MA (Massachusetts)?",)
    [said] = nowhere.problems
    assert said.startswith("ST: There is no state 'XX' in the United States; correct it, or give the country")


@pytest.mark.parametrize(
    ("country", "state", "where", "no_such"),
    [
        ("US", "Texs", "", "State: There is no state of US 'Texs'; did you mean TX (Texas)?"),
        (
            *("", "Texs", " in the United States"),
            "State: There is no state of US 'Texs'; did you mean TX (Texas)? Give its country too.",
        ),
        (
            *("Untied States", "TX", ""),
            "Country: There is no country 'Untied States'; did you mean US (United States)?",
        ),
    ],
)
def test_a_misspelt_place_with_several_time_zones_is_refused_once(
    country: str, state: str, where: str, no_such: str
) -> None:
    table = f"Practice;Contact;E-mail;Country;State;TZ\nElm;Jo;jo@elm.test;{country};{state};\n"
    [row] = read_table(table.encode()).rows
    zones = f"TZ is missing, as TX has more than one{where}: give America/Chicago or America/Denver."
    assert row.problems == (zones, no_such)


def test_codes_that_are_mostly_another_countrys_are_not_taken_for_the_united_states() -> None:
    rows = "".join(f"Olmo {state};Jo;jo@olmo.test;{state}\n" for state in ("CT", "M", "B"))
    connecticut, *_ = read_table(f"Clínica;Contacto;Correo;Provincia\n{rows}".encode()).rows
    assert connecticut.request is None


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Niue"])
def test_today_is_not_in_the_future_and_tomorrow_is(zone: str) -> None:
    now = datetime.now(ZoneInfo(zone))
    for days, future in ((0, False), (1, True)):
        day = (now + timedelta(days=days)).date().isoformat()
        given = {"name": "Elm", "time_zone": zone, "contact_name": "Jo", "contact_email": "jo@elm.test"}
        request, wrong = request_of_row(given | {"requested_at": day})
        assert request and not wrong
        assert bool(too_late(request, now)) == future


def test_a_letter_that_was_lost_is_asked_about() -> None:
    [row] = read_table("Practice,Time zone,Contact,E-mail\nM\ufffdller Vets,UTC,Jo,jo@m.test\n".encode()).rows
    assert row.problems == ("Practice 'M\ufffdller Vets' has a letter that was lost.",)


def test_an_id_is_made_of_the_name_as_in_the_form() -> None:
    table = """Practice,Time zone,Contact,E-mail,ID
Saint Anne's Vets,America/Chicago,Jo Park,jo@anne.test,
Own ID Vets,America/Chicago,Jo Park,jo@own.test,own
Saint Anne's Vets,America/Denver,Lee Bell,lee@anne.test,
東京,Asia/Tokyo,Lee Bell,lee@tokyo.test,
,,,,
"""
    first, second, third, fourth = read_table(table.encode()).rows
    assert first.request and first.request.practice.id == "saint-annes-vets"
    assert second.request and second.request.practice.id == "own"
    assert third.problems == ("Its name makes the same ID as that of line 2: give each of them an ID.",)
    assert fourth.problems == ("ID is needed, as none can be made of the name.",)
