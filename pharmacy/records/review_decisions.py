"""Records and undoes people's decisions about pairs (DP9).

Decisions of one practice are serialized. Each names the version of the pair that the person saw: if it was decided
since, the second decision is refused. A link copies nothing, so undoing a decision restores the link exactly, whatever
has changed in either client meanwhile.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import exc, func, insert, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from pharmacy.records import link_statements
from pharmacy.records.clinic import clinic_transaction, lock
from pharmacy.records.errors import AlreadyDecided, DecisionRefused
from pharmacy.records.link_tables import link_decisions
from pharmacy.records.review_pairs import DecisionKind, LinkDecision, Pair, State, read_pair

Choice = Literal["same", "different", "not_sure"]
CHOICE_TITLES: dict[DecisionKind, str] = {
    "same": "the same",
    "different": "two people",
    "not_sure": "not sure",
    "undone": "two people who had been merged",
}
MERGED_ELSEWHERE = "One of the two is merged with somebody else now; take that back first if it is wrong."


async def decide_pair(
    engine: AsyncEngine,
    practice: str,
    number: int,
    choice: Choice,
    by: str,
    why: str = "",
    *,
    version: int,
    checking: bool = False,
) -> Pair:
    """Decides whether the two of a pair are one client. Returns the pair as it was before.

    `different` is final: no later feed proposes the pair again. `not_sure` leaves it in the queue, behind the others.
    `version` is `Pair.version` as it was shown. With `checking` the pair may be an automatic merge, which is kept or
    undone. Raises `NoSuchPair`, `AlreadyDecided`, `DecisionRefused`.
    """
    async with clinic_transaction(engine, practice) as connection:
        pair = await _lock_pair(connection, practice, number)
        blind = checking and pair.state == "merged" and pair.by is None
        if pair.version != version or (pair.state != "review" and not blind):
            raise _already_decided(pair)
        if pair.conflicting_merge:
            raise DecisionRefused(MERGED_ELSEWHERE)
        state: State = pair.state if choice == "not_sure" else "merged" if choice == "same" else "different"
        if state != pair.state:
            await _set_state(connection, pair, state, by, func.now(), why)
        await _add_decision(connection, pair, choice, state, by, why, blind=blind)
        return pair


async def undo_merge(engine: AsyncEngine, practice: str, number: int, by: str, why: str, *, version: int) -> Pair:
    """Undoes a merge, whoever made it: these are two people, and no feed merges them again.

    Raises `NoSuchPair`, `AlreadyDecided`, `DecisionRefused`.
    """
    if not why.strip():
        raise DecisionRefused("Say why these are two people; it stays on record.")
    async with clinic_transaction(engine, practice) as connection:
        pair = await _lock_pair(connection, practice, number)
        if pair.version != version or pair.state != "merged":
            raise _already_decided(pair)
        await _set_state(connection, pair, "undone", by, func.now(), why)
        await _add_decision(connection, pair, "undone", "undone", by, why)
        return pair


async def undo_decision(
    engine: AsyncEngine, practice: str, number: int, decision: int, by: str, why: str = ""
) -> LinkDecision:
    """Undoes the last decision about a pair, and returns it; the link is exactly as it was before.

    Raises `NoSuchPair`, `AlreadyDecided` if it is no longer the last one, `DecisionRefused`.
    """
    async with clinic_transaction(engine, practice) as connection:
        pair = await _lock_pair(connection, practice, number)
        last = pair.last_decision
        if last is None or last.number != decision:
            raise _already_decided(pair)
        if last.became != last.was:
            if last.was == "merged" and pair.conflicting_merge:
                raise DecisionRefused(MERGED_ELSEWHERE)
            earlier = [
                each
                for each in pair.decisions
                if each.undoes is None and not each.is_undone and each.number < decision and each.became != each.was
            ]
            if earlier:
                await _set_state(connection, pair, last.was, earlier[-1].by, earlier[-1].at, earlier[-1].why)
            else:
                await _set_state(connection, pair, last.was, None, await _proposed_at(connection, pair), None)
        await _add_decision(connection, pair, "undone", last.was, by, why, undoes=decision)
        return last


async def _lock_pair(connection: AsyncConnection, practice: str, number: int) -> Pair:
    """Returns the pair, and blocks other decisions in this practice until the transaction ends."""
    await lock(connection, f"links {practice}")
    return await read_pair(connection, practice, number)


def _already_decided(pair: Pair) -> AlreadyDecided:
    changing = [each for each in pair.decisions if each.decided != "not_sure"]
    if not changing:
        return AlreadyDecided("This pair no longer waits for a decision; nothing was recorded.")
    last = changing[-1]
    if last.undoes is not None:
        what = "has taken back the decision about this pair; look at it again. Nothing was recorded."
    else:
        decided = CHOICE_TITLES[last.decided]
        what = f"has decided about this pair in the meantime: {decided}. Nothing was recorded."
    return AlreadyDecided(what, last.by)


async def _set_state(
    connection: AsyncConnection, pair: Pair, state: State, by: str | None, at: Any, why: str | None
) -> None:
    try:
        async with connection.begin_nested():
            await connection.execute(link_statements.set_state(pair.practice, pair.number, state, by, at, why))
    except exc.IntegrityError:
        # A feed imported at the same time has merged one of the two.
        raise DecisionRefused(MERGED_ELSEWHERE) from None


async def _add_decision(
    connection: AsyncConnection,
    pair: Pair,
    decided: DecisionKind,
    became: State,
    by: str,
    why: str,
    *,
    blind: bool = False,
    undoes: int | None = None,
) -> None:
    await connection.execute(
        insert(link_decisions).values(
            practice=pair.practice,
            link=pair.number,
            was=pair.state,
            decided=decided,
            became=became,
            blind=blind,
            undoes=undoes,
            score=pair.score,
            by=by,
            at=func.now(),
            why=why.strip() or None,
        )
    )


async def _proposed_at(connection: AsyncConnection, pair: Pair) -> datetime:
    """Returns when the rules proposed the pair, which is when the import of its feed started."""
    query = text(
        "SELECT coalesce(f.started_at, l.at) FROM client_links l "
        "LEFT JOIN feeds f ON f.practice = l.practice AND f.number = l.feed "
        "WHERE l.practice = :practice AND l.number = :number"
    )
    at: datetime = (await connection.execute(query, {"practice": pair.practice, "number": pair.number})).scalar_one()
    return at.astimezone(UTC)
