"""When sharing ended is kept while it is asked for again, for a request that comes to nothing (RS3)."""

from alembic import op

revision = "0054"
down_revision = "0053"


def upgrade() -> None:
    op.execute("ALTER TABLE shares ADD removed_at timestamptz")
    op.execute("UPDATE shares SET removed_at = since WHERE state = 'removed'")
