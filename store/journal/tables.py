"""The tables of the journal: onboardings, what happened to them, files of many practices, and watched feeds.

Times are stored with their zone. A change here needs a migration; a test compares the two. A function of the database
(`keep_contacts`, migration 0047) keeps `onboarding_names`: one row an onboarding's ID, written only when a name or a
contact is new, so that nothing else touches its costly index. A trigger calls it, and so do feeds of practices that are
connected.
"""

from __future__ import annotations

from typing import get_args

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    func,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from playbooks.engine.states import OPEN
from playbooks.feed_watch.values import State
from store.columns import Json, Moment, column, metadata, moment, one_of

onboardings = Table(
    "onboardings",
    metadata,
    column("id"),
    column("run"),
    column("playbook"),
    column("practice"),
    column("practice_name"),
    column("status"),
    column("stage"),
    column("stage_title"),
    column("waiting_on", null=True),
    column("waiting_on_title", null=True),
    column("sla"),
    column("assignee", null=True),
    column("headline"),
    moment("entered_at"),
    moment("due_at", null=True),
    column("next_what", null=True),
    moment("next_at", null=True),
    moment("requested_at"),
    moment("started_at"),
    moment("closed_at", null=True),
    column("version", Integer),
    Column("visits", Json, nullable=False),
    Column("record", Json, nullable=True),
    Column("contacts", Text, nullable=False, server_default=text("''")),
    Column("to_tell", Json, nullable=False, server_default=text("'[]'")),
    Column("updated_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("id", "run"),
    # The partial index below holds the open ones, by `closed_at`: the two may not contradict each other.
    CheckConstraint(f"(closed_at IS NULL) = (status IN {one_of(OPEN)})", name="closed"),
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
to_tell: ColumnElement[bool] = literal_column("(to_tell <> '[]'::jsonb)", Boolean)
"""True for those of whose contacts the partner has to be told. Worded as in the partial index."""
Index("ix_onboardings_to_tell", onboardings.c.id, postgresql_where=text("closed_at IS NULL AND to_tell <> '[]'::jsonb"))
Index("ix_onboardings_updated_at", onboardings.c.updated_at)

entries = Table(
    "entries",
    metadata,
    column("onboarding"),
    column("run"),
    column("number", Integer),
    column("kind"),
    column("name"),
    column("text"),
    column("by"),
    column("why", null=True),
    moment("at"),
    moment("recorded_at"),
    Column("data", Json, nullable=False),
    PrimaryKeyConstraint("onboarding", "run", "number"),
)
"""What happened, one line each, never changed: the audit of an onboarding."""

onboarding_names = Table(
    "onboarding_names",
    metadata,
    column("id"),
    column("name"),
    Column("contacts", Text, nullable=False, server_default=text("''")),
    Column("pieces", ARRAY(Text), nullable=False),
    Column("keys", ARRAY(Text), nullable=False),
    Column("present", Text, nullable=False, server_default=text("''")),
    Column("former", Text, nullable=False, server_default=text("''")),
    PrimaryKeyConstraint("id"),
)
"""`present` are the contacts now and `former` those before, a line each; `contacts` are all of them, their telephones
also as digits alone. `pieces` are all parts of ID, name and contacts of one to three characters, in lower case. By its
`keys` a practice is recognized under another ID."""

Index("ix_onboarding_names_keys", onboarding_names.c["keys"], postgresql_using="gin")
Index("ix_onboarding_names_pieces", onboarding_names.c.pieces, postgresql_using="gin")

batches = Table(
    "batches",
    metadata,
    column("id"),
    column("playbook"),
    column("by"),
    column("file"),
    Column("created_at", Moment, nullable=False, server_default=func.now()),
    Column("seen_at", Moment, nullable=False, server_default=func.now()),
    moment("ended_at", null=True),
    Column("read_as", Json, nullable=False, server_default=text("'{}'")),
    column("corrects", null=True),
    PrimaryKeyConstraint("id"),
    Index(None, "created_at"),
)
"""Files of many practices. `seen_at`: when somebody was last at work on it; `file` is what it was called. `read_as` are
its delimiter, its fields (each a heading and its column, which may be null), and notes for the reader. `corrects` is
the file whose rows it has, corrected."""

batch_rows = Table(
    "batch_rows",
    metadata,
    column("batch"),
    column("line", Integer),
    column("practice"),
    Column("given", Json, nullable=False),
    column("state"),
    column("why", null=True),
    Column("there", Json, nullable=False, server_default=text("'[]'")),
    column("kind", null=True),
    PrimaryKeyConstraint("batch", "line"),
    ForeignKeyConstraint(["batch"], ["batches.id"], ondelete="CASCADE"),
    CheckConstraint("state IN ('new', 'started', 'refused', 'waiting', 'known', 'left')", name="state"),
    Index(None, "batch", "state", "line"),
)
"""A row of such a file as it was given, and what became of it. One that is `waiting` may be `there` already, under
another ID, or waits for a reason of another `kind`; a person decides, and it is `left` if it is not to be started. One
that is `known` was started before."""

FEED_STATES: tuple[State, ...] = get_args(State)

watched_feeds = Table(
    "watched_feeds",
    metadata,
    column("practice"),
    column("practice_name"),
    column("run"),
    column("state"),
    moment("since"),
    moment("agent_at", null=True),
    moment("feed_at", null=True),
    moment("changed_at", null=True),
    column("clients", Integer, null=True),
    column("patients", Integer, null=True),
    column("assignee", null=True),
    column("reason", null=True),
    column("by", null=True),
    column("why", null=True),
    moment("until", null=True),
    moment("next_at", null=True),
    column("version", Integer),
    Column("updated_at", Moment, nullable=False, server_default=func.now()),
    PrimaryKeyConstraint("practice"),
    CheckConstraint(f"state IN {one_of(FEED_STATES)}", name="state"),
)
"""How each watched feed stands. The workflow owns the truth; `version` says how new this copy is.

`agent_at` is the last heartbeat, `feed_at` the last feed, `changed_at` its last changed record. `reason` is that of a
lost connection; `by`, `why` and `until` are those of a pause or an end by a person.
"""

Index("ix_watched_feeds_state", watched_feeds.c.state, watched_feeds.c.since)

hand_overs = Table(
    "hand_overs",
    metadata,
    column("id"),
    column("by"),
    column("receiver"),
    column("why"),
    Column("before", Json, nullable=False),
    Column("at", Moment, nullable=False, server_default=func.now()),
    column("undone_by", null=True),
    moment("undone_at", null=True),
    PrimaryKeyConstraint("id"),
    Index("ix_hand_overs_before", "before", postgresql_using="gin"),
)
"""Hand-overs. `before` are the onboardings by ID, each with its assignee before, which may be null."""
