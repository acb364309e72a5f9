"""Sharing of clients by hand: a clinic takes a sister clinic's client, or gives its own (RS4, RS10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.clinic import also_as
from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import search_key
from pharmacy.sharing.clients import SharedClient, load_client
from pharmacy.sharing.ids import shown_id
from pharmacy.sharing.noting import note_person, note_shared
from pharmacy.sharing.persons import join_everywhere


@dataclass(frozen=True)
class Suggestion:
    """A client of a sister clinic, under the ID there, who is not shared with this one yet."""

    clinic: str
    client: str
    given_name: str | None
    surname: str | None
    street: str | None
    city: str | None
    state: str | None
    postcode: str | None
    phone: str | None
    email: str | None


@dataclass(frozen=True)
class PreviewedClient:
    """What sharing a client would bring to the other clinic. `shared`: it sees the client already."""

    client: str
    given_name: str | None
    surname: str | None
    patients: int
    records: int
    shared: bool


@dataclass(frozen=True)
class Met:
    """Of clients shared with a clinic, by ID, those who are `one` with a client there, and who `may_be`: a person there
    decides."""

    one: frozenset[str]
    may_be: frozenset[str]


async def suggest(connection: AsyncConnection, clinic: str, begins: str) -> list[Suggestion]:
    """Returns the first clients of sister clinics whose given name, surname or both begin so."""
    rows = await connection.execute(_SUGGEST, {"clinic": clinic, "begins": begins})
    return [Suggestion(**row) for row in rows.mappings()]


async def take(connection: AsyncConnection, clinic: str, origin: str, client: str, by: str) -> SharedClient:
    """Takes a sister clinic's client, with the patients and records, as `share` does. Taking again changes nothing.

    Raises `NoSuchRecord`, also without an enabled share with that clinic.
    """
    await share(connection, origin, clinic, [client], clinic, by)
    return await load_client(connection, clinic, shown_id(clinic, origin, client))


async def preview(connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str]) -> list[PreviewedClient]:
    """Returns what sharing these clients of `origin` with `taker` would share; unknown ones are left out."""
    rows = await connection.execute(_PREVIEW, {"origin": origin, "taker": taker, "ids": list(ids)})
    return [PreviewedClient(**row) for row in rows.mappings()]


async def share(
    connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str], clinic: str, by: str
) -> list[PreviewedClient]:
    """Shares these clients, for a member of `clinic`, and returns them as the preview does.

    With whom `taker` has already they are one client, so that one is shared with `origin` as well: each change, patient
    and record of one client is seen at both. Raises `NoSuchRecord` if one cannot be shared.
    """
    new = await _give(connection, origin, ids, taker, clinic, by)
    async with also_as(connection, origin, taker):
        joined = (await connection.execute(_JOINED, {"origin": origin, "taker": taker, "ids": list(ids)})).all()
        for id, other in joined:
            if id in new:
                await note_person(connection, ((origin, id), (taker, other)), True, clinic, by)
    if back := await _unshared(connection, taker, [other for _, other in joined], origin):
        await _give(connection, taker, back, origin, clinic, by)
    return await preview(connection, origin, taker, ids)


async def _give(
    connection: AsyncConnection, origin: str, ids: Sequence[str], taker: str, clinic: str, by: str
) -> list[str]:
    """Shares these clients, joins them with whom `taker` has already, and returns those who were not shared before."""
    new = await _unshared(connection, origin, ids, taker)
    for id in ids:
        if not await connection.scalar(select(func.share_client(origin, id, taker))):
            raise NoSuchRecord("The client cannot be shared: the two clinics no longer share, or the client is gone.")
    await note_shared(connection, origin, new, taker, clinic, by)
    await join_everywhere(connection, origin, ids)
    return new


async def _unshared(connection: AsyncConnection, origin: str, ids: Sequence[str], taker: str) -> list[str]:
    return [each.client for each in await preview(connection, origin, taker, ids) if not each.shared]


async def foresee(connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str]) -> Met:
    """Returns whom sharing these clients would join at `taker`: it is tried, and taken back. Raises `NoSuchRecord`."""
    trial = await connection.begin_nested()
    try:
        await share(connection, origin, taker, ids, origin, by="")
        return await met(connection, origin, taker, ids)
    finally:
        await trial.rollback()


async def met(connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str]) -> Met:
    """Returns who of these clients, shared with `taker`, is one with another client there, or may be."""
    async with also_as(connection, taker):
        given = {"origin": origin, "taker": taker, "ids": list(ids)}
        rows = (await connection.execute(_MET, given)).all()
    return Met(frozenset(row.id for row in rows if row.one), frozenset(row.id for row in rows if row.may_be))


_SUGGEST = text(
    "SELECT practice AS clinic, id AS client, given_name, surname, street, city, state, postcode, phone, email "  # noqa: S608
    f"FROM suggest_clients(:clinic, {search_key('cast(:begins AS text)')})"
)
_PREVIEW = text(
    "SELECT id AS client, given_name, surname, patients, records, shared FROM preview_sharing(:origin, :taker, :ids)"
)
_JOINED = text(
    "SELECT c.id, t.id AS other FROM clients c JOIN clients t ON t.person = c.person AND t.practice = :taker "
    "WHERE c.practice = :origin AND c.id = ANY (:ids) ORDER BY c.id"
)
_MET = text(
    """
    SELECT c.id, EXISTS (SELECT FROM clients t WHERE t.person = c.person AND t.practice <> c.practice) AS one, EXISTS (
        SELECT FROM person_links l WHERE l.clinic = :taker AND l.state = 'review'
        AND (l.practice = c.practice AND l.id = c.id OR l.other_practice = c.practice AND l.other_id = c.id)
    ) AS may_be FROM clients c WHERE c.practice = :origin AND c.id = ANY (:ids)
    """
)
