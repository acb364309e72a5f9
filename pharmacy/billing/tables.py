"""Tables of invoices and their payments, in whole cents."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKeyConstraint,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from store.columns import column, metadata, moment, now_column

VOID = ("voided_at", "voided_by", "void_reason")
_VOIDED = f"num_nulls({', '.join(VOID)}) IN (0, 3)"

invoices = Table(
    "invoices",
    metadata,
    column("id"),
    column("practice"),
    column("origin"),
    column("client"),
    column("cents", BigInteger),
    Column("paid_cents", BigInteger, nullable=False, server_default=text("0")),
    column("text"),
    column("by"),
    now_column("created_at"),
    column("key", null=True),
    moment("voided_at", null=True),
    column("voided_by", null=True),
    column("void_reason", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("practice", "id"),
    UniqueConstraint("key"),
    CheckConstraint("cents > 0", name="cents"),
    CheckConstraint("paid_cents BETWEEN 0 AND cents", name="paid_cents"),
    CheckConstraint(_VOIDED, name="voided"),
    CheckConstraint("voided_at IS NULL OR paid_cents = 0", name="voided_unpaid"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    ForeignKeyConstraint(["origin", "client"], ["clients.practice", "clients.id"]),
    Index(None, "origin", "client"),
)
"""`practice` has made the invoice; `origin` and `client` are the key of the client. `key` is that of the request.

Who voided it, and why, is there if it was made by mistake; then nothing of it is open, and nothing is paid.
"""

payments = Table(
    "payments",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    column("practice"),
    column("invoice"),
    column("cents", BigInteger),
    column("by"),
    now_column("at"),
    column("key", null=True),
    moment("voided_at", null=True),
    column("voided_by", null=True),
    column("void_reason", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("key"),
    CheckConstraint("cents > 0", name="cents"),
    CheckConstraint(_VOIDED, name="voided"),
    ForeignKeyConstraint(["practice", "invoice"], ["invoices.practice", "invoices.id"]),
    Index(None, "practice", "invoice"),
)
"""Always of the clinic whose invoice it pays. One that was recorded by mistake is voided, and not in `paid_cents`."""
