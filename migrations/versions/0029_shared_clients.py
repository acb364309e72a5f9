"""The history of shared clients, and clients of several clinics that are one person (RS4, RS5)."""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from alembic import op

revision = "0029"
down_revision = "0028"

ROLE = "onboarding_clinic"
SHARED = "circle = ANY ((SELECT own_circles())::text[])"


def upgrade() -> None:
    _history()
    _persons()
    _person_links()
    _ways_in()


def _history() -> None:
    """A change and a difference are seen by the clinics that see the row they are about."""
    for table in ("changes", "differences"):
        op.execute(f"ALTER TABLE {table} ADD circle text")
        op.execute(f"UPDATE {table} SET circle = practice")
        op.execute(f"ALTER TABLE {table} ALTER circle SET NOT NULL")
        op.execute(f"ALTER POLICY clinic ON {table} USING ({SHARED}) WITH CHECK ({SHARED})")
    op.execute("ALTER TABLE changes ADD clinic text")
    op.execute(f"REVOKE UPDATE ON differences FROM {ROLE}")
    op.execute(
        "GRANT UPDATE (ours, theirs, first_feed, last_feed, first_seen, last_seen, state, by, at, why, before) "
        f"ON differences TO {ROLE}"
    )
    _owned(
        "circle_of_its_row() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN IF NEW.kind = 'client' THEN "
        "SELECT circle INTO NEW.circle FROM clients WHERE practice = NEW.practice AND id = NEW.id; "
        "ELSE SELECT circle INTO NEW.circle FROM patients WHERE practice = NEW.practice AND id = NEW.id; END IF; "
        "NEW.circle := coalesce(NEW.circle, NEW.practice); RETURN NEW; END",
    )
    _owned(
        "circle_of_its_history() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN UPDATE changes SET circle = NEW.circle "
        "WHERE practice = NEW.practice AND kind = TG_ARGV[0] AND id = NEW.id; "
        "UPDATE differences SET circle = NEW.circle "
        "WHERE practice = NEW.practice AND kind = TG_ARGV[0] AND id = NEW.id; RETURN NULL; END",
    )
    for table in ("changes", "differences"):
        op.execute(
            f"CREATE TRIGGER new BEFORE INSERT ON {table} FOR EACH ROW WHEN (NEW.circle IS NULL) "
            "EXECUTE FUNCTION circle_of_its_row()"
        )
    for kind in ("client", "patient"):
        op.execute(
            f"CREATE TRIGGER history AFTER UPDATE ON {kind}s FOR EACH ROW WHEN (NEW.circle <> OLD.circle) "
            f"EXECUTE FUNCTION circle_of_its_history('{kind}')"
        )


def _persons() -> None:
    """Who sees a row may take it from its person, and pets of one person are the same."""
    _owned(
        "part_person(practice1 text, id1 text) RETURNS void LANGUAGE sql",
        "UPDATE patients SET animal = NULL WHERE practice = practice1 AND client = id1 "
        "AND circle = ANY (own_circles()); "
        "UPDATE clients SET person = NULL WHERE practice = practice1 AND id = id1 AND circle = ANY (own_circles())",
    )
    # An opt-out holds everywhere, also where whoever enters it does not look.
    _owned(
        "opt_out_person() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN UPDATE clients SET opt_out = NEW.opt_out WHERE person = NEW.person AND opt_out <> NEW.opt_out; "
        "RETURN NULL; END",
    )
    op.execute(
        "CREATE TRIGGER opt_out AFTER UPDATE OF opt_out ON clients FOR EACH ROW "
        "WHEN (NEW.person IS NOT NULL AND NEW.opt_out <> OLD.opt_out) EXECUTE FUNCTION opt_out_person()"
    )
    # Pets of one person are the same if the clinics have one of that name each, and nothing contradicts.
    _owned(
        "same_animals(persons bigint[]) RETURNS void LANGUAGE sql",
        "WITH pets AS (SELECT p.practice, p.id, p.animal, p.species, p.breed, p.birth_date, p.deceased, c.person, "
        "lower(btrim(p.name)) AS called FROM clients c JOIN patients p ON p.practice = c.practice AND p.client = c.id "
        "WHERE c.person = ANY (persons) AND p.name IS NOT NULL), "
        "same AS (SELECT person, called, coalesce(min(animal), nextval('animal_numbers')) AS animal FROM pets "
        "GROUP BY person, called HAVING count(*) > 1 AND count(*) = count(DISTINCT practice) "
        "AND count(DISTINCT lower(species)) < 2 AND count(DISTINCT lower(breed)) < 2 "
        "AND count(DISTINCT birth_date) < 2 AND count(DISTINCT deceased) < 2) "
        "UPDATE patients p SET animal = same.animal FROM pets JOIN same USING (person, called) "
        "WHERE p.practice = pets.practice AND p.id = pets.id AND p.animal IS DISTINCT FROM same.animal",
    )


