"""Mails that went out are listed by day."""

from alembic import op

revision = "0042"
down_revision = "0041"


def upgrade() -> None:
    op.execute("CREATE INDEX ix_mails_sent ON mails (sent_at, key) WHERE sent_at IS NOT NULL")
