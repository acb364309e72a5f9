"""Patients are found by the beginning of their names, by an index (RS5)."""

from alembic import op

from pharmacy.records.tables import search_key

revision = "0043"
down_revision = "0042"


def upgrade() -> None:
    op.execute(
        f'ALTER TABLE patients ADD search_name text COLLATE "C" GENERATED ALWAYS AS ({search_key("name")}) STORED'
    )
    op.execute(
        "CREATE INDEX ix_patients_circle_search_name ON patients (circle, practice, deceased, search_name) "
        "WHERE search_name IS NOT NULL"
    )
