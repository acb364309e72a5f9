"""What makes a feed stop and ask a person, looked at once all of it is read and nothing is applied."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.rows import Rejection
from pharmacy.records import staged
from pharmacy.records.clinic import clinic
from pharmacy.records.feeds import change, locked

DECEASED_SHARE = 0.1
DROPPED_SHARE = 0.5
SET_ASIDE_SHARE = 0.5
WRONG_UNIT_SHARE = 0.1
POUNDS = 2.20462


async def check(engine: AsyncEngine, practice: str, number: int) -> str | None:
    """Sets aside patients without a client; then None if the feed may go on, or the question for a person.

    Raises `FeedProblem` for a feed with nothing in it.
    """
    async with clinic(engine, practice) as connection:
        row = await locked(connection, practice, number)
        if row.state == "asking":
            return str(row.why)
        if row.state != "reading":
            return None
        orphans = await _set_orphans_aside(connection, practice, number, row)
        found = (await connection.execute(_LOOK, {"practice": practice, "feed": number})).mappings().one()
        given = row.unchanged_clients + row.unchanged_patients + found["staged_clients"] + found["staged_patients"]
        aside = row.set_aside + orphans
        if not given and not aside and row.scope == "full":
            raise InvalidFeed("The feed is empty: it has neither a client nor a patient. Look whether the export ran.")
        if not given and aside:
            raise InvalidFeed(f"Not one row of the feed can be taken; {aside:,} were set aside, each with its reason.")
        here = row.unchanged_clients + found["known_clients"]
        missing = max(0, found["clients"] - here) if row.scope == "full" else 0
        questions = _questions(dict(found), missing, aside, given)
        await change(
            connection,
            practice,
            number,
            set_aside=aside,
            staged_patients=found["staged_patients"],
            missing=missing,
            state="asking" if questions else "applying",
            why=" ".join(questions) or None,
        )
        return " ".join(questions) or None


def _questions(found: dict[str, Any], missing: int, aside: int, given: int) -> list[str]:
    questions = []
    if found["deceased"] > DECEASED_SHARE * found["patients"]:
        questions.append(f"It marks {found['deceased']:,} of {found['patients']:,} patients as deceased.")
    if missing >= DROPPED_SHARE * found["clients"] and missing:
        questions.append(f"It lacks {missing:,} of {found['clients']:,} clients.")
    if aside > SET_ASIDE_SHARE * (aside + given):
        questions.append(f"{aside:,} of its {aside + given:,} rows cannot be taken and were set aside.")
    if found["by_pounds"] > max(5, WRONG_UNIT_SHARE * found["patients"]):
        questions.append(
            f"The weights of {found['by_pounds']:,} patients change by the factor from kilograms to pounds."
        )
    return questions


async def _set_orphans_aside(connection: AsyncConnection, practice: str, number: int, row: Any) -> int:
    gone = await staged.drop_orphans(connection, practice, number)
    room = max(0, staged.SHOWN - row.set_aside - row.values_set_aside)
    reason = "Its client {} is neither in the feed nor known, or was set aside."
    rows = [
        Rejection("patient", each.line, "", each.id, reason.format(each.client), f"{each.id}, {each.name or ''}")
        for each in gone[:room]
    ]
    await staged.keep_aside(connection, practice, number, rows)
    return len(gone)


_LOOK = text(
    f"""
    SELECT
        (SELECT count(*) FROM clients WHERE practice = :practice) AS clients,
        (SELECT count(*) FROM patients WHERE practice = :practice) AS patients,
        (SELECT count(*) FROM staged_clients WHERE practice = :practice AND feed = :feed) AS staged_clients,
        (SELECT count(*) FROM staged_clients s JOIN clients o ON o.practice = s.practice AND o.id = s.id
            WHERE s.practice = :practice AND s.feed = :feed) AS known_clients,
        p.*
    FROM (
        SELECT count(*) AS staged_patients,
            count(*) FILTER (WHERE s.deceased AND NOT o.deceased) AS deceased,
            count(*) FILTER (WHERE
                s.weight_grams::float / o.weight_grams BETWEEN {POUNDS * 0.99} AND {POUNDS * 1.01}
                OR o.weight_grams::float / s.weight_grams BETWEEN {POUNDS * 0.99} AND {POUNDS * 1.01}) AS by_pounds
        FROM staged_patients s LEFT JOIN patients o ON o.practice = s.practice AND o.id = s.id
        WHERE s.practice = :practice AND s.feed = :feed
    ) p
    """  # noqa: S608 - two numbers of our own
)
