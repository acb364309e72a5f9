"""All statements that write the links between clients and home-delivery clients (DP9)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.sql.dml import Update

from pharmacy.records.link_tables import client_links

_PROPOSALS = (
    "jsonb_to_recordset(CAST(:proposals AS jsonb)) "
    "AS f(client text, home_client text, state text, score float, reasons text[])"
)
DOUBT = text(
    f"""
    UPDATE client_links l SET state = 'review', score = f.score, reasons = CAST(:doubted AS text) || f.reasons,
        feed = :feed, at = :at
    FROM {_PROPOSALS}
    WHERE l.practice = :practice AND l.client = f.client AND l.home_client = f.home_client
    """  # noqa: S608 - constants
)
# Not all earlier clients were compared: an agreement may seem rarer than it is, and a rival may be missing.
ADD = text(
    f"""
    INSERT INTO client_links (practice, client, home_client, state, score, reasons, feed, at)
    SELECT :practice, f.client, f.home_client,
        CASE WHEN c.feed = :feed THEN f.state ELSE 'review' END, f.score,
        CASE WHEN c.feed = :feed OR f.state = 'review' THEN f.reasons ELSE CAST(:earlier AS text) || f.reasons END,
        :feed, :at
    FROM {_PROPOSALS}
    JOIN clients c ON c.practice = :practice AND c.id = f.client
    ON CONFLICT DO NOTHING RETURNING state
    """  # noqa: S608 - constants
)


def set_state(practice: str, number: int, state: str, by: str | None, at: datetime | None, why: str | None) -> Update:
    """Sets a link's state and who decided it: None if the rules proposed it."""
    this = client_links.c.practice == practice, client_links.c.number == number
    return update(client_links).where(*this).values(state=state, by=by, at=at, why=why or None)
