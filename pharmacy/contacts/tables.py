"""The table of contacts."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, PrimaryKeyConstraint, Table

from store.columns import column, metadata, now_column, one_of

ContactKind = Literal["person", "company"]
CONTACT_VALUES = ("company", "phone", "email", "street", "city", "state", "postcode", "notes")

contacts = Table(
    "contacts",
    metadata,
    column("practice"),
    column("id"),
    column("kind"),
    column("name"),
    *(column(name, null=True) for name in CONTACT_VALUES),
    now_column("created_at"),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    CheckConstraint(f"kind IN {one_of(get_args(ContactKind))}", name="kind"),
)
