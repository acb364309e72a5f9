"""The columns of a table of practices, by the names that people give them."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from desk.problem import DeskProblem

TITLES = {
    "id": "ID",
    "name": "Practice name",
    "time_zone": "Time zone",
    "country": "Country",
    "state": "State",
    "client_count": "Number of clients",
    "owner": "Owner",
    "contact_name": "Contact",
    "contact_email": "E-mail",
    "contact_phone": "Phone",
    "requested_at": "Requested on",
    "assignee": "Assigned to",
}
"""The columns, and what people call them."""
CONTACT = "contact_name"
NEEDED = ("name", "time_zone", CONTACT, "contact_email")
"""What a table has to have; where it has states, it can do without time zones."""
REASON = "Refused because"
"""A column that is passed over: in it stands why a row was refused, where a table of such rows is given back."""
NOT_READ = "Not read: "
"""Begins the headings of rows to correct that nobody needs: they are not asked about again."""

ALIASES = {
    "id": ("practice ID", "clinic ID", "hospital ID", "Praxis-ID", "ID de la clínica"),
    "name": (
        *("practice", "name of the practice", "clinic", "clinic name", "hospital", "hospital name"),
        *("nombre", "clínica", "nombre de la clínica", "clínica veterinaria", "nombre del hospital"),
        *("Praxis", "Praxisname", "Name der Praxis", "Tierarztpraxis", "Klinik", "Tierklinik"),
    ),
    "time_zone": ("TZ", "zona horaria", "huso horario", "Zeitzone"),
    "country": ("country code", "país", "código de país", "Land", "Ländercode"),
    "state": ("ST", "state code", "province", "estado", "provincia", "Bundesland"),
    "client_count": (
        *("clients", "no. of clients", "# of clients", "clientes", "número de clientes"),
        *("Kunden", "Anzahl Kunden", "Anzahl der Kunden", "Kundenzahl"),
    ),
    "owner": (
        *("practice owner", "clinic owner", "owner name", "legal entity", "propietario", "propietaria", "titular"),
        *("Inhaber", "Inhaberin", "Praxisinhaber", "Praxisinhaberin"),
    ),
    "contact_name": (
        *("contact person", "name of the contact", "primary contact", "primary contact name"),
        *("contacto", "persona de contacto", "nombre del contacto", "contacto principal"),
        *("Ansprechpartner", "Ansprechpartnerin", "Kontakt", "Kontaktperson"),
    ),
    "contact_email": (
        *("mail", "e-mail address", "contact e-mail address", "contact's e-mail"),
        *("primary contact e-mail", "primary contact e-mail address"),
        *("correo", "correo electrónico", "dirección de correo electrónico", "correo del contacto"),
        *("E-Mail-Adresse", "Mailadresse"),
    ),
    "contact_phone": (
        *("telephone", "phone number", "telephone number", "tel", "contact telephone", "contact phone number"),
        *("contact's phone", "primary contact phone", "primary contact telephone"),
        *("mobile", "mobile phone", "cell phone", "teléfono", "número de teléfono", "móvil", "celular"),
        *("Telefon", "Telefonnummer", "Handy", "Handynummer", "Mobil"),
    ),
    "requested_at": (
        *("requested", "request date", "date requested", "date of request", "when the request came"),
        *("solicitado el", "fecha de solicitud", "fecha de la solicitud"),
        *("angefragt am", "Anfragedatum", "Datum der Anfrage"),
    ),
    "assignee": (
        *("assigned", "colleague", "asignado a", "asignada a"),
        *("zuständig", "zugewiesen an", "Bearbeiter", "Bearbeiterin"),
    ),
}
"""What else a column may be called in English, Spanish and German, whatever its case, accents and punctuation."""

GIVEN_NAMES = (
    *("first name", "first", "given name", "forename", "contact first name", "contact's first name"),
    *("primary contact first name", "contact given name", "nombre de pila", "primer nombre", "Vorname"),
)
SURNAMES = (
    *("last name", "last", "surname", "family name", "contact last name", "contact's last name"),
    *("primary contact last name", "contact surname", "apellido", "apellidos", "Nachname", "Familienname"),
)
"""What two columns may be called that have the contact's name in parts, where no column has it whole."""

