"""The tables of the connection with ezyVet: sites, their tokens, and the calls that count towards ezyVet's limits.

A site stands here as `Credentials.site`, a set of credentials as `Credentials.fingerprint`.
"""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
)

from store.columns import column, metadata, moment, now_column, one_of

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

tokens = Table(
    "ezyvet_tokens",
    metadata,
    column("credentials"),
    column("key", null=True),
    Column("sealed", LargeBinary, nullable=True),
    moment("expires_at", null=True),
    column("lease", null=True),
    moment("leased_until", null=True),
    column("refused_as", null=True),
    column("refusal", null=True),
    moment("refused_until", null=True),
    PrimaryKeyConstraint("credentials"),
)
"""The one token of a set of credentials. Who holds the `lease` fetches a new one; a refusal holds for a while."""

places = Table(
    "ezyvet_places",
    metadata,
    Column("id", BigInteger, Identity(always=True), nullable=False),
    column("site"),
    column("endpoint"),
    moment("granted_at"),
    moment("ended_at", null=True),
    moment("frees_at"),
    PrimaryKeyConstraint("id"),
    Index(None, "site", "frees_at"),
)
"""Calls that count towards the limits: from the grant until a window after the call's end."""

queue = Table(
    "ezyvet_queue",
    metadata,
    column("site"),
    column("key"),
    column("endpoint"),
    column("priority", Integer),
    column("position", BigInteger),
    now_column("since"),
    moment("due_at"),
    PrimaryKeyConstraint("site", "key"),
    Index(None, "site", "priority", "position", "key"),
)
"""Calls that wait for a place, the smallest priority and position first; `due_at` is when each is to ask again."""

closures = Table(
    "ezyvet_closures",
    metadata,
    column("site"),
    column("endpoint"),
    moment("until"),
    PrimaryKeyConstraint("site", "endpoint"),
)
"""Endpoints that ezyVet has closed for a while by answering 429."""

AttemptState = Literal["sent", "ended", "timed_out", "known", "not_done", "withdrawn"]

attempts = Table(
    "ezyvet_attempts",
    metadata,
    column("prescription"),
    moment("asked_at"),
    column("state"),
    Column("animal", Integer, nullable=True),
    column("uid", null=True),
    now_column("first_at"),
    now_column("sent_at"),
    PrimaryKeyConstraint("prescription"),
    CheckConstraint(f"state IN {one_of(get_args(AttemptState))}", name="state"),
)
"""The last write of each prescription, entered before it is sent; `asked_at` tells which write it is.

`sent`: it is being made, or its process died; `ended`: no answer tells what became of it; `timed_out`: besides, ezyVet
may still be at it; `known`: its outcome is known, for a creation as `uid`; `not_done`: certainly not carried out;
`withdrawn`: never to be sent. `animal` is the one that the prescription was created for.
"""
