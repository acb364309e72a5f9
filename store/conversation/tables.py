"""The table of calls."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
)

from store.columns import column, metadata, moment, now_column, one_of

Direction = Literal["incoming", "outgoing"]
"""Whether the practice called us, or we called it."""

calls = Table(
    "calls",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    column("practice"),
    column("direction"),
    column("name"),
    column("phone", null=True),
    column("said"),
    moment("at"),
    column("by"),
    now_column("logged_at"),
    column("key"),
    column("taken_back_by", null=True),
    moment("taken_back_at", null=True),
    column("taken_back_why", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("key"),
    CheckConstraint(f"direction IN {one_of(get_args(Direction))}", name="direction"),
    CheckConstraint("(taken_back_by IS NULL) = (taken_back_at IS NULL)", name="taken_back"),
    Index(None, "practice", "at", "id"),
)
"""Calls with practices, one row each. Nothing in it changes, but that it is taken back, once.

`name` and `phone` are those of the person outside, `by` is who logged it. `key` is the idempotency key.
"""
