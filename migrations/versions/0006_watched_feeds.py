"""Watched feeds, and when we ourselves could hear."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

Moment = sa.DateTime(timezone=True)
STATES = "'flowing', 'quiet', 'silent', 'reconnecting', 'paused', 'ended'"


def upgrade() -> None:
    op.create_table(
        "watched_feeds",
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("practice_name", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("since", Moment, nullable=False),
        sa.Column("agent_at", Moment),
        sa.Column("feed_at", Moment),
        sa.Column("changed_at", Moment),
        sa.Column("clients", sa.Integer),
        sa.Column("patients", sa.Integer),
        sa.Column("assignee", sa.Text),
        sa.Column("reason", sa.Text),
        sa.Column("by", sa.Text),
        sa.Column("why", sa.Text),
        sa.Column("until", Moment),
        sa.Column("next_at", Moment),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("updated_at", Moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("practice", name="pk_watched_feeds"),
        sa.CheckConstraint(f"state IN ({STATES})", name="state"),
    )
    op.create_index("ix_watched_feeds_state", "watched_feeds", ["state", "since"])
    op.create_table(
        "hearing",
        sa.Column("begin_at", Moment, nullable=False),
        sa.Column("seen_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("begin_at", name="pk_hearing"),
    )
    op.create_index("ix_hearing_seen_at", "hearing", ["seen_at"])
