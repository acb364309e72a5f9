"""Practices that are probably there already under another ID: by their name, and by how their contacts are reached."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from store.database import at_once

MOST = 5
"""Practices that one can be alike."""
PORTION = 500
WORDS = {"name": "name", "mail": "e-mail address", "tel": "telephone number"}
"""What kinds of keys the database makes of a practice, and what people call them."""


@dataclass(frozen=True)
class Alike:
    """A practice's onboarding, and the keys that it shares: each a kind and a value."""

    id: str
    name: str
    shared: frozenset[str]


@dataclass(frozen=True)
class Recognized:
    """The keys of a practice, and the onboardings of others that share some."""

    keys: frozenset[str]
    alike: tuple[Alike, ...]


async def recognize(engine: AsyncEngine, given: Iterable[tuple[str, str, str]]) -> list[Recognized]:
    """Returns for each practice, of ID, name and a text with addresses and telephones, what it is recognized by."""
    rows = list(given)
    found: list[Recognized] = []
    async with at_once(engine) as connection:
        for start in range(0, len(rows), PORTION):
            ids, names, contacts = zip(*rows[start : start + PORTION], strict=True)
            values = {"ids": list(ids), "names": list(names), "contacts": list(contacts), "most": MOST}
            for keys, there in await connection.execute(_ALIKE, values):
                alike = tuple(Alike(each["id"], each["name"], frozenset(each["keys"]) & set(keys)) for each in there)
                found.append(Recognized(frozenset(keys), alike))
    return found


def shared_words(keys: Iterable[str]) -> str:
    """Names what two practices share, such as `name and e-mail address`."""
    kinds = {key.partition(" ")[0] for key in keys}
    *others, last = (word for kind, word in WORDS.items() if kind in kinds)
    return f"{', '.join(others)} and {last}" if others else last


# Each practice is looked for by itself, by the index.
_ALIKE = text(
    """
    WITH given AS MATERIALIZED (
        SELECT number, id, practice_keys(name, contacts) AS keys
        FROM unnest(CAST(:ids AS text[]), CAST(:names AS text[]), CAST(:contacts AS text[]))
            WITH ORDINALITY AS given (id, name, contacts, number)
    )
    SELECT given.keys, coalesce(found.there, '[]') FROM given CROSS JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('id', id, 'name', name, 'keys', keys)) AS there FROM (
            SELECT DISTINCT ON (split_part(n.id, '/', 2)) n.id, n.name, n.keys FROM onboarding_names n
            WHERE n.keys && given.keys AND split_part(n.id, '/', 2) <> given.id
            ORDER BY split_part(n.id, '/', 2), length(n.id) LIMIT :most
        ) alike
    ) found ORDER BY given.number
    """
)
