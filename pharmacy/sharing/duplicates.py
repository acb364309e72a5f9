"""Clients of several clinics who may be one person: where the rules of merging are not certain, a person decides."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import RowMapping, func, select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.sharing.ids import shown_id
from pharmacy.sharing.noting import Key, note_person
from pharmacy.sharing.persons import BY_HAND, settle_link
from pharmacy.sharing.tables import person_links

SAME_CLINIC_TWICE = (
    "Two clients who were both added at {clinic} cannot be joined here. Use the one who has the patients, and tick"
    " under Edit client of the other that no mail is wanted. If the clinic has a program of its own that lists its"
    " clients, merge the two there."
)


def same_clinic_twice(clinics: Iterable[str]) -> str:
    """Says of two clients of each of these clinics that they cannot be joined, and what to do."""
    return SAME_CLINIC_TWICE.format(clinic=", or both at ".join(clinics))


class Decided(NamedTuple):
    """By whom and when it was decided; `by` is None for the rules of merging."""

    by: str | None
    at: datetime


@dataclass(frozen=True)
class Duplicate:
    """Two clients under the IDs of the clinic that looks, and why they may be one person.

    `same` is None until that is decided; then it says whether they are one now.
    `joined_by` is the member of the clinic who decided that though no rule had found them, if it was one.
    """

    client: str
    other: str
    reasons: tuple[str, ...]
    same: bool | None = None
    joined_by: str | None = None


async def list_duplicates(connection: AsyncConnection, clinic: str, limit: int) -> list[Duplicate]:
    """Returns the pairs that wait for a decision, the likeliest first."""
    links = person_links.c
    query = (
        select(person_links)
        .where(links.clinic == clinic, links.state == "review")
        .order_by(links.score.desc(), links.practice, links.id, links.other_practice, links.other_id)
        .limit(limit)
    )
    return [_pair(clinic, row) for row in (await connection.execute(query)).mappings()]


async def likely_duplicates(
    connection: AsyncConnection, clinic: str, rows: Sequence[RowMapping]
) -> dict[Key, list[Key]]:
    """Returns those with whom each of these clients may be one person."""
    keys = {name: [row[name] for row in rows] for name in ("practice", "id")}
    found = defaultdict[Key, list[Key]](list)
    for practice, id, other_practice, other_id in await connection.execute(_LIKELY, {"clinic": clinic, **keys}):
        found[practice, id].append((other_practice, other_id))
        found[other_practice, other_id].append((practice, id))
    return found


async def pairs_about(connection: AsyncConnection, clinic: str, rows: Sequence[RowMapping]) -> list[Duplicate]:
    """Returns the pairs of these clients, who are one person, with others, the latest first.

    Last come those whom another clinic has joined.
    """
    keys = {name: [row[name] for row in rows] for name in ("practice", "id")}
    found = (await connection.execute(_ABOUT, {"clinic": clinic, **keys})).mappings()
    # One of whom both are among these clients is found twice.
    pairs = list({pair: None for row in found for pair in [_pair(clinic, row)]})
    first, *others = (shown_id(clinic, row["practice"], row["id"]) for row in rows)
    known = {id for pair in pairs if pair.same for id in (pair.client, pair.other)}
    return [*pairs, *(Duplicate(first, other, (), True) for other in others if not {first, other} <= known)]


async def decide(
    connection: AsyncConnection, clinic: str, one: RowMapping, other: RowMapping, same: bool, by: str
) -> Decided | None:
    """Makes two clients one person, or tells them apart, also if they were joined before.

    Those whom the rules have not found alike can be joined too. If that was decided so already, nothing changes, and
    it returns by whom and when. Raises `RecordsError`.
    """
    keys = (one["practice"], one["id"]), (other["practice"], other["id"])
    row = await _link(connection, clinic, *keys)
    are_one = one["person"] is not None and one["person"] == other["person"]
    if row and row["state"] == ("same" if same else "different") and are_one == same:
        return Decided(row["by"], row["at"])
    link = {name: row[name] for name in _KEY} if row else dict(zip(_KEY, (clinic, *keys[0], *keys[1]), strict=True))
    if same:
        if not await connection.scalar(select(func.join_persons(*keys[0], *keys[1]))):
            raise RecordsError(same_clinic_twice(["one clinic"]))
    elif row or are_one:
        await connection.execute(select(func.part_person(link["other_practice"], link["other_id"])))
    else:
        raise NoSuchRecord("These two clients were never thought to be one person.")
    await settle_link(connection, link, same, by)
    await note_person(connection, keys, same, clinic, by)
    return None


async def _link(connection: AsyncConnection, clinic: str, one: Key, other: Key) -> RowMapping | None:
    links = person_links.c
    pair = tuple_(links.practice, links.id, links.other_practice, links.other_id)
    query = select(person_links).where(links.clinic == clinic, pair.in_([(*one, *other), (*other, *one)]))
    return (await connection.execute(query)).mappings().first()


def _pair(clinic: str, row: RowMapping) -> Duplicate:
    same = None if row["state"] == "review" else row["same"]
    return Duplicate(
        shown_id(clinic, row["practice"], row["id"]),
        shown_id(clinic, row["other_practice"], row["other_id"]),
        tuple(each for each in row["reasons"] if same or each != BY_HAND),
        same,
        row["by"] if same and BY_HAND in row["reasons"] else None,
    )


_KEY = tuple(column.name for column in person_links.primary_key)
_ABOUT = text(
    """
    SELECT l.*, coalesce(one.person = other.person, false) AS same
    FROM unnest(cast(:practice AS text[]), cast(:id AS text[])) given (practice, id)
    JOIN person_links l ON l.clinic = :clinic AND (l.practice = given.practice AND l.id = given.id
        OR l.other_practice = given.practice AND l.other_id = given.id)
    JOIN clients one ON one.practice = l.practice AND one.id = l.id
    JOIN clients other ON other.practice = l.other_practice AND other.id = l.other_id
    ORDER BY l.at DESC, l.practice, l.id, l.other_practice, l.other_id
    """
)


def _links_by(practice: str, id: str) -> str:
    return f"""
        SELECT l.practice, l.id, l.other_practice, l.other_id
        FROM unnest(cast(:practice AS text[]), cast(:id AS text[])) given (practice, id)
        JOIN person_links l ON l.clinic = :clinic AND l.{practice} = given.practice AND l.{id} = given.id
        WHERE l.state = 'review'
    """  # noqa: S608 - our own names


_LIKELY = text(f"{_links_by('practice', 'id')} UNION {_links_by('other_practice', 'other_id')}")
