"""The search finds the contacts that a connected practice has now, whom the watch of its feed knows (DP7)."""

from alembic import op

revision = "0047"
down_revision = "0046"


def upgrade() -> None:
    # What the trigger did (migration 0040), for whoever else knows a name and contacts.
    op.execute(
        r"""
        CREATE FUNCTION keep_contacts(onboarding text, called text, now text) RETURNS void LANGUAGE plpgsql AS $$
        DECLARE
            before onboarding_names;
            gone text;
            reached text;
        BEGIN
            SELECT * INTO before FROM onboarding_names WHERE id = onboarding;
            IF (before.name, before.present) = (called, now) THEN
                RETURN;
            END IF;
            gone := former_contacts(coalesce(before.former, ''), coalesce(before.present, ''), now);
            reached := trim(E' \n' FROM now || E'\n' || gone);
            reached := trim(reached || ' ' || telephone_digits(reached));
            INSERT INTO onboarding_names (id, name, present, former, contacts, pieces, keys)
            VALUES (onboarding, called, now, gone, reached,
                pieces(onboarding, 1) || pieces(called, 1) || pieces(reached, 1), practice_keys(called, now))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, present = excluded.present, former = excluded.former,
                contacts = excluded.contacts, pieces = excluded.pieces, keys = excluded.keys;
        END
        $$
        """
    )
    op.execute(
        """
        CREATE OR REPLACE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            PERFORM keep_contacts(NEW.id, NEW.practice_name, NEW.contacts);
            RETURN NULL;
        END
        $$
        """
    )
