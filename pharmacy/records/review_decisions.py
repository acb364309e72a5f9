"""What people decide about pairs, and taking it back (DP9).

The decisions of one practice go one after the other. Each says what its maker had seen: if the pair has been decided
since, nothing is recorded and the second is told. A link copies nothing, so whatever became of either client
meanwhile, taking a decision back gives the link exactly as it was.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import exc, func, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import link_statements
from pharmacy.records.clinic import alone, clinic
from pharmacy.records.link_tables import link_decisions
from pharmacy.records.review_pairs import Decided, Pair, State, Verdict, read
from pharmacy.records.review_problem import NotDecided, Overtaken

Choice = Literal["same", "different", "not_sure"]
SAID: dict[Verdict, str] = {
    "same": "the same",
    "different": "two people",
    "not_sure": "not sure",
    "undone": "two people who had been merged",
}
TAKEN = "One of the two is merged with somebody else now; take that back first if it is wrong."


async def decide(
    engine: AsyncEngine,
    practice: str,
    number: int,
    choice: Choice,
    by: str,
    why: str = "",
    *,
    seen: int,
    checking: bool = False,
) -> Pair:
    """A person says whether the two of a pair are one client; gives the pair as it was before.

    `different` is remembered for ever: no later feed proposes the pair again. `not_sure` leaves it in the queue, behind
    the others. `seen` is `Pair.seen` as it was shown. `checking`: it may be an automatic merge, which stays as it is or
    is undone. Raises `NoSuchPair`, `Overtaken`, `NotDecided`.
    """
    async with clinic(engine, practice) as connection:
        found = await _held(connection, practice, number)
        blind = checking and found.state == "merged" and found.by is None
        if found.seen != seen or (found.state != "review" and not blind):
            raise Overtaken(_who_was_quicker(found))
        if found.in_the_way:
            raise NotDecided(TAKEN)
        becomes: State = found.state if choice == "not_sure" else "merged" if choice == "same" else "different"
        if becomes != found.state:
            await _turn(connection, found, becomes, by, func.now(), why)
        await _record(connection, found, choice, becomes, by, why, blind=blind)
        return found


async def part(engine: AsyncEngine, practice: str, number: int, by: str, why: str, *, seen: int) -> Pair:
    """Undoes a merge whole, whoever made it: these are two people. It is never made again by itself.

    Raises `NoSuchPair`, `Overtaken`, `NotDecided`.
    """
    if not why.strip():
        raise NotDecided("Say why these are two people; it stays on record.")
    async with clinic(engine, practice) as connection:
        found = await _held(connection, practice, number)
        if found.seen != seen or found.state != "merged":
            raise Overtaken(_who_was_quicker(found))
        await _turn(connection, found, "undone", by, func.now(), why)
        await _record(connection, found, "undone", "undone", by, why)
        return found


async def take_back(engine: AsyncEngine, practice: str, number: int, decision: int, by: str, why: str = "") -> Decided:
    """Takes back the last decision about a pair, and gives it: the link is again exactly as it was before.

    Raises `NoSuchPair`, `Overtaken` if it is not the last one any more, `NotDecided`.
    """
    async with clinic(engine, practice) as connection:
        found = await _held(connection, practice, number)
        last = found.last
        if last is None or last.number != decision:
            raise Overtaken(_who_was_quicker(found))
        if last.became != last.was:
            if last.was == "merged" and found.in_the_way:
                raise NotDecided(TAKEN)
            before = [
                each
                for each in found.history
                if each.undoes is None and not each.taken_back and each.number < decision and each.became != each.was
            ]
            if before:
                await _turn(connection, found, last.was, before[-1].by, before[-1].at, before[-1].why)
            else:
                await _turn(connection, found, last.was, None, await _proposed_at(connection, found), None)
        await _record(connection, found, "undone", last.was, by, why, undoes=decision)
        return last


async def _held(connection: AsyncConnection, practice: str, number: int) -> Pair:
    """The pair, while nobody else decides anything in this practice."""
    await alone(connection, f"links {practice}")
    return await read(connection, practice, number)


def _who_was_quicker(found: Pair) -> str:
    standing = [each for each in found.history if each.decided != "not_sure"]
    if not standing:
        return "This pair does not wait for a decision any more; nothing was recorded."
    last = standing[-1]
    if last.undoes is not None:
        return f"{last.by} has taken back what was decided about this pair; look at it anew. Nothing was recorded."
    return f"{last.by} has decided about this pair in the meantime: {SAID[last.decided]}. Nothing was recorded."


async def _turn(
    connection: AsyncConnection, found: Pair, state: State, by: str | None, at: Any, why: str | None
) -> None:
    try:
        async with connection.begin_nested():
            await connection.execute(link_statements.decide(found.practice, found.number, state, by, at, why))
    except exc.IntegrityError:
        # A feed that came in at this very moment has merged one of the two.
        raise NotDecided(TAKEN) from None


async def _record(
    connection: AsyncConnection,
    found: Pair,
    decided: Verdict,
    became: State,
    by: str,
    why: str,
    *,
    blind: bool = False,
    undoes: int | None = None,
) -> None:
    await connection.execute(
        insert(link_decisions).values(
            practice=found.practice,
            link=found.number,
            was=found.state,
            decided=decided,
            became=became,
            blind=blind,
            undoes=undoes,
            score=found.score,
            by=by,
            at=func.now(),
            why=why.strip() or None,
        )
    )


async def _proposed_at(connection: AsyncConnection, found: Pair) -> datetime:
    """When the rules proposed the pair, which is when its feed began to come in."""
    query = text(
        "SELECT coalesce(f.started_at, l.at) FROM client_links l "
        "LEFT JOIN feeds f ON f.practice = l.practice AND f.number = l.feed "
        "WHERE l.practice = :practice AND l.number = :number"
    )
    at: datetime = (await connection.execute(query, {"practice": found.practice, "number": found.number})).scalar_one()
    return at.astimezone(UTC)
