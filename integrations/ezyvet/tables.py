"""The table of the practices' sites in ezyVet.

A site stands here as `Credentials.site`.
"""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import (
    CheckConstraint,
    Column,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from store.columns import column, metadata, now_column, one_of

SiteState = Literal["no_credentials", "credentials", "testing", "live", "revoked"]

sites = Table(
    "ezyvet_sites",
    metadata,
    column("practice"),
    column("state"),
    now_column("since"),
    column("reason", null=True),
    column("before", null=True),
    column("site", null=True),
    column("key", null=True),
    Column("sealed", LargeBinary, nullable=True),
    PrimaryKeyConstraint("practice"),
    CheckConstraint(f"state IN {one_of(get_args(SiteState))}", name="state"),
    CheckConstraint("(sealed IS NULL) = (state = 'no_credentials')", name="sealed"),
)
"""`sealed` are the credentials, by the key named `key`; `before` is the state before access was revoked."""
