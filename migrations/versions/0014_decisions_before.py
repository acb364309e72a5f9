"""What a decision about a difference changed, so that it can be taken back."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.execute("ALTER TABLE differences ADD COLUMN before jsonb")
