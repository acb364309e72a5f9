"""Clients, patients and medical records belong to a circle of clinics, which may see and change them (RS4, RS5)."""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from alembic import op

from pharmacy.records.tables import SEARCH_KEYS, search_key

revision = "0023"
down_revision = "0022"

ROLE = "onboarding_clinic"
CLIENT = "given_name, surname, street, city, state, postcode, phone, email, feed, fed, home, opt_out"
PATIENT = "client, name, species, breed, birth_date, age_months, age_on, weight_grams, deceased, deceased_on, feed, fed"


def upgrade() -> None:
    _shares()
    _circles()
    _columns()
    _medical_records()
    _policies()
    _ways_in()


def _shares() -> None:
    op.execute(
        "CREATE TABLE shares (clinic text NOT NULL, other text NOT NULL, state text NOT NULL, "
        "mode text DEFAULT 'manual' NOT NULL, onboarding text NOT NULL, since timestamptz DEFAULT now() NOT NULL, "
        "CONSTRAINT pk_shares PRIMARY KEY (clinic, other), CONSTRAINT ck_shares_other CHECK (clinic <> other), "
        "CONSTRAINT ck_shares_state CHECK (state IN ('requested', 'confirmed', 'cooling_off', 'enabled', 'removed')), "
        "CONSTRAINT ck_shares_mode CHECK (mode IN ('automatic', 'manual')), "
        "CONSTRAINT fk_shares_clinic FOREIGN KEY (clinic) REFERENCES clinics (id), "
        "CONSTRAINT fk_shares_other FOREIGN KEY (other) REFERENCES clinics (id))"
    )
    op.execute("CREATE INDEX ix_shares_onboarding ON shares (onboarding)")


def _circles() -> None:
    op.execute(
        "CREATE TABLE circles (id text NOT NULL, clinics text[] NOT NULL, CONSTRAINT pk_circles PRIMARY KEY (id), "
        "CONSTRAINT uq_circles_clinics UNIQUE (clinics))"
    )
    op.execute("CREATE INDEX ix_circles_clinics_gin ON circles USING gin (clinics)")
    op.execute("CREATE SEQUENCE circle_numbers")
    # '~' stands in no practice's ID. A circle of one clinic is called as the clinic, and needs no row.
    _owned(
        "circle_of(members text[]) RETURNS text LANGUAGE plpgsql",
        "DECLARE wanted text[]; found text; BEGIN "
        "SELECT array_agg(DISTINCT each ORDER BY each) INTO wanted FROM unnest(members) each; "
        "IF cardinality(wanted) = 1 THEN RETURN wanted[1]; END IF; "
        "SELECT id INTO found FROM circles WHERE clinics = wanted; IF found IS NOT NULL THEN RETURN found; END IF; "
        "INSERT INTO circles VALUES ('~' || nextval('circle_numbers'), wanted) ON CONFLICT DO NOTHING; "
        "SELECT id INTO STRICT found FROM circles WHERE clinics = wanted; RETURN found; END",
    )
    _owned(
        "members_of(circle text) RETURNS text[] LANGUAGE sql STABLE",
        "SELECT coalesce((SELECT clinics FROM circles WHERE id = circle), ARRAY[circle])",
    )
    _owned(
        "new_circle(practice text) RETURNS text LANGUAGE sql",
        "SELECT circle_of(practice || coalesce((SELECT array_agg(other) FROM shares WHERE clinic = practice "
        "AND state = 'enabled' AND mode = 'automatic'), '{}'))",
    )
    # A policy does not see a circle that the very statement has made: it exists before the first client is in it.
    _owned(
        "prepare_circle() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN PERFORM new_circle(NEW.clinic); RETURN NULL; END",
    )
    # At the end of the transaction, so that a group that is enabled together has one circle, and none on the way to it.
    op.execute(
        "CREATE CONSTRAINT TRIGGER circle AFTER INSERT OR UPDATE ON shares DEFERRABLE INITIALLY DEFERRED "
        "FOR EACH ROW EXECUTE FUNCTION prepare_circle()"
    )
    # PostgreSQL sorts the array for each search of an index; in order already, that costs little.
    _owned(
        "own_circles() RETURNS text[] LANGUAGE sql STABLE",
        "SELECT coalesce(array_agg(id ORDER BY id), '{}') FROM (SELECT unnest(own_practices()) AS id "
        "UNION ALL SELECT id FROM circles WHERE clinics && own_practices()) own",
    )
    op.execute("REVOKE EXECUTE ON FUNCTION circle_of FROM PUBLIC")


