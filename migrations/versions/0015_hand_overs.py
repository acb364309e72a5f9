"""Hand-overs of onboardings, to be taken back as one."""

from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.execute(
        "CREATE TABLE hand_overs (id text NOT NULL, by text NOT NULL, receiver text NOT NULL, why text NOT NULL, "
        "before jsonb NOT NULL, at timestamptz DEFAULT now() NOT NULL, undone_by text, undone_at timestamptz, "
        "CONSTRAINT pk_hand_overs PRIMARY KEY (id))"
    )
    op.execute("CREATE INDEX ix_hand_overs_before ON hand_overs USING gin (before)")
