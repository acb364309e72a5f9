"""Persons are joined by their rows' keys, so that joining those of a feed reads no table."""

# ruff: noqa: S608 - only our own names are inserted
from alembic import op

revision = "0032"
down_revision = "0031"

KEY = "(practice, id) IN ((practice1, id1), (practice2, id2))"


def upgrade() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION join_persons(practice1 text, id1 text, practice2 text, id2 text) RETURNS boolean "
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$"
        "DECLARE one clients; other clients; number bigint; BEGIN "
        "PERFORM pg_advisory_xact_lock(hashtext('persons')); "
        "SELECT * INTO one FROM clients WHERE practice = practice1 AND id = id1 AND circle = ANY (own_circles()); "
        "SELECT * INTO other FROM clients WHERE practice = practice2 AND id = id2 AND circle = ANY (own_circles()); "
        "IF one.id IS NULL OR other.id IS NULL OR practice1 = practice2 THEN RETURN false; END IF; "
        "IF one.person = other.person THEN RETURN true; END IF; "
        "IF EXISTS ((SELECT practice FROM clients WHERE person = one.person UNION ALL SELECT practice1) "
        "INTERSECT (SELECT practice FROM clients WHERE person = other.person UNION ALL SELECT practice2)) "
        "THEN RETURN false; END IF; "
        "number := coalesce(one.person, other.person, nextval('person_numbers')); "
        f"UPDATE clients SET person = number WHERE {KEY}; "
        "IF other.person <> number THEN UPDATE clients SET person = number WHERE person = other.person; END IF; "
        "UPDATE clients SET home = coalesce(one.home, practice1), opt_out = one.opt_out OR other.opt_out "
        "WHERE person = number; "
        "PERFORM same_animals(ARRAY[number]); RETURN true; END$$"
    )
