"""Feeds that are not over are found among all that ever came, with every look at the board."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_index(
        "ix_feeds_open",
        "feeds",
        ["practice", "number"],
        postgresql_where=sa.text("state NOT IN ('done', 'refused')"),
    )
