"""The search finds former contacts: who was replaced, and addresses that were corrected."""

from alembic import op

revision = "0040"
down_revision = "0039"


def upgrade() -> None:
    op.execute(
        "ALTER TABLE onboarding_names ADD COLUMN present text NOT NULL DEFAULT '', "
        "ADD COLUMN former text NOT NULL DEFAULT ''"
    )
    # The lines of `before` and `former` without those of `now`. Until 0040 all contacts were one line.
    op.execute(
        r"""
        CREATE FUNCTION former_contacts(former text, before text, now text) RETURNS text
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT coalesce(string_agg(DISTINCT line, E'\n'), '')
            FROM regexp_split_to_table(former || E'\n' || before, '\n') AS line
            WHERE line NOT IN ('', replace(now, E'\n', ' '))
                AND line NOT IN (SELECT regexp_split_to_table(now, '\n'))
        $$
        """
    )
    op.execute(
        r"""
        CREATE OR REPLACE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            before onboarding_names;
            gone text;
            reached text;
        BEGIN
            SELECT * INTO before FROM onboarding_names WHERE id = NEW.id;
            IF (before.name, before.present) = (NEW.practice_name, NEW.contacts) THEN
                RETURN NULL;
            END IF;
            gone := former_contacts(coalesce(before.former, ''), coalesce(before.present, ''), NEW.contacts);
            reached := trim(E' \n' FROM NEW.contacts || E'\n' || gone);
            reached := trim(reached || ' ' || telephone_digits(reached));
            INSERT INTO onboarding_names (id, name, present, former, contacts, pieces, keys)
            VALUES (NEW.id, NEW.practice_name, NEW.contacts, gone, reached,
                pieces(NEW.id, 1) || pieces(NEW.practice_name, 1) || pieces(reached, 1),
                practice_keys(NEW.practice_name, NEW.contacts))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, present = excluded.present, former = excluded.former,
                contacts = excluded.contacts, pieces = excluded.pieces, keys = excluded.keys;
            RETURN NULL;
        END
        $$
        """
    )
    # Of those who were there before, the mails tell.
    op.execute(
        r"""
        WITH last AS (
            SELECT DISTINCT ON (id) id, contacts FROM onboardings ORDER BY id, started_at DESC
        ), mailed AS (
            SELECT last.id, string_agg(DISTINCT concat_ws(' ', nullif(m.to_name, ''), m.to_email), E'\n') AS former
            FROM last JOIN mails m ON m.onboarding = last.id
            WHERE m.role NOT IN ('assignee', 'team_member', 'team', 'manager') AND m.to_email IS NOT NULL
                AND position(lower(m.to_email) IN lower(last.contacts)) = 0
            GROUP BY last.id
        ), found AS (
            SELECT n.id, last.contacts AS present, coalesce(mailed.former, '') AS former,
                trim(n.contacts || E'\n' || coalesce(mailed.former, '')) AS contacts
            FROM onboarding_names n JOIN last USING (id) LEFT JOIN mailed USING (id)
        )
        UPDATE onboarding_names n SET present = found.present, former = found.former, contacts = found.contacts,
            pieces = n.pieces || pieces(found.former, 1)
        FROM found WHERE found.id = n.id
        """
    )
