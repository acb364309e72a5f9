"""An item that no medical record names is removed, or moved to the right clinic (RS6)."""

from alembic import op

revision = "0055"
down_revision = "0054"

ROLE = "onboarding_clinic"


def upgrade() -> None:
    op.execute(f"GRANT DELETE ON items, inventory TO {ROLE}")
    # With an item go its count and the rules about it, also those of sister clinics.
    for table, key in (("inventory", "practice, item"), ("reminder_rules", "practice, item")):
        _goes_with_its_item(table, f"fk_{table}_practice_item", key)
    _goes_with_its_item("reminder_rules", "fk_reminder_rules_other_other_item", "other, other_item")
    # Also a record that its clinic does not see any more keeps an item.
    op.execute(
        "CREATE FUNCTION is_given(giver text, named text) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$SELECT giver = ANY (own_practices()) "
        "AND EXISTS (SELECT FROM medical_records m WHERE m.location = giver AND m.item = named)$$"
    )
    # Who removes an item waits for the records that name it; a record waits until the item is gone, and adds it anew.
    op.execute(
        "CREATE OR REPLACE FUNCTION take_from_inventory() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER "
        "SET search_path FROM CURRENT AS $$BEGIN "
        "PERFORM FROM items i WHERE i.practice = NEW.location AND i.id = NEW.item FOR KEY SHARE; "
        "INSERT INTO items (practice, id, name) SELECT NEW.location, NEW.item, NEW.item "
        "WHERE NEW.item IS NOT NULL ON CONFLICT DO NOTHING; "
        "PERFORM FROM inventory i WHERE (i.practice, i.item) IN ((OLD.location, OLD.item), "
        "(NEW.location, NEW.item)) ORDER BY i.practice, i.item FOR UPDATE; "
        "UPDATE inventory i SET count = count + 1 WHERE i.practice = OLD.location AND i.item = OLD.item; "
        "UPDATE inventory i SET count = count - 1 WHERE i.practice = NEW.location AND i.item = NEW.item; "
        "RETURN NULL; END$$"
    )


def _goes_with_its_item(table: str, name: str, key: str) -> None:
    op.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
    op.execute(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY ({key}) REFERENCES items (practice, id) "
        "ON DELETE CASCADE"
    )
