"""What the team's console reads: indexes for its lists, the names that are searched, practices started many at once."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

revision = "0004"
down_revision = "0003"

Moment = sa.DateTime(timezone=True)
OPEN = sa.text("closed_at IS NULL")
URGENT = (
    sa.text("(sla <> 'breached'::text)"),
    sa.text("coalesce(due_at, 'infinity'::timestamptz)"),
    sa.text("id"),
    sa.text("run"),
)

# All pieces of `given` with `shortest` to three characters, in lower case: what an index can look up parts of words by.
PIECES = """
CREATE FUNCTION pieces(given text, shortest integer) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(array_agg(DISTINCT substr(lower(given), place, size)), '{}')
    FROM generate_series(shortest, 3) size, generate_series(1, char_length(lower(given)) - size + 1) place
$$
"""
KEEP = """
CREATE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO onboarding_names (id, name, pieces)
    VALUES (NEW.id, NEW.practice_name, pieces(NEW.id, 1) || pieces(NEW.practice_name, 1))
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, pieces = excluded.pieces
        WHERE onboarding_names.name <> excluded.name;
    RETURN NULL;
END
$$
"""


def upgrade() -> None:
    _lists()
    _names()
    _batches()


def _lists() -> None:
    op.create_index("ix_onboardings_urgent", "onboardings", list(URGENT), postgresql_where=OPEN)
    for name in ("assignee", "stage", "waiting_on"):
        op.create_index(f"ix_onboardings_{name}", "onboardings", [name, *URGENT], postgresql_where=OPEN)
    op.create_index("ix_onboardings_updated_at", "onboardings", ["updated_at"])
    op.create_index(
        "ix_mails_troubled",
        "mails",
        ["created_at", "key"],
        postgresql_where=sa.text("state IN ('failed', 'bounced', 'unknown') AND onboarding IS NOT NULL"),
    )
    op.create_index(
        "ix_mails_ours",
        "mails",
        ["kind", "created_at", "key"],
        postgresql_where=sa.text("role IN ('team', 'assignee') AND onboarding IS NOT NULL"),
    )


def _names() -> None:
    op.create_table(
        "onboarding_names",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("pieces", ARRAY(sa.Text), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_onboarding_names"),
    )
    op.create_index("ix_onboarding_names_pieces", "onboarding_names", ["pieces"], postgresql_using="gin")
    op.execute(PIECES)
    op.execute(KEEP)
    op.execute(
        "CREATE TRIGGER keep_name_of_new AFTER INSERT ON onboardings "
        "FOR EACH ROW EXECUTE FUNCTION keep_onboarding_name()"
    )
    op.execute(
        "CREATE TRIGGER keep_name AFTER UPDATE OF practice_name ON onboardings FOR EACH ROW "
        "WHEN (OLD.practice_name <> NEW.practice_name) EXECUTE FUNCTION keep_onboarding_name()"
    )
    op.execute(
        "INSERT INTO onboarding_names (id, name, pieces) "
        "SELECT DISTINCT ON (id) id, practice_name, pieces(id, 1) || pieces(practice_name, 1) "
        "FROM onboardings ORDER BY id, started_at DESC"
    )


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("playbook", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("file", sa.Text, nullable=False),
        sa.Column("created_at", Moment, nullable=False, server_default=sa.func.now()),
        sa.Column("seen_at", Moment, nullable=False, server_default=sa.func.now()),
        sa.Column("ended_at", Moment),
        sa.PrimaryKeyConstraint("id", name="pk_batches"),
    )
    op.create_index("ix_batches_created_at", "batches", ["created_at"])
    op.create_table(
        "batch_rows",
        sa.Column("batch", sa.Text, nullable=False),
        sa.Column("line", sa.Integer, nullable=False),
        sa.Column("practice", sa.Text, nullable=False),
        sa.Column("given", JSONB, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("why", sa.Text),
        sa.PrimaryKeyConstraint("batch", "line", name="pk_batch_rows"),
        sa.ForeignKeyConstraint(["batch"], ["batches.id"], name="fk_batch_rows_batch", ondelete="CASCADE"),
        sa.CheckConstraint("state IN ('new', 'started', 'refused')", name=op.f("ck_batch_rows_state")),
    )
    op.create_index("ix_batch_rows_batch_state_line", "batch_rows", ["batch", "state", "line"])
