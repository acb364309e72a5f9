"""The journal of onboardings, the mail ledger, and the switches."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "onboardings",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("playbook", sa.Text, nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("practice_name", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("stage_title", sa.Text, nullable=False),
        sa.Column("waiting_on", sa.Text),
        sa.Column("waiting_on_title", sa.Text),
        sa.Column("sla", sa.Text, nullable=False),
        sa.Column("assignee", sa.Text),
        sa.Column("headline", sa.Text, nullable=False),
        sa.Column("entered_at", Moment, nullable=False),
        sa.Column("due_at", Moment),
        sa.Column("next_what", sa.Text),
        sa.Column("next_at", Moment),
        sa.Column("requested_at", Moment, nullable=False),
        sa.Column("started_at", Moment, nullable=False),
        sa.Column("closed_at", Moment),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("visits", JSONB, nullable=False),
        sa.Column("record", JSONB),
        sa.Column("updated_at", Moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("id", "run", name="pk_onboardings"),
        sa.CheckConstraint("(closed_at IS NULL) = (status IN ('open', 'on_hold'))", name=op.f("ck_onboardings_closed")),
    )
    op.create_index(
        "ix_onboardings_open",
        "onboardings",
        [sa.text("coalesce(due_at, 'infinity'::timestamptz)"), "id", "run"],
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_index("ix_onboardings_started_at", "onboardings", ["started_at", "id", "run"])
    op.create_table(
        "entries",
        sa.Column("onboarding", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.Column("recorded_at", Moment, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("onboarding", "run", "number", name="pk_entries"),
    )
    op.create_table(
        "mails",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("onboarding", sa.Text),
        sa.Column("run", sa.Text),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("stage", sa.Text),
        sa.Column("to_name", sa.Text, nullable=False),
        sa.Column("to_email", sa.Text),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("message_id", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("doubts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("note", sa.Text),
        sa.Column("created_at", Moment, nullable=False),
        sa.Column("claimed_at", Moment),
        sa.Column("sent_at", Moment),
        sa.Column("updated_at", Moment, nullable=False, server_default=sa.func.now()),
        sa.PrimaryKeyConstraint("key", name="pk_mails"),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'cancelled')",
            name=op.f("ck_mails_state"),
        ),
    )
    op.create_index("uq_mails_message_id", "mails", ["message_id"], unique=True)
    op.create_index("ix_mails_onboarding", "mails", ["onboarding", "run"])
    op.create_index("ix_mails_state", "mails", ["state"])
    op.create_table(
        "switches",
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("value", JSONB, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.Column("at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_switches"),
    )
