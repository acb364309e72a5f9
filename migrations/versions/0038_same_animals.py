"""Pets that are the same are found without comparing each two pets of a feed's persons (RS5)."""

from alembic import op

revision = "0038"
down_revision = "0037"


def upgrade() -> None:
    # Keys are kept with what they are grouped by: joined with it once more, each pet would be compared with each group.
    op.execute(
        "CREATE OR REPLACE FUNCTION same_animals(persons bigint[]) RETURNS void LANGUAGE sql "
        "SECURITY DEFINER SET search_path FROM CURRENT AS $$"
        "WITH same AS (SELECT coalesce(min(p.animal), nextval('animal_numbers')) AS animal, "
        "array_agg(p.practice) AS practices, array_agg(p.id) AS ids "
        "FROM clients c JOIN patients p ON p.practice = c.practice AND p.client = c.id "
        "WHERE c.person = ANY (persons) AND p.name IS NOT NULL GROUP BY c.person, lower(btrim(p.name)) "
        "HAVING count(*) > 1 AND count(*) = count(DISTINCT p.practice) "
        "AND count(DISTINCT lower(p.species)) < 2 AND count(DISTINCT lower(p.breed)) < 2 "
        "AND count(DISTINCT p.birth_date) < 2 AND count(DISTINCT p.deceased) < 2) "
        "UPDATE patients p SET animal = same.animal "
        "FROM same CROSS JOIN LATERAL unnest(practices, ids) pet (practice, id) "
        "WHERE p.practice = pet.practice AND p.id = pet.id AND p.animal IS DISTINCT FROM same.animal$$"
    )
