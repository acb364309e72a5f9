"""Tables of feeds, their staged and rejected rows, changes, and differences that a person resolves."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY

from pharmacy.records.tables import client_columns, patient_columns
from store.columns import Json, Moment, column, metadata, moment

COUNTS = (
    "rows_read",
    "unchanged_clients",
    "unchanged_patients",
    "staged_clients",
    "staged_patients",
    "applied_clients",
    "applied_patients",
    "new_clients",
    "new_patients",
    "updated_clients",
    "updated_patients",
    "set_aside",
    "values_set_aside",
    "differing",
    "missing",
    "merged",
    "to_review",
)
"""A feed's counts, each updated in the transaction that it counts. `missing`: our clients that a full feed lacks."""

feeds = Table(
    "feeds",
    metadata,
    column("practice"),
    column("number", Integer),
    column("name"),
    column("scope", null=True),
    moment("made_at", null=True),
    column("sha256"),
    column("size", BigInteger),
    column("state"),
    column("why", null=True),
    Column("notes", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    column("rows_total", BigInteger, null=True),
    *(Column(name, Integer, nullable=False, server_default=text("0")) for name in COUNTS),
    column("after_client", Integer, null=True),
    column("after_patient", Integer, null=True),
    column("by"),
    Column("received_at", Moment, nullable=False, server_default=func.now()),
    moment("started_at", null=True),
    moment("finished_at", null=True),
    column("decided_by", null=True),
    column("decided_why", null=True),
    moment("decided_at", null=True),
    PrimaryKeyConstraint("practice", "number"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    CheckConstraint(
        "state IN ('received', 'reading', 'asking', 'applying', 'linking', 'done', 'refused')", name="state"
    ),
    CheckConstraint("scope IN ('full', 'changes')", name="scope"),
    Index("ix_feeds_done", "practice", "made_at", postgresql_where=text("state = 'done'")),
    Index("ix_feeds_open", "practice", "number", postgresql_where=text("state NOT IN ('done', 'refused')")),
)
"""Numbered per practice. `after_client` and `after_patient` are the last lines applied, stored in the same transaction.
`why` is the question for a person, or why the feed was refused."""

feed_parts = Table(
    "feed_parts",
    metadata,
    column("practice"),
    column("feed", Integer),
    column("part", Integer),
    Column("content", LargeBinary, nullable=False),
    PrimaryKeyConstraint("practice", "feed", "part"),
    ForeignKeyConstraint(["practice", "feed"], ["feeds.practice", "feeds.number"], ondelete="CASCADE"),
)
"""The feed's file in parts, until it is imported, so that any worker can take over."""

staged_clients = Table(
    "staged_clients",
    metadata,
    column("practice"),
    column("feed", Integer),
    column("line", Integer),
    column("id"),
    *client_columns(),
    column("fed", BigInteger),
    PrimaryKeyConstraint("practice", "feed", "line"),
)

staged_patients = Table(
    "staged_patients",
    metadata,
    column("practice"),
    column("feed", Integer),
    column("line", Integer),
    column("id"),
    column("client"),
    *patient_columns(),
    Column("deceased", Boolean),
    Column("deceased_on", Date),
    column("fed", BigInteger),
    PrimaryKeyConstraint("practice", "feed", "line"),
)
"""New and changed rows of a feed, until they are applied. A null says nothing."""

set_aside = Table(
    "set_aside",
    metadata,
    column("practice"),
    column("feed", Integer),
    column("line", Integer),
    column("kind"),
    column("field"),
    column("id", null=True),
    column("reason"),
    column("raw"),
    PrimaryKeyConstraint("practice", "feed", "kind", "line", "field"),
    ForeignKeyConstraint(["practice", "feed"], ["feeds.practice", "feeds.number"], ondelete="CASCADE"),
    CheckConstraint("kind IN ('client', 'patient', 'row')", name="kind"),
)
"""Rejected rows, and with a `field` rejected values of a row. `raw` is the beginning of what was there."""

changes = Table(
    "changes",
    metadata,
    Column("number", BigInteger, Identity(always=True), nullable=False),
    column("practice"),
    column("kind"),
    column("id"),
    column("field"),
    Column("old", Json),
    Column("new", Json),
    column("source"),
    column("feed", Integer, null=True),
    column("by", null=True),
    moment("at"),
    column("why", null=True),
    column("circle"),
    column("clinic", null=True),
    PrimaryKeyConstraint("number"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    CheckConstraint("source IN ('feed', 'owner', 'staff')", name="source"),
    Index(None, "practice", "kind", "id"),
    Index(None, "practice", "feed"),
)
"""Every change of a value, and every value that a person kept against a feed (`old` and `new` are equal then), in order
and for ever. A value without a change is as the first feed brought it. `circle` is that of the row; `clinic` is where
it was changed, if not at the practice."""

differences = Table(
    "differences",
    metadata,
    Column("number", BigInteger, Identity(always=True), nullable=False),
    column("practice"),
    column("kind"),
    column("id"),
    column("field"),
    Column("ours", Json, nullable=False),
    Column("theirs", Json, nullable=False),
    column("first_feed", Integer, null=True),
    column("last_feed", Integer, null=True),
    moment("first_seen"),
    moment("last_seen"),
    column("state"),
    column("by", null=True),
    moment("at", null=True),
    column("why", null=True),
    Column("before", Json),
    column("circle"),
    PrimaryKeyConstraint("practice", "kind", "id", "field"),
    UniqueConstraint("number"),
    ForeignKeyConstraint(["practice"], ["practices.id"]),
    CheckConstraint("state IN ('open', 'asked', 'kept', 'taken', 'gone')", name="state"),
    Index("ix_differences_open", "practice", "number", postgresql_where=text("state IN ('open', 'asked')")),
)
"""Values of which the practice has another than we, one row per value. `gone`: they no longer differ. A decision stays
here until the practice sends another value, and in `changes` for ever. `before` is what a decision changed: our
value (`ours`) and the state with its `by`, `at` and `why`; it is kept to take the decision back."""
