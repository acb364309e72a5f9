"""Sister clinics' clients are suggested by a plan that is kept, and told apart only once they are few (RS4)."""

# Only our own names are inserted into this text.
# ruff: noqa: S608
from alembic import op

revision = "0053"
down_revision = "0052"

COLUMNS = "given_name text, surname text, street text, city text, state text, postcode text, phone text, email text"
VALUES = "c.practice, c.id, c.given_name, c.surname, c.street, c.city, c.state, c.postcode, c.phone, c.email"
ORDER = "c.surname, c.given_name, c.practice, c.id"
FOUND = (
    f"(SELECT {VALUES} FROM clients c WHERE c.circle = v.circle AND c.practice = s.other AND c.{{key}} >= begins "
    "AND c.{key} < begins || chr(1114111) ORDER BY c.{key} LIMIT 20)"
)
TWICE = (
    "SELECT c.* FROM shares s CROSS JOIN LATERAL (SELECT s.other AS circle UNION ALL SELECT k.id FROM circles k "
    "WHERE k.clinics @> ARRAY[s.other] AND NOT taker = ANY (k.clinics)) v CROSS JOIN LATERAL "
    f"({FOUND.format(key='surname_first')} UNION ALL {FOUND.format(key='given_first')}) c "
    "WHERE s.clinic = taker AND s.state = 'enabled' AND taker = ANY (own_practices()) "
    f"ORDER BY {ORDER} LIMIT 40"
)
"""Whom both names find is there twice: of 40 rows at least 20 differ."""


def upgrade() -> None:
    # Whatever the name begins with, the same indexes are read: to plan that anew takes longer than it could save. No
    # clinic's circle comes twice, so that to remember what was found there saves nothing.
    op.execute(
        f"CREATE OR REPLACE FUNCTION suggest_clients(taker text, begins text) RETURNS TABLE (practice text, id text, "
        f"{COLUMNS}) LANGUAGE sql STABLE SECURITY DEFINER SET search_path FROM CURRENT "
        "SET plan_cache_mode = force_generic_plan SET enable_memoize = off "
        f"AS $$SELECT DISTINCT ON ({ORDER}) {VALUES} FROM ({TWICE}) c ORDER BY {ORDER} LIMIT 20$$"
    )
