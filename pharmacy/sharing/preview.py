"""What would follow if clinics shared: computed before anybody confirms it, as numbers and names (RS3, RS7).

It tells a clinic about a sister clinic, which the clinic may not see yet: numbers and names of people, no client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.tables import clients


@dataclass(frozen=True)
class Preview:
    """Existing clients here and there, which stay where they are; people who are probably clients at both; owners who
    want no mail, which will hold at both."""

    clients_here: int
    clients_there: int
    likely_duplicates: int
    opt_outs: int


async def preview(connection: AsyncConnection, clinic: str, others: Sequence[str]) -> Preview:
    """Compares a clinic with those that would share with it."""
    counted = select(clients.c.practice, func.count().label("all"), func.count().filter(clients.c.opt_out).label("out"))
    query = counted.where(clients.c.practice.in_([clinic, *others])).group_by(clients.c.practice)
    rows = {row.practice: row for row in await connection.execute(query)}
    doubles = await connection.scalar(_DOUBLES, {"clinic": clinic, "others": list(others)})
    return Preview(
        clients_here=rows[clinic].all if clinic in rows else 0,
        clients_there=sum(rows[each].all for each in others if each in rows),
        likely_duplicates=doubles or 0,
        opt_outs=sum(row.out for row in rows.values()),
    )


_DOUBLES = text(
    """
    SELECT count(DISTINCT here.id) FROM clients here JOIN clients there
        ON there.practice = ANY (:others) AND there.surname_first = here.surname_first
    WHERE here.practice = :clinic AND here.surname IS NOT NULL AND (
        lower(there.email) = lower(here.email) OR there.postcode = here.postcode
        OR right(regexp_replace(there.phone, '[^0-9]', '', 'g'), 10)
            = nullif(right(regexp_replace(here.phone, '[^0-9]', '', 'g'), 10), '')
    )
    """
)
"""The same name, and the same e-mail address, telephone or postcode: what merging takes for one person."""
