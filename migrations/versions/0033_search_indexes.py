"""The indexes by name are for searches of names alone.

The check of a patient's client asks for practice, ID and circle. It must not take an index by circle and practice,
which looks as selective as the key as long as the tables are not analyzed, and has all clients of the practice.
"""

from alembic import op

revision = "0033"
down_revision = "0032"


def upgrade() -> None:
    for name in ("given_first", "surname_first"):
        op.execute(f"DROP INDEX ix_clients_circle_{name}")
        op.execute(
            f"CREATE INDEX ix_clients_circle_{name} ON clients (circle, practice, {name}) WHERE {name} IS NOT NULL"
        )
