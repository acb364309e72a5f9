"""A row of a table says for what kind of reason it waits, and a table which other one it corrects."""

from alembic import op

revision = "0059"
down_revision = "0058"


def upgrade() -> None:
    op.execute("ALTER TABLE batches ADD COLUMN corrects text")
    op.execute("ALTER TABLE batch_rows ADD COLUMN kind text")
    op.execute(r"""
        UPDATE batch_rows SET kind = CASE
            WHEN why LIKE 'It is probably %' THEN 'alike'
            WHEN why LIKE E'%\n%' THEN NULL
            WHEN why LIKE 'It was requested so long ago %' THEN 'late'
            ELSE 'zone'
        END
        WHERE state = 'waiting'
    """)
