"""A practice that is there already under another ID is recognized, and tables of practices keep how they were read."""

from alembic import op

revision = "0039"
down_revision = "0038"

STATES = "CHECK (state IN ('new', 'started', 'refused', 'waiting', 'known'))"


def upgrade() -> None:
    op.execute("ALTER TABLE batches ADD COLUMN read_as jsonb NOT NULL DEFAULT '{}'")
    op.execute(
        "ALTER TABLE batch_rows ADD COLUMN there jsonb NOT NULL DEFAULT '[]', "
        f"DROP CONSTRAINT ck_batch_rows_state, ADD CONSTRAINT ck_batch_rows_state {STATES}"
    )
    # By what a practice is recognized: its name without accents, signs and blanks, and how its contacts are reached.
    op.execute(
        r"""
        CREATE FUNCTION practice_keys(name text, contacts text) RETURNS text[]
        LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
            SELECT coalesce(array_agg(DISTINCT key), '{}') FROM (
                SELECT 'name ' || regexp_replace(lower(normalize(replace(name, '&', 'and'), NFKD)),
                    U&'[\0300-\036F[:punct:][:space:]]', '', 'g') AS key
                UNION ALL SELECT 'mail ' || lower(word) FROM regexp_split_to_table(contacts, '\s+') word
                    WHERE word LIKE '%_@_%'
                UNION ALL SELECT 'tel ' || right(digits, 10) FROM regexp_split_to_table(telephone_digits(contacts), ' ')
                    AS digits WHERE length(digits) >= 7
            ) keys WHERE key <> 'name '
        $$
        """
    )
    op.execute("ALTER TABLE onboarding_names ADD COLUMN keys text[] NOT NULL DEFAULT '{}'")
    op.execute("UPDATE onboarding_names SET keys = practice_keys(name, contacts)")
    op.execute("ALTER TABLE onboarding_names ALTER COLUMN keys DROP DEFAULT")
    op.execute("CREATE INDEX ix_onboarding_names_keys ON onboarding_names USING gin (keys)")
    op.execute(
        """
        CREATE OR REPLACE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            reached text := trim(NEW.contacts || ' ' || telephone_digits(NEW.contacts));
        BEGIN
            INSERT INTO onboarding_names (id, name, contacts, pieces, keys)
            VALUES (NEW.id, NEW.practice_name, reached,
                pieces(NEW.id, 1) || pieces(NEW.practice_name, 1) || pieces(reached, 1),
                practice_keys(NEW.practice_name, NEW.contacts))
            ON CONFLICT (id) DO UPDATE SET name = excluded.name, contacts = excluded.contacts,
                pieces = excluded.pieces, keys = excluded.keys
                WHERE (onboarding_names.name, onboarding_names.contacts) <> (excluded.name, excluded.contacts);
            RETURN NULL;
        END
        $$
        """
    )
