"""Finds clients of a clinic who are probably the one whom somebody is about to add."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.merge.fold import fold
from pharmacy.sharing.clients import SharedClient
from pharmacy.sharing.finding import search_clients
from pharmacy.sharing.taking import Suggestion, suggest
from store.telephone import numbers_in, same_number

MOST = 50
"""Clients of one name, telephone or e-mail address among whom is looked."""

Values = Mapping[str, str | None]


async def find_resembling(connection: AsyncConnection, clinic: str, values: Values) -> list[SharedClient]:
    """Returns the clients that the clinic sees of whom the name agrees, and how to reach them, as `resembles` says."""
    found: dict[str, SharedClient] = {}
    for query in filter(None, (_whole_name(values), values.get("email"), *numbers_in(values.get("phone") or ""))):
        found |= {each.id: each for each in await search_clients(connection, clinic, query, MOST)}
    return [each for each in found.values() if resembles(values, each.values)]


async def find_offered(connection: AsyncConnection, clinic: str, values: Values) -> list[Suggestion]:
    """Returns the clients of sister clinics, not shared with this one, who are alike, as `resembles` says (RS4)."""
    found = await suggest(connection, clinic, _whole_name(values))
    return [each for each in found if resembles(values, vars(each))]


async def find_namesakes(
    connection: AsyncConnection, clinic: str, values: Values
) -> tuple[list[SharedClient], list[Suggestion]]:
    """Returns whom the clinic sees, and whom it is offered: first who resembles this client, then others so named."""
    seen = await find_resembling(connection, clinic, values)
    offered = await find_offered(connection, clinic, values)
    if surname := values["surname"]:
        named = await search_clients(connection, clinic, surname, MOST)
        seen += [each for each in named if _of_one_surname(values, each.values) and each not in seen]
        unshared = await suggest(connection, clinic, surname)
        offered += [each for each in unshared if _of_one_surname(values, vars(each)) and each not in offered]
    return seen, offered


def resembles(one: Values, other: Values) -> bool:
    """Returns whether two may be one person: they have the same name, or it agrees, and telephone, e-mail or street do.

    A given name agrees if one of the two is missing or short.
    """
    if not _of_one_surname(one, other):
        return False
    given, theirs = _plain(one, "given_name"), _plain(other, "given_name")
    agree = given.startswith(theirs) or theirs.startswith(given)
    return given == theirs or (agree and _is_reached_alike(one, other))


def _of_one_surname(one: Values, other: Values) -> bool:
    return _plain(one, "surname") == _plain(other, "surname")


def _is_reached_alike(one: Values, other: Values) -> bool:
    ours, theirs = (numbers_in(each.get("phone") or "") for each in (one, other))
    if any(same_number(number, another) for number in ours for another in theirs):
        return True
    return any(_plain(one, name) and _plain(one, name) == _plain(other, name) for name in ("email", "street"))


def _whole_name(values: Values) -> str:
    return " ".join(values.get(name) or "" for name in ("given_name", "surname")).strip()


def _plain(values: Values, name: str) -> str:
    return " ".join(fold(values.get(name) or "").split())
