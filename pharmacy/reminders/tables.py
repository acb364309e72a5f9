"""Tables of the clinics' items and of the rules that end a reminder."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, ForeignKeyConstraint, Integer, PrimaryKeyConstraint, Table

from store.columns import column, metadata

items = Table(
    "items",
    metadata,
    column("practice"),
    column("id"),
    column("name"),
    Column("reminds_after_days", Integer),
    PrimaryKeyConstraint("practice", "id"),
    CheckConstraint("reminds_after_days > 0", name="reminds_after_days"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
)
"""What a clinic gives or does. An item that a medical record names is added by a trigger."""

reminder_rules = Table(
    "reminder_rules",
    metadata,
    column("practice"),
    column("item"),
    column("other"),
    column("other_item"),
    PrimaryKeyConstraint("practice", "item", "other", "other_item"),
    ForeignKeyConstraint(["practice", "item"], ["items.practice", "items.id"], ondelete="CASCADE"),
    ForeignKeyConstraint(["other", "other_item"], ["items.practice", "items.id"], ondelete="CASCADE"),
)
"""Items of `other` that are the same service as `practice`'s item, as that clinic has set."""