def _columns() -> None:
    keys = ", ".join(
        f'ADD {name} text COLLATE "C" GENERATED ALWAYS AS ({search_key(parts)}) STORED NOT NULL'
        for name, parts in SEARCH_KEYS.items()
    )
    op.execute(
        "ALTER TABLE clients ADD circle text, ADD home text, ADD opt_out boolean DEFAULT false NOT NULL, "
        f"ADD person bigint, {keys}"
    )
    op.execute("ALTER TABLE patients ADD circle text, ADD animal bigint")
    op.execute("UPDATE clients SET circle = practice")
    op.execute("UPDATE patients SET circle = practice")
    for table in ("clients", "patients"):
        op.execute(f"ALTER TABLE {table} ALTER circle SET NOT NULL")
    for name in SEARCH_KEYS:
        # For searches of names alone: without the condition it looks as good as the key while nothing is analyzed.
        op.execute(
            f"CREATE INDEX ix_clients_circle_{name} ON clients (circle, practice, {name}) WHERE {name} IS NOT NULL"
        )
    op.execute("CREATE INDEX ix_clients_practice_email ON clients (practice, email) WHERE email IS NOT NULL")
    op.execute("CREATE UNIQUE INDEX uq_clients_person ON clients (person, practice) WHERE person IS NOT NULL")
    op.execute("CREATE INDEX ix_patients_animal ON patients (animal) WHERE animal IS NOT NULL")
    for name in ("person", "animal"):
        op.execute(f"CREATE SEQUENCE {name}_numbers")
    # Whoever inserts without a circle gets the right one; whoever moves a pet to another client as well.
    _owned(
        "circle_of_new_client() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN NEW.circle := new_circle(NEW.practice); RETURN NEW; END",
    )
    op.execute(
        "CREATE TRIGGER new BEFORE INSERT ON clients FOR EACH ROW WHEN (NEW.circle IS NULL) "
        "EXECUTE FUNCTION circle_of_new_client()"
    )
    _same_circle("clients", "patients", "client")
    op.execute(
        "CREATE TRIGGER moved BEFORE UPDATE OF client ON patients FOR EACH ROW WHEN (NEW.client <> OLD.client) "
        "EXECUTE FUNCTION circle_of_new_patients()"
    )


def _same_circle(table: str, parts: str, owner: str) -> None:
    """Keeps the circle of patients that of their client, and the circle of records that of their patient.

    Triggers do so, as a foreign key with the circle would need one more index on each of the large tables. Whoever adds
    a part locks its owner's row, and whoever changes the owner's circle waits for that.
    """
    _owned(
        f"circle_of_new_{parts}() RETURNS trigger LANGUAGE plpgsql",
        f"BEGIN SELECT circle INTO NEW.circle FROM {table} WHERE practice = NEW.practice AND id = NEW.{owner} "
        "FOR KEY SHARE; RETURN NEW; END",
    )
    op.execute(
        f"CREATE TRIGGER new BEFORE INSERT ON {parts} FOR EACH ROW WHEN (NEW.circle IS NULL) "
        f"EXECUTE FUNCTION circle_of_new_{parts}()"
    )
    _owned(
        f"circle_of_{parts}() RETURNS trigger LANGUAGE plpgsql",
        f"BEGIN PERFORM FROM {table} WHERE practice = NEW.practice AND id = NEW.id FOR UPDATE; "
        f"UPDATE {parts} SET circle = NEW.circle WHERE practice = NEW.practice AND {owner} = NEW.id; RETURN NULL; END",
    )
    op.execute(
        f"CREATE TRIGGER {parts} AFTER UPDATE ON {table} FOR EACH ROW WHEN (NEW.circle <> OLD.circle) "
        f"EXECUTE FUNCTION circle_of_{parts}()"
    )


