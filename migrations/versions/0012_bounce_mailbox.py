"""How far the mailbox for returned mail has been read."""

from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE bounce_mailboxes (
            name text NOT NULL,
            uid_validity bigint,
            next_uid bigint NOT NULL DEFAULT 1,
            waiting jsonb NOT NULL DEFAULT '[]',
            taken integer NOT NULL DEFAULT 0,
            free_at timestamptz NOT NULL,
            read_at timestamptz,
            problem text,
            CONSTRAINT pk_bounce_mailboxes PRIMARY KEY (name)
        )
        """
    )
