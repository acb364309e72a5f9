"""Finds clients of a clinic who are probably the one whom somebody is about to add."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.fold import fold
from pharmacy.sharing.clients import SharedClient
from pharmacy.sharing.finding import search_clients
from store.telephone import numbers_in, same_number

MOST = 50
"""Clients of one name, telephone or e-mail address among whom is looked."""

Values = Mapping[str, str | None]


async def find_resembling(connection: AsyncConnection, clinic: str, values: Values) -> list[SharedClient]:
    """Returns the clients that the clinic sees of whom the name agrees, and how to reach them, as `resembles` says."""
    whole = " ".join(values.get(name) or "" for name in ("given_name", "surname")).strip()
    found: dict[str, SharedClient] = {}
    for query in filter(None, (whole, values.get("email"), *numbers_in(values.get("phone") or ""))):
        found |= {each.id: each for each in await search_clients(connection, clinic, query, MOST)}
    return [each for each in found.values() if resembles(values, each.values)]


def resembles(one: Values, other: Values) -> bool:
    """Returns whether two are probably one person: the names agree, and telephone, e-mail address or street.

    A given name may be missing or short. Who has nothing but a name is like whoever has the same.
    """
    if _plain(one, "surname") != _plain(other, "surname"):
        return False
    given, theirs = _plain(one, "given_name"), _plain(other, "given_name")
    if not any(_plain(one, name) for name in ("phone", "email", "street")):
        return given == theirs
    return (given.startswith(theirs) or theirs.startswith(given)) and _is_reached_alike(one, other)


def _is_reached_alike(one: Values, other: Values) -> bool:
    ours, theirs = (numbers_in(each.get("phone") or "") for each in (one, other))
    if any(same_number(number, another) for number in ours for another in theirs):
        return True
    return any(_plain(one, name) and _plain(one, name) == _plain(other, name) for name in ("email", "street"))


def _plain(values: Values, name: str) -> str:
    return " ".join(fold(values.get(name) or "").split())
