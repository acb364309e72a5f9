"""The tables: the journal of onboardings, what can be read of them, and the mail ledger.

Times are stored with their zone. A change here needs a migration; a test compares the two. Those of the web stand in
`pharmacy.web_tables`, those of the console in `pharmacy.console_tables`, those of clients and patients in
`pharmacy.records`.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    literal_column,
    text,
)

from pharmacy.columns import Json, Moment, metadata
from pharmacy.columns import column as _column
from pharmacy.columns import moment as _moment
from pharmacy.console_tables import batch_rows, batches, onboarding_names
from pharmacy.feed_watch_tables import hearing, watched_feeds
from pharmacy.records import feed_tables, link_tables
from pharmacy.records import tables as record_tables
from pharmacy.web_tables import (
    account_log,
    api_tokens,
    idempotency,
    inbox,
    one_time_links,
    practice_links,
    sessions,
    throttles,
    users,
)

__all__ = [
    "Json",
    "Moment",
    "account_log",
    "api_tokens",
    "batch_rows",
    "batches",
    "calm",
    "due_first",
    "entries",
    "feed_tables",
    "hearing",
    "idempotency",
    "inbox",
    "link_tables",
    "mails",
    "metadata",
    "onboarding_names",
    "onboardings",
    "one_time_links",
    "practice_links",
    "record_tables",
    "sessions",
    "switches",
    "throttles",
    "users",
    "watched_feeds",
]

onboardings = Table(
    "onboardings",
    metadata,
    _column("id"),
    _column("run"),
    _column("playbook"),
    _column("practice"),
    _column("practice_name"),
    _column("status"),
    _column("stage"),
    _column("stage_title"),
    _column("waiting_on", null=True),
    _column("waiting_on_title", null=True),
    _column("sla"),
    _column("assignee", null=True),
    _column("headline"),
    _moment("entered_at"),
    _moment("due_at", null=True),
    _column("next_what", null=True),
    _moment("next_at", null=True),
    _moment("requested_at"),
    _moment("started_at"),
    _moment("closed_at", null=True),
    _column("version", Integer),
    Column("visits", Json, nullable=False),
    Column("record", Json, nullable=True),
    Column("contacts", Text, nullable=False, server_default=text("''")),
    Column("updated_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id", "run"),
    # The partial index below holds the open ones, by `closed_at`: the two may not contradict each other.
    CheckConstraint("(closed_at IS NULL) = (status IN ('open', 'on_hold'))", name="closed"),
)
"""Where each run of an onboarding stands. The workflow owns the truth; `version` says how new this copy is."""

due_first = func.coalesce(onboardings.c.due_at, text("'infinity'::timestamptz"))
Index("ix_onboardings_open", due_first, onboardings.c.id, onboardings.c.run, postgresql_where=text("closed_at IS NULL"))
Index("ix_onboardings_started_at", onboardings.c.started_at, onboardings.c.id, onboardings.c.run)

calm: ColumnElement[bool] = literal_column("(sla <> 'breached'::text)", Boolean)
"""False for those that are overdue: sorted by it, they come first."""
_urgent = (calm, due_first, onboardings.c.id, onboardings.c.run)
Index("ix_onboardings_urgent", *_urgent, postgresql_where=text("closed_at IS NULL"))
for _name in ("assignee", "stage", "waiting_on"):
    Index(f"ix_onboardings_{_name}", onboardings.c[_name], *_urgent, postgresql_where=text("closed_at IS NULL"))
Index("ix_onboardings_updated_at", onboardings.c.updated_at)

entries = Table(
    "entries",
    metadata,
    _column("onboarding"),
    _column("run"),
    _column("number", Integer),
    _column("kind"),
    _column("name"),
    _column("text"),
    _column("by"),
    _column("why", null=True),
    _moment("at"),
    _moment("recorded_at"),
    Column("data", Json, nullable=False),
    PrimaryKeyConstraint("onboarding", "run", "number"),
)
"""What happened, one line each, never changed: the audit of an onboarding."""

mails = Table(
    "mails",
    metadata,
    _column("key"),
    _column("onboarding", null=True),
    _column("run", null=True),
    _column("kind"),
    _column("role"),
    _column("stage", null=True),
    _column("to_name"),
    _column("to_email", null=True),
    _column("subject"),
    _column("text"),
    _column("html"),
    _column("message_id"),
    _column("state"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("doubts", Integer, nullable=False, server_default="0"),
    _column("error", null=True),
    _column("note", null=True),
    _moment("created_at"),
    _moment("claimed_at", null=True),
    _moment("sent_at", null=True),
    Column("updated_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("key"),
    CheckConstraint(
        "state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'cancelled')", name="state"
    ),
)
"""Every mail, as it was written, and what became of it. `doubts` counts the attempts that nobody knows the end of."""

Index("uq_mails_message_id", mails.c.message_id, unique=True)
Index("ix_mails_onboarding", mails.c.onboarding, mails.c.run)
Index("ix_mails_state", mails.c.state)
_of_onboardings = "onboarding IS NOT NULL"
Index(
    "ix_mails_troubled",
    mails.c.created_at,
    mails.c.key,
    postgresql_where=text(f"state IN ('failed', 'bounced', 'unknown') AND {_of_onboardings}"),
)
Index(
    "ix_mails_ours",
    mails.c.kind,
    mails.c.created_at,
    mails.c.key,
    postgresql_where=text(f"role IN ('team', 'assignee') AND {_of_onboardings}"),
)

switches = Table(
    "switches",
    metadata,
    _column("name"),
    Column("value", Json, nullable=False),
    _column("by"),
    _column("why", null=True),
    _moment("at"),
    PrimaryKeyConstraint("name"),
)
"""What a person switched on or off for the whole system, with who, why and when."""
