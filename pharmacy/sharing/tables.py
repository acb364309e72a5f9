"""Tables of record sharing: which clinics share, the circles of clinics, and medical records."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Double,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from store.columns import Moment, column, metadata, moment, now_column, one_of

ShareState = Literal["requested", "confirmed", "cooling_off", "enabled", "removed"]
ShareMode = Literal["automatic", "manual"]

shares = Table(
    "shares",
    metadata,
    column("clinic"),
    column("other"),
    column("state"),
    Column("mode", Text, nullable=False, server_default=text("'manual'")),
    column("onboarding"),
    column("run", null=True),
    Column("version", BigInteger, nullable=False, server_default=text("0")),
    now_column("since"),
    moment("enabled_at", null=True),
    moment("removed_at", null=True),
    column("removed_because", null=True),
    column("settled_by", null=True),
    PrimaryKeyConstraint("clinic", "other"),
    ForeignKeyConstraint(["clinic"], ["clinics.id"]),
    ForeignKeyConstraint(["other"], ["clinics.id"]),
    CheckConstraint("clinic <> other", name="other"),
    CheckConstraint(f"state IN {one_of(get_args(ShareState))}", name="state"),
    CheckConstraint(f"mode IN {one_of(get_args(ShareMode))}", name="mode"),
    Index(None, "onboarding"),
)
"""Two rows a pair, one for each clinic. `mode` is of clients added at `clinic`; the state of both rows is the same.

`onboarding` is the one in which sharing was last requested, with its run and the version of it that the row follows.
`enabled_at` is when sharing was last enabled, `removed_at` when it then ended. `removed_because` is why the pharmacy
removed it, until a person of the team has looked at that (`settled_by`).
"""

circles = Table(
    "circles",
    metadata,
    column("id"),
    Column("clinics", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("clinics"),
    Index("ix_circles_clinics_gin", "clinics", postgresql_using="gin"),
)
"""Sets of clinics that see the same rows. A circle of one clinic has the clinic's ID and no row."""

medical_records = Table(
    "medical_records",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    column("practice"),
    column("patient"),
    column("circle"),
    column("location"),
    moment("at"),
    column("kind"),
    column("item", null=True),
    column("text"),
    column("by"),
    now_column("created_at"),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(["practice", "patient"], ["patients.practice", "patients.id"]),
    Index(None, "practice", "patient", "at"),
    Index(None, "location", "item", postgresql_where=text("item IS NOT NULL")),
)
"""What was done to a patient. `practice` is the patient's; `location` is the clinic that added the record (RS5)."""

record_moves = Table(
    "record_moves",
    metadata,
    column("record", BigInteger),
    Column("at", Moment, nullable=False, server_default=func.clock_timestamp()),
    column("moved_from"),
    column("moved_to"),
    column("item", null=True),
    column("by"),
    PrimaryKeyConstraint("record", "at"),
    ForeignKeyConstraint(["record"], ["medical_records.id"]),
)
"""Records that were added at the wrong clinic, and moved to the right one (RS6). `item` is what it named before."""

LinkState = Literal["review", "same", "different"]

person_links = Table(
    "person_links",
    metadata,
    column("clinic"),
    column("practice"),
    column("id"),
    column("other_practice"),
    column("other_id"),
    column("state"),
    Column("score", Double, nullable=False),
    Column("reasons", ARRAY(Text), nullable=False),
    column("by", null=True),
    now_column("at"),
    PrimaryKeyConstraint("clinic", "practice", "id", "other_practice", "other_id"),
    CheckConstraint(f"state IN {one_of(get_args(LinkState))}", name="state"),
    Index("ix_person_links_other", "clinic", "other_practice", "other_id"),
)
"""Two clients, of different practices, whom `clinic` sees and who may be one person. The first was there before.

`by` is the member who decided; without, the rules of merging did. Links of a deleted client are deleted by a trigger:
to check foreign keys of the links that a feed makes for each of many clinics would take longer than all the rest.
"""
