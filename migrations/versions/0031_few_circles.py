"""A clinic has few circles, and in order: each costs a list a search."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    # PostgreSQL sorts the array for each search of an index; in order already, that costs little.
    op.execute(
        "CREATE OR REPLACE FUNCTION own_circles() RETURNS text[] LANGUAGE sql STABLE SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM "
        "(SELECT unnest(own_practices()) AS id UNION ALL SELECT id FROM circles WHERE clinics && own_practices()) own$$"
    )
    # At the end of the transaction, so that a group that is enabled together has one circle, and none on the way to it.
    op.execute("DROP TRIGGER circle ON shares")
    op.execute(
        "CREATE CONSTRAINT TRIGGER circle AFTER INSERT OR UPDATE ON shares DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION prepare_circle()"
    )
