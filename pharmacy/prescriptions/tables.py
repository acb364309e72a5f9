"""The table of prescriptions."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from store.columns import Json, column, metadata, moment, now_column

prescriptions = Table(
    "prescriptions",
    metadata,
    column("practice"),
    column("id"),
    column("patient"),
    column("label_name", null=True),
    column("state"),
    column("needs_new", null=True),
    now_column("created_at"),
    column("client", null=True),
    column("prescriber", null=True),
    column("origin", null=True),
    column("token", null=True),
    Column("request", Json),
    moment("started_at", null=True),
    Column("version", Integer, nullable=False, server_default=text("0")),
    Column("record", Json),
    column("situation", null=True),
    column("waiting_on", null=True),
    Column("statuses", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    column("ezyvet", null=True),
    column("reason", null=True),
    moment("next_at", null=True),
    Column("delay", Json),
    column("patient_name", null=True),
    Column("deceased", Boolean, nullable=False, server_default=text("false")),
    Column("to_look_at", Integer, nullable=False, server_default=text("0")),
    now_column("updated_at"),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("token"),
    ForeignKeyConstraint(["practice", "patient"], ["patients.practice", "patients.id"]),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    Index(None, "practice", "patient"),
    Index(None, "practice", "created_at", "id"),
    Index("ix_prescriptions_changed", "updated_at"),
    Index(None, "created_at", postgresql_where=text("started_at IS NULL")),
    Index(None, "updated_at", postgresql_where=text("ezyvet = 'needs_person'")),
    Index("ix_prescriptions_to_look_at", "practice", postgresql_where=text("to_look_at > 0")),
)
"""`label_name` is the pet's name that was written on it; `needs_new` says why a new one has to be written (DP13).

`request` is what it was opened with, `started_at` when its workflow was, `token` opens the page behind its items' links
(RX5). `delay` says why its call has to wait just now. The rest is what the workflow publishes
(`pharmacy.prescriptions.listed.PrescriptionRow`).
"""
