"""Secrets that came with facts are kept encrypted, in a table of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "secrets",
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("reference", "onboarding", "fact", "field", "key")),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.func.now(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_secrets")),
    )
    op.create_index("ix_secrets_onboarding", "secrets", ["onboarding"])
