"""The tables of watched feeds: how each stands, and when we ourselves could hear."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Integer, PrimaryKeyConstraint, Table
from sqlalchemy import func as sql

from pharmacy.columns import Moment, column, metadata, moment

STATES = ("flowing", "quiet", "silent", "reconnecting", "paused", "ended")

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
    Column("updated_at", Moment, nullable=False, server_default=sql.now()),
    PrimaryKeyConstraint("practice"),
    CheckConstraint(f"state IN ({', '.join(repr(state) for state in STATES)})", name="state"),
)
"""How each watched feed stands. The workflow owns the truth; `version` says how new this copy is.

`agent_at` is the last heartbeat, `feed_at` the last feed, `changed_at` its last changed record. `reason` is that of a
lost connection; `by`, `why` and `until` are those of a pause or an end by a person.
"""

Index("ix_watched_feeds_state", watched_feeds.c.state, watched_feeds.c.since)

hearing = Table(
    "hearing",
    metadata,
    moment("begin_at"),
    moment("seen_at"),
    PrimaryKeyConstraint("begin_at"),
)
"""Stretches in which the web server could take events: from `begin_at` to `seen_at`, the last one going on."""

Index("ix_hearing_seen_at", hearing.c.seen_at)
