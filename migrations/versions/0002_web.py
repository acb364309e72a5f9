"""The web: people, sessions, tokens and links, events that came in, requests repeated."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0002"
down_revision = "0001"

Moment = sa.DateTime(timezone=True)


def upgrade() -> None:
    _people()
    _ways_in()
    _requests()


def _now(name: str) -> sa.Column[object]:
    return sa.Column(name, Moment, nullable=False, server_default=sa.func.now())


def _number() -> sa.Column[object]:
    return sa.Column("number", sa.BigInteger, sa.Identity(always=True), nullable=False)


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["handle"], ["users.handle"], name=f"fk_{table}_handle", ondelete="CASCADE")


def _people() -> None:
    op.create_table(
        "users",
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text),
        sa.Column("active", sa.Boolean, nullable=False, server_default=sa.text("true")),
        sa.Column("time_zone", sa.Text),
        sa.Column("out_of_office_until", Moment),
        sa.Column("deputy", sa.Text),
        _now("created_at"),
        _now("updated_at"),
        sa.PrimaryKeyConstraint("handle", name="pk_users"),
        sa.ForeignKeyConstraint(["deputy"], ["users.handle"], name="fk_users_deputy"),
        sa.CheckConstraint("role IN ('viewer', 'specialist', 'manager', 'admin')", name=op.f("ck_users_role")),
        sa.CheckConstraint("deputy <> handle", name=op.f("ck_users_deputy")),
    )
    op.create_index("uq_users_email", "users", [sa.text("lower(email)")], unique=True)
    op.create_table(
        "account_log",
        _number(),
        _now("at"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("handle", sa.Text),
        sa.Column("what", sa.Text, nullable=False),
        sa.Column("data", JSONB, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_account_log"),
    )
    op.create_index("ix_account_log_handle_number", "account_log", ["handle", "number"])
    op.create_table(
        "throttles",
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("blocked_until", Moment, nullable=False),
        sa.Column("updated_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_throttles"),
    )
    op.create_index("ix_throttles_updated_at", "throttles", ["updated_at"])


def _ways_in() -> None:
    op.create_table(
        "sessions",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("browser", sa.Text, nullable=False),
        _now("created_at"),
        _now("seen_at"),
        sa.Column("expires_at", Moment, nullable=False),
        sa.PrimaryKeyConstraint("hash", name="pk_sessions"),
        _owner("sessions"),
    )
    op.create_index("ix_sessions_handle", "sessions", ["handle"])
    op.create_table(
        "api_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("handle", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("scopes", ARRAY(sa.Text), nullable=False),
        _now("created_at"),
        sa.Column("expires_at", Moment),
        sa.Column("last_used_at", Moment),
        sa.Column("revoked_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_api_tokens"),
        sa.UniqueConstraint("hash", name="uq_api_tokens_hash"),
        _owner("api_tokens"),
    )
    op.create_index("ix_api_tokens_handle", "api_tokens", ["handle"])
    op.create_table(
        "one_time_links",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("handle", sa.Text),
        sa.Column("created_by", sa.Text, nullable=False),
        _now("created_at"),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("used_at", Moment),
        sa.PrimaryKeyConstraint("hash", name="pk_one_time_links"),
        _owner("one_time_links"),
        sa.CheckConstraint(
            "purpose IN ('first_admin', 'invitation', 'password_reset')", name=op.f("ck_one_time_links_purpose")
        ),
    )
    op.create_index("ix_one_time_links_handle", "one_time_links", ["handle"])
    op.create_table(
        "practice_links",
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("onboarding", sa.Text, nullable=False),
        sa.Column("run", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("purpose", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("mail", sa.Text),
        _now("created_at"),
        sa.Column("expires_at", Moment, nullable=False),
        sa.Column("revoked_at", Moment),
        sa.PrimaryKeyConstraint("hash", name="pk_practice_links"),
    )
    op.create_index("ix_practice_links_onboarding_run_role", "practice_links", ["onboarding", "run", "role"])


def _requests() -> None:
    op.create_table(
        "inbox",
        _number(),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("event", sa.Text, nullable=False),
        sa.Column("type", sa.Text, nullable=False),
        sa.Column("payload", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("onboarding", sa.Text),
        sa.Column("sequence", sa.BigInteger),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("error", sa.Text),
        sa.Column("occurred_at", Moment),
        _now("received_at"),
        sa.Column("recorded_at", Moment),
        sa.PrimaryKeyConstraint("number", name="pk_inbox"),
        sa.UniqueConstraint("source", "event", name="uq_inbox_source_event"),
        sa.CheckConstraint("state IN ('new', 'recorded', 'kept', 'refused')", name=op.f("ck_inbox_state")),
    )
    op.create_index("ix_inbox_onboarding_number", "inbox", ["onboarding", "number"])
    op.create_index("ix_inbox_new", "inbox", ["number"], postgresql_where=sa.text("state = 'new'"))
    op.create_index("ix_inbox_state", "inbox", ["state", "number"])
    op.create_table(
        "idempotency",
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("request", sa.Text, nullable=False),
        sa.Column("status", sa.Integer),
        sa.Column("body", JSONB),
        _now("created_at"),
        sa.PrimaryKeyConstraint("owner", "key", name="pk_idempotency"),
    )
    op.create_index("ix_idempotency_created_at", "idempotency", ["created_at"])
