"""Mails that are held back until a person sends or drops them."""

from alembic import op

revision = "0036"
down_revision = "0035"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE mails DROP CONSTRAINT ck_mails_state, ADD CONSTRAINT ck_mails_state "
        "CHECK (state IN ('held', 'queued', 'sending', 'sent', 'failed', 'unknown', 'bounced', 'cancelled'))"
    )
    op.execute("CREATE INDEX ix_mails_held ON mails (created_at, key) WHERE state = 'held'")
