"""All tables, and the row-level security that limits a clinic's queries to its own rows.

Earlier versions were not released, so this is the first migration.
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

from store.database import DatabaseProblem

revision = "0009"
down_revision = None

ROLE = "onboarding_clinic"
SOME = "SELECT, INSERT"
MOST = "SELECT, INSERT, UPDATE"
ALL = "SELECT, INSERT, UPDATE, DELETE"
RIGHTS = {
    "clients": MOST,
    "patients": MOST,
    "home_clients": ALL,
    "home_patients": ALL,
    "prescriptions": MOST,
    "shipping_confirmations": MOST,
    "feeds": MOST,
    "feed_parts": ALL,
    "staged_clients": ALL,
    "staged_patients": ALL,
    "set_aside": SOME,
    "changes": SOME,
    "differences": MOST,
    "client_links": MOST,
    "link_decisions": SOME,
}
"""The rights of the clinic role by table. Rows that are kept for ever can only be added."""


def upgrade() -> None:
    op.get_bind().exec_driver_sql((Path(__file__).parent.parent / "schema.sql").read_text("utf-8"))
    _make_role()
    _guard("practices", "id", "SELECT")
    for table, rights in RIGHTS.items():
        _guard(table, "practice", rights)


def _guard(table: str, column: str, rights: str) -> None:
    # In a subquery the setting is read once a statement, not once a row.
    own_rows = f"{column} = ANY ((SELECT string_to_array(current_setting('onboarding.practices', true), ','))::text[])"
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY clinic ON {table} USING ({own_rows}) WITH CHECK ({own_rows})")
    op.execute(f"GRANT {rights} ON {table} TO {ROLE}")


def _make_role() -> None:
    """Creates the role, which belongs to the server: another database may have created it, even at this moment."""
    connection = op.get_bind()
    try:
        with connection.begin_nested():
            connection.execute(
                sa.text(
                    f"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{ROLE}') "
                    f"THEN CREATE ROLE {ROLE} NOLOGIN; END IF; "
                    "EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$"
                )
            )
            if not connection.scalar(sa.text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")):
                connection.execute(sa.text(f"GRANT {ROLE} TO CURRENT_USER"))
    except sa.exc.ProgrammingError:
        # An administrator may have created it; the next step checks that it can be used.
        pass
    try:
        with connection.begin_nested():
            connection.execute(sa.text(f"SET LOCAL ROLE {ROLE}"))
            connection.execute(sa.text("RESET ROLE"))
    except sa.exc.DBAPIError:
        user = connection.scalar(sa.text("SELECT current_user"))
        raise DatabaseProblem(
            f"The database user {user} may not make the role that keeps clinics apart: have an administrator run "
            f"'CREATE ROLE {ROLE} NOLOGIN; GRANT {ROLE} TO {user};' once, then start again."
        ) from None