def _medical_records() -> None:
    op.execute(
        "CREATE TABLE medical_records (id bigint GENERATED ALWAYS AS IDENTITY, practice text NOT NULL, "
        "patient text NOT NULL, circle text NOT NULL, location text NOT NULL, at timestamptz NOT NULL, "
        "kind text NOT NULL, item text, text text NOT NULL, by text NOT NULL, "
        "created_at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_medical_records PRIMARY KEY (id), "
        "CONSTRAINT fk_medical_records_practice_patient FOREIGN KEY (practice, patient) "
        "REFERENCES patients (practice, id))"
    )
    op.execute("CREATE INDEX ix_medical_records_practice_patient_at ON medical_records (practice, patient, at)")
    _same_circle("patients", "medical_records", "patient")


def _policies() -> None:
    shared = "circle = ANY ((SELECT own_circles())::text[])"
    for table in ("clients", "patients"):
        op.execute(f"ALTER POLICY clinic ON {table} USING ({shared}) WITH CHECK ({shared})")
        op.execute(f"REVOKE UPDATE ON {table} FROM {ROLE}")
    op.execute(f"GRANT UPDATE ({CLIENT}) ON clients TO {ROLE}")
    op.execute(f"GRANT UPDATE ({PATIENT}) ON patients TO {ROLE}")
    op.execute("ALTER TABLE medical_records ENABLE ROW LEVEL SECURITY")
    # A record is added, changed and moved by clinics of this transaction alone, and read by all of its circle.
    here = "location = ANY ((SELECT own_practices())::text[])"
    for name, of in (("INSERT", f"WITH CHECK ({shared} AND {here})"), ("SELECT", f"USING ({shared})")):
        op.execute(f"CREATE POLICY {name.lower()}_record ON medical_records FOR {name} {of}")
    op.execute(
        f"CREATE POLICY update_record ON medical_records FOR UPDATE USING ({shared} AND {here}) WITH CHECK ({here})"
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE (location, at, kind, item, text) ON medical_records TO {ROLE}")
    op.execute("ALTER TABLE shares ENABLE ROW LEVEL SECURITY")
    op.execute("CREATE POLICY clinic ON shares USING (clinic = ANY ((SELECT own_practices())::text[]))")
    op.execute(f"GRANT SELECT, UPDATE (mode) ON shares TO {ROLE}")


def _ways_in() -> None:
    """What a clinic may do to rows outside its walls: see whom a sister clinic has, and take a client of it (RS4)."""
    _owned(
        "share_client(origin text, client text, taker text) RETURNS boolean LANGUAGE plpgsql",
        "BEGIN IF NOT EXISTS (SELECT FROM shares WHERE clinic = origin AND other = taker AND state = 'enabled') "
        "OR NOT taker = ANY (own_practices()) THEN RETURN false; END IF; "
        "UPDATE clients c SET circle = circle_of(members_of(c.circle) || taker) "
        "WHERE c.practice = origin AND c.id = client; RETURN FOUND; END",
    )
    _owned(
        "suggest_clients(taker text, begins text) RETURNS TABLE (practice text, id text, given_name text, "
        "surname text, street text, city text, state text, postcode text, phone text, email text) LANGUAGE sql STABLE",
        "SELECT c.practice, c.id, c.given_name, c.surname, c.street, c.city, c.state, c.postcode, c.phone, c.email "
        "FROM shares s JOIN clients c ON c.practice = s.other AND c.circle = ANY ((SELECT s.other || "
        "coalesce(array_agg(k.id), '{}') FROM circles k "
        "WHERE s.other = ANY (k.clinics) AND NOT taker = ANY (k.clinics))::text[]) "
        "WHERE s.clinic = taker AND s.state = 'enabled' AND taker = ANY (own_practices()) "
        "AND (c.given_first ^@ begins OR c.surname_first ^@ begins) "
        "ORDER BY c.surname, c.given_name, c.practice, c.id LIMIT 20",
    )


def _owned(signature: str, body: str) -> None:
    """Makes a function that runs with the owner's rights, which row policies do not restrict."""
    op.execute(f"CREATE FUNCTION {signature} SECURITY DEFINER SET search_path FROM CURRENT AS $${body}$$")
