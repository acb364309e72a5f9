"""Whom several clinics have is at home where they were a client first, unless somebody chose otherwise (RS8)."""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from alembic import op

revision = "0044"
down_revision = "0043"

CHOSEN = (
    "(SELECT new->>'home' FROM changes h WHERE h.practice = c.practice AND h.kind = 'client' AND h.id = c.id "
    "AND h.field = 'home' ORDER BY h.number DESC LIMIT 1)"
)


def upgrade() -> None:
    _settling()
    _joining()
    _parting()
    op.execute(f"UPDATE clients c SET home = NULL WHERE person IS NULL AND home IS NOT NULL AND {CHOSEN} IS NULL")
    op.execute("SELECT settle_homes(array_agg(DISTINCT person)) FROM clients WHERE person IS NOT NULL")


def _settling() -> None:
    """What a person chose last counts, then who was added first: `created_at` is null of those from before all others.

    A clinic is told of no other that it shares nothing with (RS4): each row has the first of those it may know of.
    """
    _owned(
        "settle_homes(persons bigint[]) RETURNS void LANGUAGE sql",
        "WITH each AS MATERIALIZED (SELECT c.practice, c.id, c.person, c.created_at, members_of(c.circle) AS members, "
        "h.number, h.new->>'home' AS chosen FROM clients c LEFT JOIN LATERAL (SELECT number, new FROM changes "
        "WHERE practice = c.practice AND kind = 'client' AND id = c.id AND field = 'home' "
        "ORDER BY number DESC LIMIT 1) h ON true WHERE c.person = ANY (persons)), "
        "settled AS (SELECT r.practice, r.id, first.home FROM each r CROSS JOIN LATERAL "
        "(SELECT coalesce(o.chosen, o.practice) AS home FROM each o WHERE o.person = r.person AND (o.id = r.id "
        "AND o.practice = r.practice OR coalesce(o.chosen, o.practice) = ANY (r.members) OR EXISTS "
        "(SELECT FROM each k WHERE k.person = r.person AND k.practice = coalesce(o.chosen, o.practice) "
        "AND r.practice = ANY (k.members))) "
        "ORDER BY o.number DESC NULLS LAST, o.created_at NULLS FIRST, o.practice LIMIT 1) first) "
        "UPDATE clients c SET home = nullif(s.home, c.practice) FROM settled s "
        "WHERE c.practice = s.practice AND c.id = s.id AND coalesce(c.home, c.practice) <> s.home",
    )


def _joining() -> None:
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
        "UPDATE clients SET opt_out = true WHERE person = number AND (one.opt_out OR other.opt_out); "
        "PERFORM settle_homes(ARRAY[number]); PERFORM same_animals(ARRAY[number]); RETURN true; END",
    )
    # Of two who are nobody's person yet, nearly all in a feed, the home is known without looking again.
    _owned(
        "join_all(pairs jsonb) RETURNS SETOF boolean LANGUAGE plpgsql",
        "DECLARE visible text[] := own_circles(); numbers bigint[]; unsettled bigint[]; BEGIN "
        "PERFORM pg_advisory_xact_lock(hashtext('persons')); "
        "PERFORM FROM jsonb_array_elements(pairs) p "
        "CROSS JOIN LATERAL (VALUES (p->>0, p->>1), (p->>2, p->>3)) k (o, i) "
        "JOIN clients c ON c.practice = k.o AND c.id = k.i ORDER BY c.practice, c.id FOR NO KEY UPDATE OF c; "
        "WITH pair AS MATERIALIZED (SELECT coalesce(one.person, nextval('person_numbers')) AS person, "
        "one.practice AS practice1, one.id AS id1, other.practice AS practice2, other.id AS id2, "
        "one.person IS NULL AND coalesce(one.home, other.home) IS NULL "
        "AND (one.practice = ANY (members_of(other.circle)) OR other.practice = ANY (members_of(one.circle))) "
        "AS simple, "
        "CASE WHEN coalesce(other.created_at, '-infinity') < coalesce(one.created_at, '-infinity') "
        "THEN other.practice ELSE one.practice END AS home, one.opt_out OR other.opt_out AS opt_out "
        "FROM jsonb_array_elements(pairs) p JOIN clients one ON one.practice = p->>0 AND one.id = p->>1 "
        "JOIN clients other ON other.practice = p->>2 AND other.id = p->>3 "
        "WHERE other.person IS NULL AND one.practice <> other.practice AND one.circle = ANY (visible) "
        "AND other.circle = ANY (visible) AND NOT EXISTS "
        "(SELECT FROM clients c WHERE c.person = one.person AND c.practice = other.practice)), "
        "joined AS (UPDATE clients c SET person = pair.person, opt_out = pair.opt_out, "
        "home = CASE WHEN pair.simple THEN nullif(pair.home, c.practice) ELSE c.home END FROM pair "
        "CROSS JOIN LATERAL (VALUES (practice1, id1), (practice2, id2)) k (o, i) "
        "WHERE c.practice = k.o AND c.id = k.i RETURNING c.person, pair.simple) "
        "SELECT array_agg(DISTINCT person), array_agg(DISTINCT person) FILTER (WHERE NOT simple) "
        "INTO numbers, unsettled FROM joined; "
        "PERFORM settle_homes(unsettled); PERFORM same_animals(numbers); "
        "RETURN QUERY SELECT coalesce(one.person = other.person AND one.circle = ANY (visible) "
        "AND other.circle = ANY (visible), false) OR join_persons(p->>0, p->>1, p->>2, p->>3) "
        "FROM jsonb_array_elements(pairs) WITH ORDINALITY e (p, n) "
        "LEFT JOIN clients one ON one.practice = p->>0 AND one.id = p->>1 "
        "LEFT JOIN clients other ON other.practice = p->>2 AND other.id = p->>3 ORDER BY n; END",
    )


def _parting() -> None:
    """Both are at home again where somebody chose, or where they were added."""
    _owned(
        "part_person(practice1 text, id1 text) RETURNS void LANGUAGE plpgsql",
        "DECLARE left_behind bigint; BEGIN PERFORM pg_advisory_xact_lock(hashtext('persons')); "
        "SELECT person INTO left_behind FROM clients "
        "WHERE practice = practice1 AND id = id1 AND circle = ANY (own_circles()) FOR NO KEY UPDATE; "
        "IF left_behind IS NULL THEN RETURN; END IF; "
        "UPDATE patients SET animal = NULL WHERE practice = practice1 AND client = id1; "
        f"UPDATE clients c SET person = NULL, home = CASE WHEN {CHOSEN} = ANY (members_of(c.circle)) "
        f"THEN nullif({CHOSEN}, c.practice) END WHERE practice = practice1 AND id = id1; "
        "PERFORM settle_homes(ARRAY[left_behind]); END",
    )


def _owned(signature: str, body: str) -> None:
    """Makes a function that runs with the owner's rights, which row policies do not restrict."""
    op.execute(f"CREATE OR REPLACE FUNCTION {signature} SECURITY DEFINER SET search_path FROM CURRENT AS $${body}$$")
