"""Every telephone number of a client's field is found, not the first alone."""

from alembic import op

from pharmacy.records.tables import PHONE_ENDS, phone_end

revision = "0052"
down_revision = "0051"


def upgrade() -> None:
    # Once for all columns: each statement would write the whole table anew.
    added = (
        f"ADD {name} text GENERATED ALWAYS AS ({phone_end('phone', number)}) STORED"
        for name, number in PHONE_ENDS.items()
    )
    op.execute(f"ALTER TABLE clients DROP phone_end, {', '.join(added)}")
    for name in PHONE_ENDS:
        op.execute(f"CREATE INDEX ix_clients_{name} ON clients ({name}) WHERE {name} IS NOT NULL")
