"""The tables of the web: people and what lets them in, links of practices, events that came in, requests repeated.

Whatever lets somebody in (sessions, tokens, links) is stored only as its SHA-256, in hexadecimal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pharmacy.columns import Json, Moment, column, metadata, moment


def _person(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, Text, ForeignKey("users.handle", ondelete="CASCADE"), nullable=null)


def _now(name: str) -> Column[object]:
    return Column(name, Moment, nullable=False, server_default=func.now())


users = Table(
    "users",
    metadata,
    column("handle"),
    column("name"),
    column("email"),
    column("role"),
    column("password_hash", null=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    column("time_zone", null=True),
    moment("out_of_office_until", null=True),
    Column("deputy", Text, ForeignKey("users.handle"), nullable=True),
    _now("created_at"),
    _now("updated_at"),
    PrimaryKeyConstraint("handle"),
    CheckConstraint("role IN ('viewer', 'specialist', 'manager', 'admin')", name="role"),
    CheckConstraint("deputy <> handle", name="deputy"),
)
"""The people of the team. The handle is what an onboarding is assigned to, and what stands in the journal."""

Index("uq_users_email", func.lower(users.c.email), unique=True)

sessions = Table(
    "sessions",
    metadata,
    column("hash"),
    _person("handle"),
    column("browser"),
    _now("created_at"),
    _now("seen_at"),
    moment("expires_at"),
    PrimaryKeyConstraint("hash"),
    Index(None, "handle"),
)

api_tokens = Table(
    "api_tokens",
    metadata,
    column("id"),
    column("hash"),
    _person("handle"),
    column("name"),
    Column("scopes", ARRAY(Text), nullable=False),
    _now("created_at"),
    moment("expires_at", null=True),
    moment("last_used_at", null=True),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("hash"),
    Index(None, "handle"),
)
"""`id` is how people name a token: it lets nobody in. Scopes are in `pharmacy.people`."""

one_time_links = Table(
    "one_time_links",
    metadata,
    column("hash"),
    column("purpose"),
    _person("handle", null=True),
    column("created_by"),
    _now("created_at"),
    moment("expires_at"),
    moment("used_at", null=True),
    PrimaryKeyConstraint("hash"),
    CheckConstraint("purpose IN ('first_admin', 'invitation', 'password_reset')", name="purpose"),
    Index(None, "handle"),
)
"""Links with which a person sets a password; only the first admin's is nobody's yet."""

throttles = Table(
    "throttles",
    metadata,
    column("key"),
    column("failures", Integer),
    moment("blocked_until"),
    moment("updated_at"),
    PrimaryKeyConstraint("key"),
    Index(None, "updated_at"),
)
"""Sign-ins that failed, by account, known browser and address."""

account_log = Table(
    "account_log",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    _now("at"),
    column("by"),
    column("handle", null=True),
    column("what"),
    Column("data", Json, nullable=False),
    Index(None, "handle", "number"),
)
"""What was done about accounts, by whom: never changed."""

practice_links = Table(
    "practice_links",
    metadata,
    column("hash"),
    column("onboarding"),
    column("run"),
    column("role"),
    column("purpose"),
    column("email", null=True),
    column("mail", null=True),
    _now("created_at"),
    moment("expires_at"),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("hash"),
    Index(None, "onboarding", "run", "role"),
)
"""The links to a practice's page. `email` is whom it was written to, `mail` the key of the mail that carried it."""

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
    _now("received_at"),
    moment("retry_at", null=True),
    moment("recorded_at", null=True),
    UniqueConstraint("source", "event"),
    CheckConstraint("state IN ('new', 'recorded', 'kept', 'refused')", name="state"),
    Index(None, "onboarding", "number"),
)
"""Events that others sent, in the order of their arrival (`number`); `event` is the sender's own identifier.

`new` ones wait to be recorded in their onboarding, not before `retry_at`; `kept` ones belong to none that is known,
`refused` ones cannot be recorded: `error` says why.
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
    _now("created_at"),
    PrimaryKeyConstraint("owner", "key"),
    Index(None, "created_at"),
)
"""Requests with an Idempotency-Key: the hash of each, and its answer (null while it is under way)."""
