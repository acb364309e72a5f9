"""Whether a clinic gave an item is found by an index: who asks has the item locked (RS6)."""

from alembic import op

revision = "0058"
down_revision = "0057"


def upgrade() -> None:
    op.execute(
        "CREATE INDEX ix_medical_records_location_item ON medical_records (location, item) WHERE item IS NOT NULL"
    )
