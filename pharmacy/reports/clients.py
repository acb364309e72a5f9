"""A clinic's clients with what is known of each, for its reports (RS8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.reports.definitions import Activity, Periods, ReportName, stands_on
from pharmacy.sharing.ids import shown_id


@dataclass(frozen=True)
class ReportedClient:
    """`served_at` is the clinic that served the client last."""

    id: str
    given_name: str | None
    surname: str | None
    email: str | None
    phone: str | None
    added: datetime | None
    served: datetime | None
    served_at: str | None
    opt_out: bool
    home_location: str


async def report(
    connection: AsyncConnection, clinic: str, name: ReportName, periods: Periods, as_of: datetime | None = None
) -> list[ReportedClient]:
    """Returns who stands on a report as of a moment, by name; what came after the moment does not count.

    Without a moment it is the present, by the database's clock. A person who is a client of several clinics that share
    stands there once.
    """
    rows = (await connection.execute(_CLIENTS, {"clinic": clinic, "as_of": as_of})).mappings()
    return [
        ReportedClient(
            id=shown_id(clinic, row["practice"], row["id"]),
            **{name: row[name] for name in _TAKEN},
        )
        for row in rows
        if stands_on(name, Activity(row["added"], row["served"], row["living"]), row["now"], periods)
    ]


async def shares_records(connection: AsyncConnection, clinic: str) -> bool:
    """Returns whether the clinic shares with another one now, or has clients who stay shared since (RS3).

    Only then its reports show home locations (RS8).
    """
    return bool(await connection.scalar(_SHARES, {"clinic": clinic}))


_TAKEN = ("given_name", "surname", "email", "phone", "added", "served", "served_at", "opt_out", "home_location")
_SHARES = text(
    """
    SELECT EXISTS (SELECT FROM shares WHERE clinic = :clinic AND state = 'enabled')
        OR EXISTS (SELECT FROM clients WHERE circle = ANY (own_circles()) AND circle <> :clinic)
    """
)
# Those whom a practice's first feed brought are its clients for long: nobody knows since when.
_CLIENTS = text(
    """
    WITH first_feeds AS (SELECT practice, min(feed) AS feed FROM clients WHERE feed > 0 GROUP BY practice),
    found AS (
        SELECT c.*, coalesce('~' || c.person, c.practice || '~' || c.id) AS human, pets.living, visits.*,
            CASE WHEN f.feed IS NULL THEN c.created_at END AS added
        FROM clients c
        LEFT JOIN first_feeds f ON f.practice = c.practice AND f.feed = c.feed
        CROSS JOIN LATERAL (
            SELECT coalesce(bool_or(NOT p.deceased), true) AS living FROM patients p
            WHERE p.practice = c.practice AND p.client = c.id
        ) pets
        CROSS JOIN LATERAL (
            SELECT max(last.at) AS served, (array_agg(last.place ORDER BY last.at DESC))[1] AS served_at FROM (
                SELECT newest.* FROM patients p CROSS JOIN LATERAL (
                    SELECT m.at, m.location AS place FROM medical_records m
                    WHERE m.practice = p.practice AND m.patient = p.id
                        AND (cast(:as_of AS timestamptz) IS NULL OR m.at < :as_of)
                    ORDER BY m.at DESC LIMIT 1
                ) newest WHERE p.practice = c.practice AND p.client = c.id
                UNION ALL
                SELECT i.created_at, i.practice FROM invoices i WHERE i.origin = c.practice AND i.client = c.id
                    AND i.voided_at IS NULL AND (cast(:as_of AS timestamptz) IS NULL OR i.created_at < :as_of)
            ) last
        ) visits
        WHERE cast(:as_of AS timestamptz) IS NULL OR c.created_at IS NULL OR c.created_at < :as_of
    ),
    people AS (
        SELECT DISTINCT ON (human) practice, id, given_name, surname, email, phone, surname_first,
            bool_or(opt_out) OVER each AS opt_out, coalesce(home, practice) AS home_location,
            min(added) OVER each AS added, max(served) OVER each AS served,
            first_value(served_at) OVER (each ORDER BY served DESC NULLS LAST) AS served_at,
            bool_or(living) OVER each AS living
        FROM found WINDOW each AS (PARTITION BY human) ORDER BY human, practice <> :clinic, practice
    )
    SELECT people.*, coalesce(:as_of, now()) AS now FROM people ORDER BY surname_first, practice, id
    """
)
