"""What a decision about a link made of it, which one it took back, and whether it checked an automatic merge unseen."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

BECAME = "CASE decided WHEN 'same' THEN 'merged' WHEN 'not_sure' THEN was ELSE decided END"


def upgrade() -> None:
    op.add_column("link_decisions", sa.Column("became", sa.Text))
    op.execute(f"UPDATE link_decisions SET became = {BECAME}")  # noqa: S608 - our own columns
    op.alter_column("link_decisions", "became", nullable=False)
    op.add_column("link_decisions", sa.Column("blind", sa.Boolean, server_default=sa.text("false"), nullable=False))
    op.add_column("link_decisions", sa.Column("undoes", sa.BigInteger))
    op.create_unique_constraint(op.f("uq_link_decisions_undoes"), "link_decisions", ["undoes"])
    op.create_foreign_key(
        op.f("fk_link_decisions_undoes"), "link_decisions", "link_decisions", ["undoes"], ["number"], ondelete="CASCADE"
    )
