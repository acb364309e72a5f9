"""Tables of practices, their clients and patients, and the home-delivery clients who came before any feed.

Either part of a name may be missing. Weights are in grams. `fed` is the digest of the row in the practice's last feed
that had it: a row with the same digest is unchanged.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Computed,
    Date,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    text,
)

from store import telephone
from store.columns import Moment, column, metadata, moment

CLIENT_VALUES = ("given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
SEARCH_KEYS = {
    "given_first": "coalesce(given_name || ' ', '') || coalesce(surname, '')",
    "surname_first": "coalesce(surname || ' ', '') || coalesce(given_name, '')",
}
"""Columns in which a client is found by the beginning of a name."""
PATIENT_VALUES = (
    "client",
    "name",
    "species",
    "breed",
    "birth_date",
    "age_months",
    "age_on",
    "weight_grams",
    "deceased",
    "deceased_on",
)


def search_key(name: str) -> str:
    """Returns the SQL expression for a name in small letters without accents; most have none, which is quickly seen."""
    folded = f"lower(regexp_replace(normalize({name}, NFKD), U&'[\\0300-\\036F]', '', 'g'))"
    return f"CASE WHEN octet_length({name}) = length({name}) THEN lower({name}) ELSE {folded} END"


def client_columns() -> list[Column[object]]:
    return [column(name, null=True) for name in CLIENT_VALUES]


def patient_columns() -> list[Column[object]]:
    """Returns the columns of a patient, without owner and death.

    An age without a birth date is stored with the day of the feed, `age_on`.
    """
    return [
        *(column(name, null=True) for name in ("name", "species", "breed")),
        Column("birth_date", Date),
        column("age_months", Integer, null=True),
        Column("age_on", Date),
        column("weight_grams", Integer, null=True),
    ]


PHONE_ENDS = {"phone_end": 1, "phone_end_2": 2, "phone_end_3": 3}
"""The columns by which the first telephone numbers of a client's field are found, whatever stands between them."""
_DIGITS = r"\d(?:[\s.)-]*\d)"
_PHONE = rf"(?:\(?\d{{2,5}}\)?\s*/\s*{_DIGITS}{{4,}}|\d{{0,3}}[\s.-]*\(?{_DIGITS}{{5,}})"
"""A telephone number: a slash or brackets may stand about its area code alone."""
_BETWEEN = r"(\d{3}[-.\s]?\d{4})\s+(?=\d{3}[-.\s]?\d{3}[-.\s]?\d{4})"
"""Two numbers with nothing but a blank between them."""


def phone_digits(phone: str, number: int) -> str:
    """Returns the SQL expression for the digits of a field's telephone number, the first or a later one, without its
    extension; NULL if there is none.
    """
    apart = rf"regexp_replace({phone}, '{_BETWEEN}', '\1;', 'g')"
    found = rf"regexp_replace(regexp_substr({apart}, '{_PHONE}', 1, {number}), '\D', '', 'g')"
    alone = rf"regexp_replace(regexp_replace({phone}, '(\d)\s*[;,a-zA-Z].*$', '\1'), '\D', '', 'g')"
    # To look for several numbers takes five times as long, and few fields have them.
    digits = f"length({phone}) - length(translate({phone}, '0123456789', ''))"
    one = f"{digits} < {max(number, 2) * telephone.SHORTEST} AND strpos({phone}, '/') = 0"
    return f"CASE WHEN {one} THEN {alone if number == 1 else 'NULL'} ELSE {found} END"


def phone_end(phone: str, number: int = 1) -> str:
    """Returns the SQL expression for the last digits of it, by which an index finds a telephone number."""
    return f"right({phone_digits(phone, number)}, {telephone.SHORTEST})"


def has_number(digits: str) -> str:
    """Returns the SQL condition for clients `c` who have a number, as `same_number` compares them, by an index."""
    theirs = f"right({digits}, {telephone.LONGEST})"
    ours = [f"right({phone_digits('c.phone', number)}, {telephone.LONGEST})" for number in PHONE_ENDS.values()]
    ends = " OR ".join(f"c.{name} = right({digits}, {telephone.SHORTEST})" for name in PHONE_ENDS)
    same = " OR ".join(f"{each} LIKE '%' || {theirs} OR {theirs} LIKE '%' || {each}" for each in ours)
    return f"({ends}) AND ({same})"


