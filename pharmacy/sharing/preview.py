"""What would follow if clinics shared: computed before anybody confirms it, as numbers and names (RS3, RS7).

It tells a clinic about a sister clinic, which the clinic may not see yet: numbers and names of people, no client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class Preview:
    """Clients here and there who are not shared yet, as their pages say, and stay where they are; those of them who are
    probably clients at both; those who want no mail, which will hold at both once they are shared."""

    clients_here: int
    clients_there: int
    likely_duplicates: int
    opt_outs: int


async def preview(connection: AsyncConnection, clinic: str, others: Sequence[str]) -> Preview:
    """Compares a clinic with those that would share with it."""
    given = {"clinic": clinic, "others": list(others)}
    rows = {row.practice: row for row in await connection.execute(_COUNTS, given)}
    doubles = await connection.scalar(_DOUBLES, given)
    return Preview(
        clients_here=rows[clinic].all if clinic in rows else 0,
        clients_there=sum(rows[each].all for each in others if each in rows),
        likely_duplicates=doubles or 0,
        opt_outs=sum(row.out for row in rows.values()),
    )


# The circles are few, whatever the number of clients. Who is one with a client of another clinic is shared as that one
# is, if the clinic sees it: so their pages say.
_COUNTS = text(
    """
    SELECT practice, cast(sum(clients) AS bigint) AS all, cast(sum(out) AS bigint) AS out FROM (
        SELECT practice, circles, count(*) AS clients, count(*) FILTER (WHERE opt_out) AS out FROM (
            SELECT practice, opt_out, CASE WHEN person IS NULL THEN ARRAY[circle] ELSE ARRAY(
                SELECT DISTINCT one.circle FROM clients one WHERE one.person = c.person ORDER BY one.circle
            ) END AS circles FROM clients c WHERE practice = :clinic OR practice = ANY (:others)
        ) each GROUP BY practice, circles
    ) counted
    WHERE NOT ARRAY(
        SELECT unnest(members_of(circle)) FROM unnest(circles) circle WHERE practice = ANY (members_of(circle))
    ) @> CASE practice WHEN :clinic THEN cast(:others AS text[]) ELSE ARRAY[:clinic] END
    GROUP BY practice
    """
)
_DOUBLES = text(
    """
    SELECT count(DISTINCT here.id) FROM clients here JOIN clients there
        ON there.practice = ANY (:others) AND there.surname_first = here.surname_first
    WHERE here.practice = :clinic AND here.surname IS NOT NULL AND (
        lower(there.email) = lower(here.email) OR there.postcode = here.postcode
        OR right(regexp_replace(there.phone, '[^0-9]', '', 'g'), 10)
            = nullif(right(regexp_replace(here.phone, '[^0-9]', '', 'g'), 10), '')
    ) AND NOT there.practice = ANY (members_of(here.circle)) AND NOT here.practice = ANY (members_of(there.circle))
    """
)
"""The same name, and the same e-mail address, telephone or postcode: what merging takes for one person.

Whom one of the clinics sees already, the rules or a person have decided about, or are asked about there.
"""
