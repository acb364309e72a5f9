"""Events that a person has dismissed."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE inbox DROP CONSTRAINT ck_inbox_state, ADD CONSTRAINT ck_inbox_state "
        "CHECK (state IN ('new', 'recorded', 'kept', 'refused', 'dismissed'))"
    )
