"""How many things about a prescription a person should look at, for the board."""

from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.execute("ALTER TABLE prescriptions ADD COLUMN to_look_at integer DEFAULT 0 NOT NULL")
    op.execute("CREATE INDEX ix_prescriptions_to_look_at ON prescriptions (practice) WHERE (to_look_at > 0)")
