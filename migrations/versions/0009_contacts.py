"""Onboardings are found by their contacts' e-mail addresses and telephones as well, however these are grouped."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# A telephone is known as it was given and by its digits alone: each run of digits and what groups them.
DIGITS = """
CREATE FUNCTION telephone_digits(given text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT AS $$
    SELECT coalesce(string_agg(regexp_replace(found[1], '\\D', '', 'g'), ' '), '')
    FROM regexp_matches(given, '([+(]?\\d[\\d ()./-]{4,})', 'g') found
$$
"""
KEEP = """
CREATE OR REPLACE FUNCTION keep_onboarding_name() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    reached text := trim(NEW.contacts || ' ' || telephone_digits(NEW.contacts));
BEGIN
    INSERT INTO onboarding_names (id, name, contacts, pieces)
    VALUES (NEW.id, NEW.practice_name, reached,
        pieces(NEW.id, 1) || pieces(NEW.practice_name, 1) || pieces(reached, 1))
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, contacts = excluded.contacts, pieces = excluded.pieces
        WHERE (onboarding_names.name, onboarding_names.contacts) <> (excluded.name, excluded.contacts);
    RETURN NULL;
END
$$
"""
# Who was written to already is found at once; the rest follows with the next thing that happens to each.
KNOWN = """
UPDATE onboardings o SET contacts = m.contacts FROM (
    SELECT onboarding, run, string_agg(DISTINCT to_email, ' ') AS contacts FROM mails
    WHERE role IN ('primary_contact', 'technical_contact') AND to_email IS NOT NULL GROUP BY onboarding, run
) m WHERE o.id = m.onboarding AND o.run = m.run
"""


def upgrade() -> None:
    for table in ("onboardings", "onboarding_names"):
        op.add_column(table, sa.Column("contacts", sa.Text, nullable=False, server_default=sa.text("''")))
    op.execute(DIGITS)
    op.execute(KEEP)
    op.execute("DROP TRIGGER keep_name ON onboardings")
    op.execute(
        "CREATE TRIGGER keep_name AFTER UPDATE OF practice_name, contacts ON onboardings FOR EACH ROW "
        "WHEN (OLD.practice_name <> NEW.practice_name OR OLD.contacts <> NEW.contacts) "
        "EXECUTE FUNCTION keep_onboarding_name()"
    )
    op.execute(KNOWN)
