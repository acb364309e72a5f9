"""A clinic's people correct its contacts (RS6)."""

from alembic import op

revision = "0051"
down_revision = "0050"


def upgrade() -> None:
    values = "kind, name, company, phone, email, street, city, state, postcode, notes"
    op.execute(f"GRANT UPDATE ({values}) ON contacts TO onboarding_clinic")
