"""The table of prescriptions."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    func,
)

from store.columns import Moment, column, metadata

prescriptions = Table(
    "prescriptions",
    metadata,
    column("practice"),
    Column("id", BigInteger, Identity(always=True), nullable=False),
    column("patient"),
    column("label_name", null=True),
    column("state"),
    column("needs_new", null=True),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id"),
    ForeignKeyConstraint(["practice", "patient"], ["patients.practice", "patients.id"]),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    Index(None, "practice", "patient"),
)
"""`label_name` is the pet's name that was written on it; `needs_new` says why a new one has to be written (DP13)."""
