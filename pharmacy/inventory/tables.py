"""The table of counts."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Table

from store.columns import column, metadata

inventory = Table(
    "inventory",
    metadata,
    column("practice"),
    column("item"),
    Column("count", Integer, nullable=False),
    PrimaryKeyConstraint("practice", "item"),
    ForeignKeyConstraint(["practice", "item"], ["items.practice", "items.id"], ondelete="CASCADE"),
)
"""How many a clinic has of an item. A trigger takes one for each medical record of the clinic that names the item."""
