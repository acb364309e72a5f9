"""The inbox: when an event is tried again, and which is the first of each onboarding."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("retry_at", sa.DateTime(timezone=True)))
    op.create_index("ix_inbox_waiting", "inbox", ["onboarding", "number"], postgresql_where=sa.text("state = 'new'"))
