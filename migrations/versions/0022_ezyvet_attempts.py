"""The last write to ezyVet of each prescription, kept after its outcome is known: it may not be recorded yet."""

from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.execute("DROP TABLE ezyvet_attempts")
    op.execute(
        "CREATE TABLE ezyvet_attempts (prescription text NOT NULL, asked_at timestamptz NOT NULL, state text NOT NULL, "
        "animal integer, uid text, first_at timestamptz DEFAULT now() NOT NULL, "
        "sent_at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_ezyvet_attempts PRIMARY KEY (prescription), "
        "CONSTRAINT ck_ezyvet_attempts_state "
        "CHECK (state IN ('sent', 'ended', 'timed_out', 'known', 'not_done', 'withdrawn')))"
    )
