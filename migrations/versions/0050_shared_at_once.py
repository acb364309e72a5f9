"""Two who share the same client at the same moment both succeed: each reads the circle the other has made (RS4)."""

# Only our own names are inserted into this text.
# ruff: noqa: S608
from alembic import op

revision = "0050"
down_revision = "0049"

OPEN_SHARE = (
    "EXISTS (SELECT FROM shares WHERE clinic = origin AND other = taker AND state = 'enabled') "
    "AND own_practices() && ARRAY[origin, taker]"
)


def upgrade() -> None:
    # An update that has waited for another reads the row anew, but no other table: so it is locked by itself before.
    op.execute(
        "CREATE OR REPLACE FUNCTION share_client(origin text, client text, taker text) RETURNS boolean "
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$"
        f"BEGIN IF NOT ({OPEN_SHARE}) THEN RETURN false; END IF; "
        "PERFORM FROM clients c WHERE c.practice = origin AND c.id = client FOR NO KEY UPDATE; "
        "UPDATE clients c SET circle = circle_of(members_of(c.circle) || taker) "
        "WHERE c.practice = origin AND c.id = client AND NOT taker = ANY (members_of(c.circle)); "
        "RETURN EXISTS (SELECT FROM clients c WHERE c.practice = origin AND c.id = client); END$$"
    )
