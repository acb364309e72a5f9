"""A clinic has a person once. Who sees two rows of a person may join them, or those of a feed together (RS4)."""

from alembic import op

revision = "0033"
down_revision = "0030"


def upgrade() -> None:
    # The home location is that of the first, who was there before. An opt-out holds for both.
    _owned(
        "join_persons(practice1 text, id1 text, practice2 text, id2 text) RETURNS boolean LANGUAGE plpgsql",
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
        "UPDATE clients SET person = number WHERE (practice, id) IN ((practice1, id1), (practice2, id2)); "
        "IF other.person <> number THEN UPDATE clients SET person = number WHERE person = other.person; END IF; "
        "UPDATE clients SET home = coalesce(one.home, practice1), opt_out = one.opt_out OR other.opt_out "
        "WHERE person = number; "
        "PERFORM same_animals(ARRAY[number]); RETURN true; END",
    )
    # The same for many pairs: one statement for those of whom the second is nobody's person yet, nearly all in a feed.
    _owned(
        "join_all(pairs jsonb) RETURNS SETOF boolean LANGUAGE plpgsql",
        "DECLARE visible text[] := own_circles(); numbers bigint[]; BEGIN "
        "PERFORM pg_advisory_xact_lock(hashtext('persons')); "
        "PERFORM FROM jsonb_array_elements(pairs) p "
        "CROSS JOIN LATERAL (VALUES (p->>0, p->>1), (p->>2, p->>3)) k (o, i) "
        "JOIN clients c ON c.practice = k.o AND c.id = k.i ORDER BY c.practice, c.id FOR NO KEY UPDATE OF c; "
        "WITH pair AS MATERIALIZED (SELECT coalesce(one.person, nextval('person_numbers')) AS person, "
        "one.practice AS practice1, one.id AS id1, other.practice AS practice2, other.id AS id2, "
        "coalesce(one.home, one.practice) AS home, one.opt_out OR other.opt_out AS opt_out "
        "FROM jsonb_array_elements(pairs) p JOIN clients one ON one.practice = p->>0 AND one.id = p->>1 "
        "JOIN clients other ON other.practice = p->>2 AND other.id = p->>3 "
        "WHERE other.person IS NULL AND one.practice <> other.practice AND one.circle = ANY (visible) "
        "AND other.circle = ANY (visible) AND NOT EXISTS "
        "(SELECT FROM clients c WHERE c.person = one.person AND c.practice = other.practice)), "
        "joined AS (UPDATE clients c SET person = pair.person, home = pair.home, opt_out = pair.opt_out FROM pair "
        "CROSS JOIN LATERAL (VALUES (practice1, id1), (practice2, id2)) k (o, i) "
        "WHERE c.practice = k.o AND c.id = k.i RETURNING c.person) "
        "SELECT array_agg(DISTINCT person) INTO numbers FROM joined; "
        "PERFORM same_animals(numbers); "
        "RETURN QUERY SELECT coalesce(one.person = other.person AND one.circle = ANY (visible) "
        "AND other.circle = ANY (visible), false) OR join_persons(p->>0, p->>1, p->>2, p->>3) "
        "FROM jsonb_array_elements(pairs) WITH ORDINALITY e (p, n) "
        "LEFT JOIN clients one ON one.practice = p->>0 AND one.id = p->>1 "
        "LEFT JOIN clients other ON other.practice = p->>2 AND other.id = p->>3 ORDER BY n; END",
    )


def _owned(signature: str, body: str) -> None:
    """Makes a function that runs with the owner's rights, which row policies do not restrict."""
    op.execute(f"CREATE FUNCTION {signature} SECURITY DEFINER SET search_path FROM CURRENT AS $${body}$$")
