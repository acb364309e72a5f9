"""The requests for record sharing, accepted or not, with what they were made of (RS2)."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from store.columns import Json, column, metadata, moment, now_column, one_of

RequestOutcome = Literal["accepted", "refused", "undecided"]

sharing_requests = Table(
    "sharing_requests",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    now_column("at"),
    column("clinic", null=True),
    Column("clinics", ARRAY(Text), nullable=False),
    column("by"),
    column("outcome"),
    column("reason", null=True),
    column("onboarding", null=True),
    Column("message", LargeBinary),
    Column("evidence", Json),
    column("decided_by", null=True),
    moment("decided_at", null=True),
    PrimaryKeyConstraint("id"),
    CheckConstraint(f"outcome IN {one_of(get_args(RequestOutcome))}", name="outcome"),
    Index(None, "clinic", "at"),
)
"""`clinic` asks to share with `clinics`; it is null for a mail from an address that is no clinic's.

`by` is the account of who asked, or the address of an e-mail, whose `message` is kept as it came, with the `evidence`:
the results of its check, the keys from DNS, and the time. `reason` is why it was refused or is undecided.
"""
