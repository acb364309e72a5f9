"""The tables of the inbox: events of other systems, repeated requests, and when events could be taken."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    UniqueConstraint,
    text,
)

from store.columns import Json, column, metadata, moment, now_column

inbox = Table(
    "inbox",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    column("source"),
    column("event"),
    column("type"),
    Column("payload", Json, nullable=False),
    column("state"),
    column("onboarding", null=True),
    column("sequence", BigInteger, null=True),
    Column("attempts", Integer, nullable=False, server_default="0"),
    column("error", null=True),
    moment("occurred_at", null=True),
    now_column("received_at"),
    moment("retry_at", null=True),
    moment("recorded_at", null=True),
    UniqueConstraint("source", "event"),
    CheckConstraint("state IN ('new', 'recorded', 'kept', 'refused', 'dismissed')", name="state"),
    Index(None, "onboarding", "number"),
)
"""Events that others sent, in the order of their arrival (`number`); `event` is the sender's own identifier.

`new` ones wait to be recorded in their onboarding, not before `retry_at`; `kept` ones belong to none that is known,
`refused` ones cannot be recorded: `error` says why. `dismissed` ones a person has seen to.
"""

Index("ix_inbox_new", inbox.c.number, postgresql_where=text("state = 'new'"))
Index("ix_inbox_waiting", inbox.c.onboarding, inbox.c.number, postgresql_where=text("state = 'new'"))
Index("ix_inbox_state", inbox.c.state, inbox.c.number)

idempotency = Table(
    "idempotency",
    metadata,
    column("owner"),
    column("key"),
    column("request"),
    column("status", Integer, null=True),
    Column("body", Json, nullable=True),
    now_column("created_at"),
    PrimaryKeyConstraint("owner", "key"),
    Index(None, "created_at"),
)
"""Requests with an Idempotency-Key: the hash of each, and its answer (null while it is under way)."""

availability = Table(
    "availability",
    metadata,
    moment("begin_at"),
    moment("seen_at"),
    PrimaryKeyConstraint("begin_at"),
)
"""Stretches in which the web server could take events: from `begin_at` to `seen_at`, the last one going on."""

Index("ix_availability_seen_at", availability.c.seen_at)
