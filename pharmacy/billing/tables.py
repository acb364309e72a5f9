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

from store.columns import column, metadata, now_column

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
    PrimaryKeyConstraint("id"),
    UniqueConstraint("practice", "id"),
    UniqueConstraint("key"),
    CheckConstraint("cents > 0", name="cents"),
    CheckConstraint("paid_cents BETWEEN 0 AND cents", name="paid_cents"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    ForeignKeyConstraint(["origin", "client"], ["clients.practice", "clients.id"]),
    Index(None, "origin", "client"),
)
"""`practice` has made the invoice; `origin` and `client` are the key of the client. `key` is that of the request."""

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
    PrimaryKeyConstraint("id"),
    UniqueConstraint("key"),
    CheckConstraint("cents > 0", name="cents"),
    ForeignKeyConstraint(["practice", "invoice"], ["invoices.practice", "invoices.id"]),
    Index(None, "practice", "invoice"),
)
"""Always of the clinic whose invoice it pays."""
