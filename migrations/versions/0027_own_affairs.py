"""What sister clinics do not share: balances, inventory, reminders' settings and contacts of each (RS6, RS7)."""

from alembic import op

revision = "0027"
down_revision = "0026"

ROLE = "onboarding_clinic"
OWN = "practice = ANY ((SELECT own_practices())::text[])"
PRACTICE = "FOREIGN KEY (practice) REFERENCES practices (id)"


def upgrade() -> None:
    _items()
    _inventory()
    _moves()
    _billing()
    _contacts()


def _items() -> None:
    op.execute(
        "CREATE TABLE items (practice text NOT NULL, id text NOT NULL, name text NOT NULL, reminds_after_days integer, "
        "CONSTRAINT pk_items PRIMARY KEY (practice, id), "
        "CONSTRAINT ck_items_reminds_after_days CHECK (reminds_after_days > 0), "
        f"CONSTRAINT fk_items_practice {PRACTICE})"
    )
    op.execute(
        "CREATE TABLE reminder_rules (practice text NOT NULL, item text NOT NULL, other text NOT NULL, "
        "other_item text NOT NULL, CONSTRAINT pk_reminder_rules PRIMARY KEY (practice, item, other, other_item), "
        "CONSTRAINT fk_reminder_rules_practice_item FOREIGN KEY (practice, item) REFERENCES items (practice, id), "
        "CONSTRAINT fk_reminder_rules_other_other_item FOREIGN KEY (other, other_item) REFERENCES items (practice, id))"
    )
    # Also those of clinics that are about to share: what is missing is put right before (RS7).
    _owned(
        "own_sisters() RETURNS text[] LANGUAGE sql STABLE",
        "SELECT own_practices() || "
        "coalesce((SELECT array_agg(other) FROM shares WHERE clinic = ANY (own_practices())), '{}')",
    )
    for table in ("items", "reminder_rules"):
        op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
        sisters = "practice = ANY ((SELECT own_sisters())::text[])"
        for name, of in (
            ("SELECT", f"USING ({sisters})"),
            ("INSERT", f"WITH CHECK ({OWN})"),
            ("DELETE", f"USING ({OWN})"),
        ):
            op.execute(f"CREATE POLICY {name.lower()}_own ON {table} FOR {name} {of}")
        op.execute(f"CREATE POLICY update_own ON {table} FOR UPDATE USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"GRANT SELECT, INSERT, UPDATE (name, reminds_after_days) ON items TO {ROLE}")
    op.execute(f"GRANT SELECT, INSERT, DELETE ON reminder_rules TO {ROLE}")
    # A reminder's settings go with the patient: also where the clinic that looks does not share with the one that gave.
    # A service that it may not see ends its reminder (`seen` is false): the owner is not reminded twice.
    _owned(
        "services_of(of text, patient text) RETURNS TABLE (record bigint, at timestamptz, day date, clinic text, "
        "item text, name text, reminds_after_days integer, disables jsonb, seen boolean) LANGUAGE sql STABLE",
        "WITH mine AS (SELECT p.practice, p.id, p.animal FROM patients p WHERE p.practice = of AND p.id = patient "
        "AND p.circle = ANY ((SELECT own_circles())::text[])), "
        "same AS (SELECT m.practice, m.id FROM mine m UNION SELECT p.practice, p.id FROM mine m "
        "JOIN patients p ON p.animal = m.animal) "
        "SELECT m.id, m.at, (m.at AT TIME ZONE coalesce(c.time_zone, 'UTC'))::date, m.location, m.item, i.name, "
        "i.reminds_after_days, coalesce((SELECT jsonb_agg(jsonb_build_array(r.other, r.other_item)) "
        "FROM reminder_rules r WHERE r.practice = i.practice AND r.item = i.id), '[]'), "
        "m.circle = ANY ((SELECT own_circles())::text[]) FROM same s "
        "JOIN medical_records m ON m.practice = s.practice AND m.patient = s.id "
        "JOIN items i ON i.practice = m.location AND i.id = m.item LEFT JOIN clinics c ON c.id = m.location",
    )


def _inventory() -> None:
    op.execute(
        "CREATE TABLE inventory (practice text NOT NULL, item text NOT NULL, count integer NOT NULL, "
        "CONSTRAINT pk_inventory PRIMARY KEY (practice, item), "
        "CONSTRAINT fk_inventory_practice_item FOREIGN KEY (practice, item) REFERENCES items (practice, id))"
    )
    _walled("inventory", "SELECT, INSERT, UPDATE (count)")
    # By whatever way a record is added, changed or moved, it takes one from the clinic where it stands. Rows are locked
    # in one order, so that two moves in opposite directions do not wait for each other.
    _owned(
        "take_from_inventory() RETURNS trigger LANGUAGE plpgsql",
        "BEGIN PERFORM FROM inventory i WHERE (i.practice, i.item) IN ((OLD.location, OLD.item), "
        "(NEW.location, NEW.item)) ORDER BY i.practice, i.item FOR UPDATE; "
        "UPDATE inventory i SET count = count + 1 WHERE i.practice = OLD.location AND i.item = OLD.item; "
        "INSERT INTO items (practice, id, name) SELECT NEW.location, NEW.item, NEW.item "
        "WHERE NEW.item IS NOT NULL ON CONFLICT DO NOTHING; "
        "UPDATE inventory i SET count = count - 1 WHERE i.practice = NEW.location AND i.item = NEW.item; "
        "RETURN NULL; END",
    )
    op.execute(
        "CREATE TRIGGER inventory AFTER INSERT OR DELETE OR UPDATE OF location, item ON medical_records "
        "FOR EACH ROW EXECUTE FUNCTION take_from_inventory()"
    )


def _moves() -> None:
    op.execute(
        "CREATE TABLE record_moves (record bigint NOT NULL, at timestamptz DEFAULT clock_timestamp() NOT NULL, "
        "moved_from text NOT NULL, moved_to text NOT NULL, item text, by text NOT NULL, "
        "CONSTRAINT pk_record_moves PRIMARY KEY (record, at), "
        "CONSTRAINT fk_record_moves_record FOREIGN KEY (record) REFERENCES medical_records (id))"
    )
    op.execute("ALTER TABLE record_moves ENABLE ROW LEVEL SECURITY")
    # Whoever sees the record sees where it was.
    op.execute(
        "CREATE POLICY select_move ON record_moves FOR SELECT "
        "USING (EXISTS (SELECT FROM medical_records m WHERE m.id = record))"
    )
    both = "moved_from = ANY ((SELECT own_practices())::text[]) AND moved_to = ANY ((SELECT own_practices())::text[])"
    op.execute(f"CREATE POLICY insert_move ON record_moves FOR INSERT WITH CHECK ({both})")
    op.execute(f"GRANT SELECT, INSERT ON record_moves TO {ROLE}")


def _billing() -> None:
    op.execute(
        "CREATE TABLE invoices (id text NOT NULL, practice text NOT NULL, origin text NOT NULL, client text NOT NULL, "
        "cents bigint NOT NULL, paid_cents bigint DEFAULT 0 NOT NULL, text text NOT NULL, by text NOT NULL, "
        "created_at timestamptz DEFAULT now() NOT NULL, key text, CONSTRAINT pk_invoices PRIMARY KEY (id), "
        "CONSTRAINT uq_invoices_practice_id UNIQUE (practice, id), CONSTRAINT uq_invoices_key UNIQUE (key), "
        "CONSTRAINT ck_invoices_cents CHECK (cents > 0), "
        "CONSTRAINT ck_invoices_paid_cents CHECK (paid_cents BETWEEN 0 AND cents), "
        f"CONSTRAINT fk_invoices_practice {PRACTICE}, "
        "CONSTRAINT fk_invoices_origin_client FOREIGN KEY (origin, client) REFERENCES clients (practice, id))"
    )
    op.execute("CREATE INDEX ix_invoices_origin_client ON invoices (origin, client)")
    op.execute(
        "CREATE TABLE payments (id bigint GENERATED ALWAYS AS IDENTITY, practice text NOT NULL, invoice text NOT NULL, "
        "cents bigint NOT NULL, by text NOT NULL, at timestamptz DEFAULT now() NOT NULL, key text, "
        "CONSTRAINT pk_payments PRIMARY KEY (id), CONSTRAINT uq_payments_key UNIQUE (key), "
        "CONSTRAINT ck_payments_cents CHECK (cents > 0), "
        "CONSTRAINT fk_payments_practice_invoice FOREIGN KEY (practice, invoice) REFERENCES invoices (practice, id))"
    )
    op.execute("CREATE INDEX ix_payments_practice_invoice ON payments (practice, invoice)")
    _walled("invoices", "SELECT, INSERT, UPDATE (paid_cents)")
    _walled("payments", "SELECT, INSERT")
    # The amounts alone, of a client whom both see, between two clinics that share or did: never transitively.
    _owned(
        "invoices_elsewhere(looker text, at text, client text) "
        "RETURNS TABLE (practice text, id text, origin text, client_id text, open_cents bigint) LANGUAGE sql STABLE",
        "WITH mine AS (SELECT c.practice, c.id, c.person FROM clients c WHERE c.practice = at AND c.id = client "
        "AND looker = ANY (own_practices()) AND looker = ANY (members_of(c.circle))), "
        "same AS (SELECT m.practice, m.id FROM mine m UNION SELECT c.practice, c.id FROM mine m "
        "JOIN clients c ON c.person = m.person WHERE looker = ANY (members_of(c.circle))) "
        "SELECT i.practice, i.id, i.origin, i.client, i.cents - i.paid_cents FROM same s "
        "JOIN invoices i ON i.origin = s.practice AND i.client = s.id "
        "JOIN shares h ON h.clinic = looker AND h.other = i.practice AND h.state IN ('enabled', 'removed')",
    )


def _contacts() -> None:
    values = ("company", "phone", "email", "street", "city", "state", "postcode", "notes")
    op.execute(
        "CREATE TABLE contacts (practice text NOT NULL, id text NOT NULL, kind text NOT NULL, name text NOT NULL, "
        + "".join(f"{name} text, " for name in values)
        + "created_at timestamptz DEFAULT now() NOT NULL, CONSTRAINT pk_contacts PRIMARY KEY (practice, id), "
        f"CONSTRAINT fk_contacts_practice {PRACTICE}, "
        "CONSTRAINT ck_contacts_kind CHECK (kind IN ('person', 'company')))"
    )
    _walled("contacts", "SELECT, INSERT")


def _walled(table: str, rights: str) -> None:
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY clinic ON {table} USING ({OWN}) WITH CHECK ({OWN})")
    op.execute(f"GRANT {rights} ON {table} TO {ROLE}")


def _owned(signature: str, body: str) -> None:
    """Makes a function that runs with the owner's rights, which row policies do not restrict."""
    op.execute(f"CREATE FUNCTION {signature} SECURITY DEFINER SET search_path FROM CURRENT AS $${body}$$")
