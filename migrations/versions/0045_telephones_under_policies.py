"""A clinic finds its clients by telephone by an index too: under a policy none of an expression is used."""

from alembic import op

from pharmacy.records.tables import phone_end

revision = "0045"
down_revision = "0044"


def upgrade() -> None:
    op.execute("DROP INDEX ix_clients_phone")
    op.execute(f"ALTER TABLE clients ADD phone_end text GENERATED ALWAYS AS ({phone_end('phone')}) STORED")
    op.execute("CREATE INDEX ix_clients_phone_end ON clients (phone_end) WHERE phone_end IS NOT NULL")