AMBIGUOUS = {
    **dict.fromkeys(("date", "fecha", "Datum"), ("requested_at",)),
    **dict.fromkeys(("number", "número", "Nummer"), ("id", "client_count", "contact_phone")),
    **dict.fromkeys(("client number", "número de cliente", "Kundennummer"), ("client_count", "id")),
    **dict.fromkeys(
        ("location", "place", "region", "lugar", "ubicación", "Standort"), ("time_zone", "country", "state")
    ),
    **dict.fromkeys(("zone", "zona"), ("time_zone", "state")),
    **dict.fromkeys(("code", "código"), ("id", "country", "state")),
    **dict.fromkeys(
        ("person", "manager", "responsible", "persona", "gerente", "responsable", "verantwortlich"),
        ("contact_name", "owner", "assignee"),
    ),
    **dict.fromkeys(
        ("vet", "veterinarian", "doctor", "veterinario", "Tierarzt", "Tierärztin"), ("contact_name", "owner")
    ),
    "veterinaria": ("name", "contact_name", "owner"),
    "specialist": ("contact_name", "assignee"),
    **dict.fromkeys(("rep", "representative", "account manager"), ("assignee", "contact_name")),
    "owner e-mail": ("contact_email",),
    "owner phone": ("contact_phone",),
}
"""What may mean something else, and what it may mean."""


class UnclearColumns(DeskProblem):
    """A table's first line does not say which column is which.

    `columns` are those that it needs to name, `headings` those to ask about, and `free` the columns that they may be.
    `examples` are some values of each heading.
    """

    def __init__(self, text: str, columns: Sequence[str], headings: Sequence[str], free: Sequence[str]) -> None:
        super().__init__(text)
        self.columns = tuple(columns)
        self.headings = tuple(headings)
        self.free = tuple(free)
        self.examples: Mapping[str, Sequence[str]] = {}


Fields = Sequence[tuple[str, str | None]]
"""Each field's heading in a table, with the column that it holds or None where it holds none."""


@dataclass(frozen=True)
class Header:
    """The first line of a table: each field's heading, with the column that it holds or None where it holds none.

    `notes` are sentences about columns that are left out. `usual` are the values, by column, of rows that have none of
    their own.
    """

    fields: tuple[tuple[str, str | None], ...]
    notes: tuple[str, ...]
    usual: Mapping[str, str] = field(default_factory=dict)

    @property
    def headings(self) -> dict[str, str]:
        """What the table calls each column that it has."""
        return headings_of(self.fields)


def headings_of(fields: Fields) -> dict[str, str]:
    """Returns what a table calls each column that it has; a contact's name in parts has its title."""
    whole = {CONTACT: TITLES[CONTACT]} if name_parts(fields) else {}
    return {column: heading for heading, column in fields if column} | whole


def name_parts(fields: Fields) -> list[str]:
    """Returns the headings of the columns that make the contact's name, in its order; none where one has it whole."""
    parts = [heading for heading, column in fields if column == CONTACT]
    return sorted(parts, key=lambda heading: _plain(heading) in _SURNAMES) if len(parts) > 1 else []


def keys_of(fields: Fields) -> list[str]:
    """Returns what the values of a row are kept by: their column, or the heading where it is none or a part of one."""
    parts = name_parts(fields)
    return [part_key(heading) if column == CONTACT and parts else column or heading for heading, column in fields]


def part_key(heading: str) -> str:
    """Returns what a part of the contact's name is kept by: its heading may be called as a column is."""
    return f"{CONTACT} {heading}"


def is_header(cells: Sequence[str], chosen: Mapping[str, str] | None = None) -> bool:
    """Returns whether a line names columns: a title above the table does not."""
    return sum(column is not None for column in _columns_of(cells, chosen or {})) > 1


