"""What helps a mail that was not delivered."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE mails ADD COLUMN remedy text, "
        "ADD CONSTRAINT ck_mails_remedy CHECK (remedy IN ('address', 'again', 'ours'))"
    )
