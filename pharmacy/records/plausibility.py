"""Checks whether a staged feed is plausible; if not, it stops and asks a person before anything is applied."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.rows import Rejection
from pharmacy.records import staged
from pharmacy.records.alike import alike_questions, find_alike
from pharmacy.records.clinic import clinic_transaction
from pharmacy.records.feeds import lock_feed, update_feed

DECEASED_SHARE = 0.1
MISSING_SHARE = 0.5
REJECTED_SHARE = 0.5
WRONG_UNIT_SHARE = 0.1
POUNDS_PER_KILOGRAM = 2.20462
_UNIT_FACTOR = f"{POUNDS_PER_KILOGRAM * 0.99} AND {POUNDS_PER_KILOGRAM * 1.01}"


async def check_plausibility(engine: AsyncEngine, practice: str, number: int) -> str | None:
    """Rejects patients without a client. Returns None if the feed may be applied, or else the question for a person.

    Raises `InvalidFeed` for an empty feed.
    """
    async with clinic_transaction(engine, practice) as connection:
        row = await lock_feed(connection, practice, number)
        if row.state == "asking":
            return str(row.why)
        if row.state != "reading":
            return None
        orphans = await _reject_orphans(connection, practice, number, row)
        counts = (await connection.execute(_COUNTS, {"practice": practice, "feed": number})).mappings().one()
        valid = row.unchanged_clients + row.unchanged_patients + counts["staged_clients"] + counts["staged_patients"]
        rejected = row.set_aside + orphans
        if not valid and not rejected and row.scope == "full":
            raise InvalidFeed("The feed is empty: it has neither a client nor a patient. Look whether the export ran.")
        if not valid and rejected:
            raise InvalidFeed(f"No row of the feed is valid; {rejected:,} were set aside, each with its reason.")
        received = row.unchanged_clients + counts["known_clients"]
        missing = max(0, counts["clients"] - received) if row.scope == "full" else 0
        # Reading the feed may have left a question.
        questions = [*filter(None, [row.why]), *_questions(dict(counts), missing, rejected, valid)]
        if counts["clients"] or counts["patients"]:
            questions += await alike_questions(connection, practice, number)
        await update_feed(
            connection,
            practice,
            number,
            set_aside=rejected,
            staged_patients=counts["staged_patients"],
            missing=missing,
            state="asking" if questions else "applying",
            why=" ".join(questions) or None,
        )
        return " ".join(questions) or None


def _questions(counts: dict[str, Any], missing: int, rejected: int, valid: int) -> list[str]:
    questions = []
    if counts["deceased"] > DECEASED_SHARE * counts["patients"]:
        questions.append(f"It marks {counts['deceased']:,} of {counts['patients']:,} patients as deceased.")
    if missing >= MISSING_SHARE * counts["clients"] and missing:
        questions.append(f"It lacks {missing:,} of {counts['clients']:,} clients.")
    if rejected > REJECTED_SHARE * (rejected + valid):
        questions.append(f"{rejected:,} of its {rejected + valid:,} rows are not valid and were set aside.")
    if counts["by_pounds"] > max(5, WRONG_UNIT_SHARE * counts["patients"]):
        questions.append(
            f"The weights of {counts['by_pounds']:,} patients change by the factor from kilograms to pounds."
        )
    return questions


async def _reject_orphans(connection: AsyncConnection, practice: str, number: int, row: Any) -> int:
    orphans = await staged.delete_orphans(connection, practice, number)
    room = max(0, staged.MAX_KEPT_REJECTIONS - row.set_aside - row.values_set_aside)
    alike = await find_alike(connection, practice, number, {orphan.client for orphan in orphans[:room]})
    rows = []
    for orphan in orphans[:room]:
        reason = f"Its client {orphan.client} is neither in the feed nor known, or was set aside."
        if orphan.client in alike:
            reason += f" The id {alike[orphan.client]} is like it."
        rows.append(Rejection("patient", orphan.line, "", orphan.id, reason, f"{orphan.id}, {orphan.name or ''}"))
    await staged.keep_rejections(connection, practice, number, rows)
    return len(orphans)


_COUNTS = text(
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
                s.weight_grams::float / o.weight_grams BETWEEN {_UNIT_FACTOR}
                OR o.weight_grams::float / s.weight_grams BETWEEN {_UNIT_FACTOR}) AS by_pounds
        FROM staged_patients s LEFT JOIN patients o ON o.practice = s.practice AND o.id = s.id
        WHERE s.practice = :practice AND s.feed = :feed
    ) p
    """  # noqa: S608 - constants
)
