"""Finds, of the clients whom some clinics see, those who may be the same as new clients of a practice (DP9).

One statement for all of them, whatever the size of a feed. A pair needs more than the surname in common, or the rules
of merging would not even have a person look at it.
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import TextClause, text

from pharmacy.records.matching import PETS, person_json, person_with
from pharmacy.records.tables import search_key

ALIKE = ("surname, initial, postcode", "surname, initial, city", "surname, street", "surname, phone", "email")
"""What two clients have in common who are compared; each of these suffices."""
_KEY = "c.practice || ' ' || c.id"
# The digits of a telephone number are what is left without all other characters; a regular expression takes longer.
_DIGITS = "translate(c.phone, translate(c.phone, '0123456789', ''), '')"
_VALUES = (
    "left(c.given_first, 1) AS initial, c.postcode, lower(c.city) AS city, c.street, "
    f"nullif(right({_DIGITS}, 10), '') AS phone, c.email, c.circle, c.person"
)


class New:
    """Statements about the new clients `c` of a practice for whom a condition holds."""

    def __init__(self, condition: str, people: str) -> None:
        new = f"c.practice = :practice AND {condition}"
        self.members = text(
            "SELECT DISTINCT unnest(members_of(circle)) FROM "
            f"(SELECT DISTINCT circle FROM clients c WHERE {new} AND (SELECT cardinality(own_circles()) > 1)) found"
        )
        """The clinics that see them; none if nothing is shared with the clinics of this transaction."""
        self.near = _near(new)
        """They and others who may be the same, in the order of practice and ID."""
        self.different = text(
            f"""
            SELECT l.clinic, l.practice || ' ' || l.id AS one, c.id AS other FROM clients c JOIN person_links l
                ON l.other_practice = c.practice AND l.other_id = c.id WHERE {new} AND l.state = 'different'
            UNION ALL
            SELECT l.clinic, l.other_practice || ' ' || l.other_id, c.id FROM clients c JOIN person_links l
                ON l.practice = c.practice AND l.id = c.id WHERE {new} AND l.state = 'different'
            """
        )
        """Key of the other and id of the new client of the pairs that a person told apart, by clinic."""
        self.people = text(f"{people} WHERE c.practice = :practice AND c.id = ANY (:ids)")
        """Those with these ids, each as JSON for merging."""


def _near(new: str) -> TextClause:
    # OFFSET has each surname search the index, whatever the planner thinks of ranges.
    return text(
        f"""
        WITH new AS MATERIALIZED (
            SELECT c.practice, c.id, {search_key("c.surname || ' '")} AS surname, {_VALUES} FROM clients c WHERE {new}
        ), k AS MATERIALIZED (
            SELECT circle, practice FROM (SELECT unnest(own_circles()) AS circle) own
            CROSS JOIN LATERAL unnest(members_of(circle)) practice
            WHERE practice <> :practice AND EXISTS (
                SELECT FROM clients c
                WHERE c.circle = own.circle AND c.practice = practice.practice AND c.surname_first >= ''
            )
        ), others AS MATERIALIZED (
            SELECT c.practice, c.id, n.surname, {_VALUES}
            FROM (SELECT DISTINCT surname FROM new) n CROSS JOIN k CROSS JOIN LATERAL (
                SELECT * FROM clients c WHERE c.circle = k.circle AND c.practice = k.practice
                AND c.surname_first >= n.surname AND c.surname_first < n.surname || chr(1114111)
                AND coalesce(c.postcode, c.city, c.street, c.phone) IS NOT NULL OFFSET 0
            ) c
            UNION ALL SELECT c.practice, c.id, NULL, {_VALUES}
            FROM (SELECT DISTINCT email FROM new) n JOIN clients c ON c.email = n.email
            WHERE c.practice IN (SELECT practice FROM k)
        ), near AS ({_alike("new", "others")} UNION {_alike("others", "new")})
        SELECT practice, id, circle, person FROM near ORDER BY practice, id
        """
    )


def _alike(these: str, those: str) -> str:
    """Returns SQL for those in `these` who have enough in common with anybody in `those`."""
    return " UNION ".join(
        f"SELECT practice, id, circle, person FROM {these} a WHERE EXISTS (SELECT FROM {those} b WHERE "
        + " AND ".join(f"a.{name} = b.{name}" for name in names.split(", "))
        + ")"
        for names in ALIKE
    )


# Patients are read as they were staged: new clients' may not be in yet, and one who was there before stays where
# it is. With a condition instead of the filter, PostgreSQL expects few and compares each client with each pet.
IN_FEED = New(
    "c.feed = :feed",
    f"""
    WITH pets AS MATERIALIZED (
        SELECT p.client, {PETS} FILTER (WHERE o.id IS NULL) AS pets FROM staged_patients p
        LEFT JOIN patients o ON o.practice = p.practice AND o.id = p.id AND o.feed <> :feed
        WHERE p.practice = :practice AND p.feed = :feed GROUP BY p.client
    )
    SELECT {person_with("pets")} FROM clients c LEFT JOIN pets ON pets.client = c.id
    """,
)
OF_IDS = New("c.id = ANY (:ids)", f"SELECT {person_json('patients')} FROM clients c")
# The keys as JSON would take three times as long.
PEOPLE = text(
    f"""
    SELECT {person_json("patients", id=_KEY, practice="c.practice")}
    FROM unnest(cast(:practices AS text[]), cast(:ids AS text[])) WITH ORDINALITY given (practice, id, n)
    JOIN clients c USING (practice, id) ORDER BY n
    """
)
"""Each of these clients as JSON for merging, under practice and ID."""
