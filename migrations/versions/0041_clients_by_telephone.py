"""Clients of all practices are found by telephone."""

from alembic import op

revision = "0041"
down_revision = "0040"

DIGITS = r"regexp_replace(regexp_replace(phone, '(\d)\s*[;,a-zA-Z].*$', '\1'), '\D', '', 'g')"


def upgrade() -> None:
    op.execute(f"CREATE INDEX ix_clients_phone ON clients (right({DIGITS}, 7)) WHERE phone IS NOT NULL")