practices = Table(
    "practices",
    metadata,
    column("id"),
    column("name"),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id"),
)

clients = Table(
    "clients",
    metadata,
    column("practice"),
    column("id"),
    *client_columns(),
    column("feed", Integer),
    column("fed", BigInteger),
    column("circle"),
    column("home", null=True),
    Column("opt_out", Boolean, nullable=False, server_default=text("false")),
    Column("person", BigInteger),
    Column("created_at", Moment, server_default=func.now()),
    *(
        Column(name, Text(collation="C"), Computed(search_key(parts), persisted=True), nullable=False)
        for name, parts in SEARCH_KEYS.items()
    ),
    *(Column(name, Text, Computed(phone_end("phone", number), persisted=True)) for name, number in PHONE_ENDS.items()),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    # For searches of names alone: without the condition they look as good as the key while nothing is analyzed.
    *(
        Index(f"ix_clients_circle_{name}", "circle", "practice", name, postgresql_where=text(f"{name} IS NOT NULL"))
        for name in SEARCH_KEYS
    ),
    Index(None, "practice", "email", postgresql_where=text("email IS NOT NULL")),
    *(Index(None, name, postgresql_where=text(f"{name} IS NOT NULL")) for name in PHONE_ENDS),
    Index("uq_clients_person", "person", "practice", unique=True, postgresql_where=text("person IS NOT NULL")),
)
"""A practice's clients under the practice's own ids. `feed` is the one that added the row.

`circle` names the clinics that may see and change the row (RS4); PostgreSQL sets it. `home` is the client's home
location if it is not the practice (RS8). Clients of several practices that are one human being have the same `person`.
`created_at` is null of those who were there before it was kept. Telephone numbers are found by `PHONE_ENDS`: under a
policy neither an index of an expression nor one of an array is used.
"""

patients = Table(
    "patients",
    metadata,
    column("practice"),
    column("id"),
    column("client"),
    *patient_columns(),
    Column("deceased", Boolean, nullable=False, server_default=text("false")),
    Column("deceased_on", Date),
    column("feed", Integer),
    column("fed", BigInteger),
    column("circle"),
    Column("animal", BigInteger),
    Column("search_name", Text(collation="C"), Computed(search_key("name"), persisted=True)),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice", "client"], ["clients.practice", "clients.id"]),
    Index("ix_patients_animal", "animal", postgresql_where=text("animal IS NOT NULL")),
    CheckConstraint("weight_grams > 0", name="weight"),
    Index(None, "practice", "client"),
    # As those of clients; of as many as are shown, the living come first.
    Index(
        "ix_patients_circle_search_name",
        "circle",
        "practice",
        "deceased",
        "search_name",
        postgresql_where=text("search_name IS NOT NULL"),
    ),
)
"""A practice's patients. `search_name` is the name by whose beginning a patient is found."""

home_clients = Table(
    "home_clients",
    metadata,
    column("practice"),
    column("id"),
    *client_columns(),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
)
"""Home-delivery clients under the pharmacy's ids, each of the practice through which they order (DP9)."""

home_patients = Table(
    "home_patients",
    metadata,
    column("practice"),
    column("id"),
    column("client"),
    *patient_columns(),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice", "client"], ["home_clients.practice", "home_clients.id"], ondelete="CASCADE"),
    Index(None, "practice", "client"),
)

shipping_confirmations = Table(
    "shipping_confirmations",
    metadata,
    column("practice"),
    column("client"),
    column("order"),
    column("confirmed"),
    column("by"),
    moment("at"),
    PrimaryKeyConstraint("practice", "client", "order"),
    ForeignKeyConstraint(["practice", "client"], ["clients.practice", "clients.id"], ondelete="CASCADE"),
)
"""The shipping name and address that a person confirmed for one order (DP13)."""

Table("clinic_key", metadata, Column("key", LargeBinary, primary_key=True))
"""What the practices of a clinic transaction are signed with; made by a migration, and read by its owner alone."""
