"""The tables of accounts: people of the team and of practices, and what lets them and the practices' contacts in.

Sessions, tokens and links are stored only as their SHA-256, in hexadecimal.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
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

from store.columns import Json, column, metadata, moment, now_column


def _person(name: str, *, null: bool = False) -> Column[object]:
    return Column(name, Text, ForeignKey("users.handle", ondelete="CASCADE"), nullable=null)


users = Table(
    "users",
    metadata,
    column("handle"),
    column("name"),
    column("email"),
    column("role", null=True),
    column("password_hash", null=True),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    column("time_zone", null=True),
    moment("out_of_office_until", null=True),
    Column("deputy", Text, ForeignKey("users.handle"), nullable=True),
    now_column("created_at"),
    now_column("updated_at"),
    PrimaryKeyConstraint("handle"),
    CheckConstraint("role IN ('viewer', 'specialist', 'manager', 'admin')", name="role"),
    CheckConstraint("deputy <> handle", name="deputy"),
    CheckConstraint("(role IS NULL) = (handle LIKE 'member:%')", name="side"),
)
"""Everybody who can sign in: people of the team, who have a role here, and people of practices, who have none here.

The handle of the team's people is what an onboarding is assigned to, and what stands in the journal. That of practices'
people is an internal ID (`member:…`), which no handle of the team can be.
"""

Index("uq_users_email", users.c.role.is_(None), func.lower(users.c.email), unique=True)

clinics = Table(
    "clinics",
    metadata,
    column("id"),
    column("name"),
    column("owner"),
    column("account_email"),
    column("time_zone"),
    column("country"),
    column("state", null=True),
    now_column("created_at"),
    now_column("updated_at"),
    PrimaryKeyConstraint("id"),
)
"""Practices with an account, by the practice's ID. `owner` is the legal entity."""

members = Table(
    "members",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.id"), nullable=False),
    _person("person"),
    column("handle"),
    column("role"),
    Column("active", Boolean, nullable=False, server_default=text("true")),
    now_column("created_at"),
    now_column("updated_at"),
    PrimaryKeyConstraint("clinic", "person"),
    UniqueConstraint("clinic", "handle"),
    CheckConstraint("role IN ('owner', 'admin', 'vet', 'staff')", name="role"),
    Index(None, "person"),
)
"""Who belongs to which practice, in which role. The handle names the person within the practice: that of a vet is the
prescriber of prescriptions."""

delegates = Table(
    "delegates",
    metadata,
    column("clinic"),
    column("vet"),
    column("delegate"),
    now_column("at"),
    PrimaryKeyConstraint("clinic", "vet", "delegate"),
    ForeignKeyConstraint(["clinic", "vet"], ["members.clinic", "members.handle"]),
    ForeignKeyConstraint(["clinic", "delegate"], ["members.clinic", "members.handle"]),
    CheckConstraint("vet <> delegate", name="other"),
)
"""Who decides about a vet's prescriptions in the vet's name, both by their handles; the vet names them."""

sessions = Table(
    "sessions",
    metadata,
    column("hash"),
    _person("handle"),
    column("browser"),
    now_column("created_at"),
    now_column("seen_at"),
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
    now_column("created_at"),
    moment("expires_at", null=True),
    moment("last_used_at", null=True),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("hash"),
    Index(None, "handle"),
)
"""`id` is how people name a token: it lets nobody in. Scopes are in `store.accounts.people`."""

one_time_links = Table(
    "one_time_links",
    metadata,
    column("hash"),
    column("purpose"),
    _person("handle", null=True),
    column("created_by"),
    now_column("created_at"),
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
    now_column("at"),
    column("by"),
    column("handle", null=True),
    column("what"),
    Column("data", Json, nullable=False),
    Index(None, "handle", "number"),
)
"""What was done about accounts, by whom: never changed."""

board_views = Table(
    "board_views",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    _person("owner"),
    column("name"),
    column("query"),
    column("shared", Boolean),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("owner", "name"),
)
"""Saved filters of the board."""

board_defaults = Table(
    "board_defaults",
    metadata,
    _person("person"),
    Column("view", BigInteger, ForeignKey("board_views.id", ondelete="CASCADE"), nullable=True),
    PrimaryKeyConstraint("person"),
)
"""What a colleague's board begins with: a view, or with null their own practices; without a row, everything."""

_NOTIFICATION = "kind IN ('mention', 'assignment', 'breach')"

personal_notifications = Table(
    "personal_notifications",
    metadata,
    Column("id", BigInteger, Identity(always=True)),
    _person("person"),
    column("kind"),
    column("event"),
    column("onboarding"),
    column("practice_name"),
    column("text"),
    column("quote", null=True),
    column("by", null=True),
    moment("at"),
    moment("read_at", null=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("person", "event"),
    CheckConstraint(_NOTIFICATION, name="kind"),
    Index(None, "person", "at"),
)
"""What a colleague is told of in the console; `event` is what happened, so that it is told once."""

notification_choices = Table(
    "notification_choices",
    metadata,
    _person("person"),
    column("kind"),
    column("mail", Boolean),
    column("list", Boolean),
    PrimaryKeyConstraint("person", "kind"),
    CheckConstraint(_NOTIFICATION, name="kind"),
)
"""Of which kinds a colleague gets mails, and which are listed; without a row, both."""

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
    now_column("created_at"),
    moment("expires_at"),
    moment("revoked_at", null=True),
    PrimaryKeyConstraint("hash"),
    Index(None, "onboarding", "run", "role"),
)
"""The links to a practice's page. `email` is whom it was written to, `mail` the key of the mail that carried it."""