def read_header(
    cells: Sequence[str],
    chosen: Mapping[str, str] | None = None,
    usual: Mapping[str, str] | None = None,
    left_out: Collection[str] | None = None,
) -> Header:
    """Returns what a table's first line names. Raises `UnclearColumns` with all that keeps the table from being read.

    `chosen` gives the column of a heading where a person said which it is. It is then called by its title, by which the
    rows are known when they are given back; parts of the contact's name keep their headings. `left_out` are headings
    that a person leaves out: every other column that is not known is asked about. If it is None, nobody can be asked,
    and they are left out with a note.
    """
    chosen, usual = chosen or {}, usual or {}
    cells = [cell.strip() for cell in cells]
    columns = _columns_of(cells, chosen)
    fields = list(zip(cells, columns, strict=True))
    given = {*columns, *usual}
    if "state" in given:
        given.add("time_zone")  # A state of the United States tells it; rows of which it does not are refused.
    missing = [column for column in NEEDED if column not in given]
    doubled = {
        column: alike
        for column in TITLES
        if len(alike := [cell for cell, meant in fields if meant == column]) > 1
        and not (column == CONTACT and _are_parts(alike, chosen))
    }
    problems, notes, unknown, asked = [], [], [], []
    for column, alike in doubled.items():
        what = f"The columns {_quoted(alike)} could each be {TITLES[column]}"
        how = "keep one of them, and rename or remove the others"
        if len(set(alike)) == 1:
            what = f"The column '{alike[0]}' is there more than once"
        elif column in chosen.values():
            times = "twice" if len(alike) == 2 else f"{len(alike)} times"
            what, how = f"“{TITLES[column]}” is chosen {times}", "keep one"
        problems.append(f"{what}: {how}.")
    for cell, known in fields:
        if known or not cell or _is_ours(cell):
            continue
        if left_out is not None and cell not in left_out:
            asked.append(cell)
        if meant := _UNCLEAR.get(_plain(cell)):
            what = f"The column '{cell}' may be {_titles(meant)}"
            if set(meant) & set(missing):
                problems.append(f"{what}: rename it, or remove it.")
            else:
                notes.append(f"{what}, so it was not read. Rename it if it should be read.")
        else:
            unknown.append(cell)
    if missing:
        there = f"the first line has {_quoted([cell for cell in cells if cell])}" if any(cells) else "it is empty"
        instead = " For practices in the United States, the state will do instead of the time zone."
        problems.insert(
            0,
            f"There is no column for {_titles(missing, 'and')}; {there}.{instead if 'time_zone' in missing else ''}",
        )
    if asked and not problems:
        what = "This column is not known" if len(asked) == 1 else "These columns are not known"
        problems.append(f"{what}: {_quoted(asked)}. Choose for each which column it is, or “Do not read it”.")
    if problems:
        open_ = (None, *doubled, *chosen.values())
        headings = [cell for cell, column in fields if cell and column in open_ and not _is_ours(cell)]
        wanted = [column for column in TITLES if column in missing or column in doubled]
        free = [column for column in TITLES if column in open_ or column not in columns]
        raise UnclearColumns(f"{' '.join(problems)} Nothing was started.", wanted, list(dict.fromkeys(headings)), free)
    if unknown and left_out is not None:
        notes.insert(0, f"Not read: {_quoted(unknown)}.")
    elif unknown:
        what = "This column is not known, and was" if len(unknown) == 1 else "These columns are not known, and were"
        notes.insert(0, f"{what} not read: {_quoted(unknown)}.")
    parts = name_parts(fields)
    fields = [
        (TITLES[column] if column and cell in chosen and cell not in parts else cell, column) for cell, column in fields
    ]
    return Header(tuple(fields), tuple(notes), usual)


def _is_ours(cell: str) -> bool:
    """Whether a heading is one that only tables of rows to correct have."""
    return _plain(cell) == _plain(REASON) or cell.startswith(NOT_READ)


def _columns_of(cells: Sequence[str], chosen: Mapping[str, str]) -> list[str | None]:
    """Returns the column of each cell. Where one was chosen, no other cell is that column."""
    known = {name: column for name, column in _KNOWN.items() if column not in chosen.values()}
    columns = [chosen.get(cell.strip()) or known.get(_plain(cell)) for cell in cells]
    parts = [
        place
        for place, (cell, column) in enumerate(zip(cells, columns, strict=True))
        if column is None and _plain(cell) in _GIVEN_NAMES | _SURNAMES
    ]
    if CONTACT not in columns and sorted(_plain(cells[place]) in _SURNAMES for place in parts) == [False, True]:
        for place in parts:
            columns[place] = CONTACT
    return columns


def _are_parts(headings: Sequence[str], chosen: Mapping[str, str]) -> bool:
    """Whether they have the contact's name in parts: they were all chosen for it, or are known as such."""
    known = [each in chosen or _plain(each) in _GIVEN_NAMES | _SURNAMES for each in headings]
    return all(known) and len(set(headings)) == len(headings)


def _quoted(names: Sequence[str]) -> str:
    return ", ".join(f"'{name[:60]}'" for name in names)


def _titles(columns: Sequence[str], last: str = "or") -> str:
    *others, final = (TITLES[column] for column in columns)
    return f"{', '.join(others)} {last} {final}" if others else final


def _plain(name: str) -> str:
    """A column's name in small letters, without accents, and digits alone."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", name.casefold()) if letter.isalnum())


_KNOWN = {
    _plain(name): column for column, title in TITLES.items() for name in (column, title, *ALIASES.get(column, ()))
}
_GIVEN_NAMES, _SURNAMES = frozenset(map(_plain, GIVEN_NAMES)), frozenset(map(_plain, SURNAMES))
_UNCLEAR = {_plain(name): meant for name, meant in AMBIGUOUS.items()}
