"""Why a prescription's call to the practice's system has to wait just now."""

from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.execute("ALTER TABLE prescriptions ADD COLUMN delay jsonb")