def _person_links() -> None:
    op.execute(
        "CREATE TABLE person_links (clinic text NOT NULL, practice text NOT NULL, id text NOT NULL, "
        "other_practice text NOT NULL, other_id text NOT NULL, state text NOT NULL, score double precision NOT NULL, "
        "reasons text[] NOT NULL, by text, at timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_person_links PRIMARY KEY (clinic, practice, id, other_practice, other_id), "
        "CONSTRAINT ck_person_links_state CHECK (state IN ('review', 'same', 'different')), "
        "CONSTRAINT fk_person_links_practice_id FOREIGN KEY (practice, id) REFERENCES clients (practice, id) "
        "ON DELETE CASCADE, "
        "CONSTRAINT fk_person_links_other_practice_other_id FOREIGN KEY (other_practice, other_id) "
        "REFERENCES clients (practice, id) ON DELETE CASCADE)"
    )
    op.execute("CREATE INDEX ix_person_links_other ON person_links (clinic, other_practice, other_id)")
    op.execute("ALTER TABLE person_links ENABLE ROW LEVEL SECURITY")
    own = "clinic = ANY ((SELECT own_practices())::text[])"
    op.execute(f"CREATE POLICY clinic ON person_links USING ({own}) WITH CHECK ({own})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (state, by, at) ON person_links TO {ROLE}")


def _ways_in() -> None:
    """A clinic finds, previews and takes a sister clinic's clients, and gives its own."""
    op.execute("DROP FUNCTION suggest_clients, share_client")
    columns = "given_name text, surname text, street text, city text, state text, postcode text, phone text, email text"
    values = "c.given_name, c.surname, c.street, c.city, c.state, c.postcode, c.phone, c.email"
    found = (
        "(SELECT c.* FROM clients c WHERE c.circle = v.circle AND c.practice = s.other AND c.{key} >= begins "
        "AND c.{key} < begins || chr(1114111) ORDER BY c.{key} LIMIT 20)"
    )
    # A range, since the prefix is no constant here: `^@` would use no index.
    _owned(
        f"suggest_clients(taker text, begins text) RETURNS TABLE (practice text, id text, {columns}) "
        "LANGUAGE sql STABLE",
        f"SELECT c.practice, c.id, {values} FROM shares s CROSS JOIN LATERAL "
        "(SELECT s.other AS circle UNION ALL SELECT k.id FROM circles k "
        "WHERE k.clinics @> ARRAY[s.other] AND NOT taker = ANY (k.clinics)) v CROSS JOIN LATERAL "
        f"({found.format(key='surname_first')} UNION {found.format(key='given_first')}) c "
        "WHERE s.clinic = taker AND s.state = 'enabled' AND taker = ANY (own_practices()) "
        "ORDER BY c.surname, c.given_name, c.practice, c.id LIMIT 20",
    )
    open_share = (
        "EXISTS (SELECT FROM shares WHERE clinic = origin AND other = taker AND state = 'enabled') "
        "AND own_practices() && ARRAY[origin, taker]"
    )
    _owned(
        "share_client(origin text, client text, taker text) RETURNS boolean LANGUAGE plpgsql",
        f"BEGIN IF NOT ({open_share}) THEN RETURN false; END IF; "
        "UPDATE clients c SET circle = circle_of(members_of(c.circle) || taker) "
        "WHERE c.practice = origin AND c.id = client AND NOT taker = ANY (members_of(c.circle)); "
        "RETURN EXISTS (SELECT FROM clients c WHERE c.practice = origin AND c.id = client); END",
    )
    _owned(
        "preview_sharing(origin text, taker text, ids text[]) RETURNS TABLE (id text, given_name text, surname text, "
        "patients bigint, records bigint, shared boolean) LANGUAGE sql STABLE",
        "SELECT c.id, c.given_name, c.surname, (SELECT count(*) FROM patients p "
        "WHERE p.practice = c.practice AND p.client = c.id), (SELECT count(*) FROM patients p "
        "JOIN medical_records r ON r.practice = p.practice AND r.patient = p.id "
        "WHERE p.practice = c.practice AND p.client = c.id), taker = ANY (members_of(c.circle)) "
        f"FROM clients c WHERE c.practice = origin AND c.id = ANY (ids) AND {open_share} "
        "ORDER BY c.surname, c.given_name, c.id",
    )


def _owned(signature: str, body: str) -> None:
    """Makes a function that runs with the owner's rights, which row policies do not restrict."""
    op.execute(f"CREATE FUNCTION {signature} SECURITY DEFINER SET search_path FROM CURRENT AS $${body}$$")
