"""The prescriptions that changed lately are found at once, for the pages that are open."""

from alembic import op

revision = "0021"
down_revision = "0019"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_prescriptions_changed ON prescriptions (updated_at)")
