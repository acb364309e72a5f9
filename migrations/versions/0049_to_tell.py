"""What a partner has to be told of a practice's contacts."""

from alembic import op

revision = "0049"
down_revision = "0048"


def upgrade() -> None:
    # Of onboardings that are open already it is filled in with their next change.
    op.execute("ALTER TABLE onboardings ADD COLUMN to_tell jsonb NOT NULL DEFAULT '[]'")
    op.execute(
        "CREATE INDEX ix_onboardings_to_tell ON onboardings (id) WHERE closed_at IS NULL AND to_tell <> '[]'::jsonb"
    )
