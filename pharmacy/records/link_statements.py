"""All statements that write the links between clients and home-delivery clients (DP9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.sql.dml import Update

from pharmacy.records.link_tables import client_links

_FOUND = (
    "jsonb_to_recordset(CAST(:found AS jsonb)) "
    "AS f(client text, home_client text, state text, score float, reasons text[])"
)
DOUBT = text(
    f"""
    UPDATE client_links l SET state = 'review', score = f.score, reasons = CAST(:doubted AS text) || f.reasons,
        feed = :feed, at = :at
    FROM {_FOUND}
    WHERE l.practice = :practice AND l.client = f.client AND l.home_client = f.home_client
    """  # noqa: S608 - our own texts
)
# Of the earlier clients not all are here: what one of them agrees in may seem rarer than it is, and a rival be unseen.
ADD = text(
    f"""
    INSERT INTO client_links (practice, client, home_client, state, score, reasons, feed, at)
    SELECT :practice, f.client, f.home_client,
        CASE WHEN c.feed = :feed THEN f.state ELSE 'review' END, f.score,
        CASE WHEN c.feed = :feed OR f.state = 'review' THEN f.reasons ELSE CAST(:earlier AS text) || f.reasons END,
        :feed, :at
    FROM {_FOUND}
    JOIN clients c ON c.practice = :practice AND c.id = f.client
    ON CONFLICT DO NOTHING RETURNING state
    """  # noqa: S608 - our own texts
)


def decide(practice: str, number: int, state: str, by: str | None, at: datetime | None, why: str | None) -> Update:
    """Gives a link another state, with who decided so; nobody, if that is what the rules proposed."""
    this = client_links.c.practice == practice, client_links.c.number == number
    return update(client_links).where(*this).values(state=state, by=by, at=at, why=why or None)
