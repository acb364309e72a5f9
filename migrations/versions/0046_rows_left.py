"""A row of a table that is probably there already can be left for good."""

from alembic import op

revision = "0046"
down_revision = "0045"

STATES = "CHECK (state IN ('new', 'started', 'refused', 'waiting', 'known', 'left'))"


def upgrade() -> None:
    op.execute(
        f"ALTER TABLE batch_rows DROP CONSTRAINT ck_batch_rows_state, ADD CONSTRAINT ck_batch_rows_state {STATES}"
    )
