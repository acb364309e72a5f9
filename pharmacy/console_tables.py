"""The tables of the team's console: names to be searched by their parts, and practices that are started many at once.

`onboarding_names` is kept by a trigger of the database (migration 0009): one row an onboarding's ID, written only when
a name or a contact is new, so that its costly index is left alone by everything else that happens.
"""

from __future__ import annotations

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)
from sqlalchemy import func as sql
from sqlalchemy.dialects.postgresql import ARRAY

from pharmacy.columns import Json, Moment, column, metadata, moment

onboarding_names = Table(
    "onboarding_names",
    metadata,
    column("id"),
    column("name"),
    Column("contacts", Text, nullable=False, server_default=text("''")),
    Column("pieces", ARRAY(Text), nullable=False),
    PrimaryKeyConstraint("id"),
)
"""`contacts` are e-mail addresses and telephones, these also as digits alone. `pieces` are all parts of ID, name and
contacts of one to three characters, in lower case."""

Index("ix_onboarding_names_pieces", onboarding_names.c.pieces, postgresql_using="gin")

batches = Table(
    "batches",
    metadata,
    column("id"),
    column("playbook"),
    column("by"),
    column("file"),
    Column("created_at", Moment, nullable=False, server_default=sql.now()),
    Column("seen_at", Moment, nullable=False, server_default=sql.now()),
    moment("ended_at", null=True),
    PrimaryKeyConstraint("id"),
    Index(None, "created_at"),
)
"""Files of many practices. `seen_at`: when somebody was last at work on it; `file` is what it was called."""

batch_rows = Table(
    "batch_rows",
    metadata,
    column("batch"),
    column("line", Integer),
    column("practice"),
    Column("given", Json, nullable=False),
    column("state"),
    column("why", null=True),
    PrimaryKeyConstraint("batch", "line"),
    ForeignKeyConstraint(["batch"], ["batches.id"], ondelete="CASCADE"),
    CheckConstraint("state IN ('new', 'started', 'refused')", name="state"),
    Index(None, "batch", "state", "line"),
)
"""A row of such a file as it was given, and what became of it."""
