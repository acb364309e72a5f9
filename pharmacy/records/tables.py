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


def phone_digits(phone: str) -> str:
    """Returns the SQL expression for the digits of a field's first telephone number, without its extension."""
    return rf"regexp_replace(regexp_replace({phone}, '(\d)\s*[;,a-zA-Z].*$', '\1'), '\D', '', 'g')"


def phone_end(phone: str) -> str:
    """Returns the SQL expression for the last digits of it, by which an index finds a telephone number."""
    return f"right({phone_digits(phone)}, {telephone.SHORTEST})"


def has_number(digits: str) -> str:
    """Returns the SQL condition for clients `c` who have a number, as `same_number` compares them, by an index."""
    ours, theirs = f"right({phone_digits('c.phone')}, {telephone.LONGEST})", f"right({digits}, {telephone.LONGEST})"
    same = f"({ours} LIKE '%' || {theirs} OR {theirs} LIKE '%' || {ours})"
    return f"c.phone_end = right({digits}, {telephone.SHORTEST}) AND {same}"


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
    Column("phone_end", Text, Computed(phone_end("phone"), persisted=True)),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    # For searches of names alone: without the condition they look as good as the key while nothing is analyzed.
    *(
        Index(f"ix_clients_circle_{name}", "circle", "practice", name, postgresql_where=text(f"{name} IS NOT NULL"))
        for name in SEARCH_KEYS
    ),
    Index(None, "practice", "email", postgresql_where=text("email IS NOT NULL")),
    Index(None, "phone_end", postgresql_where=text("phone_end IS NOT NULL")),
    Index("uq_clients_person", "person", "practice", unique=True, postgresql_where=text("person IS NOT NULL")),
)
"""A practice's clients under the practice's own ids. `feed` is the one that added the row.

`circle` names the clinics that may see and change the row (RS4); PostgreSQL sets it. `home` is the client's home
location if it is not the practice (RS8). Clients of several practices that are one human being have the same `person`.
`created_at` is null of those who were there before it was kept. A telephone number is found by `phone_end`: under a
policy an index of an expression is not used.
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
