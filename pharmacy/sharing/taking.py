"""Sharing of clients by hand: a clinic takes a sister clinic's client, or gives its own (RS4, RS10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord
from pharmacy.records.tables import search_key
from pharmacy.sharing.clients import SharedClient, load_client
from pharmacy.sharing.ids import shown_id
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


async def suggest(connection: AsyncConnection, clinic: str, begins: str) -> list[Suggestion]:
    """Returns the first clients of sister clinics whose given name, surname or both begin so."""
    rows = await connection.execute(_SUGGEST, {"clinic": clinic, "begins": begins})
    return [Suggestion(**row) for row in rows.mappings()]


async def take(connection: AsyncConnection, clinic: str, origin: str, client: str) -> SharedClient:
    """Takes a sister clinic's client, with the patients and records. Taking again changes nothing.

    Raises `NoSuchRecord`, also without an enabled share with that clinic.
    """
    if not await connection.scalar(select(func.share_client(origin, client, clinic))):
        raise NoSuchRecord(f"There is no client {client[:64]} of clinic '{origin[:64]}' that you may take.")
    await join_everywhere(connection, origin, [client])
    return await load_client(connection, clinic, shown_id(clinic, origin, client))


async def preview(connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str]) -> list[PreviewedClient]:
    """Returns what sharing these clients of `origin` with `taker` would share; unknown ones are left out."""
    rows = await connection.execute(_PREVIEW, {"origin": origin, "taker": taker, "ids": list(ids)})
    return [PreviewedClient(**row) for row in rows.mappings()]


async def share(connection: AsyncConnection, origin: str, taker: str, ids: Sequence[str]) -> list[PreviewedClient]:
    """Shares these clients, and returns them as the preview does. Raises `NoSuchRecord` if one cannot be shared."""
    for id in ids:
        if not await connection.scalar(select(func.share_client(origin, id, taker))):
            raise NoSuchRecord(f"There is no client {id[:64]} of clinic '{origin}' that can be shared with '{taker}'.")
    await join_everywhere(connection, origin, ids)
    return await preview(connection, origin, taker, ids)


_SUGGEST = text(
    "SELECT practice AS clinic, id AS client, given_name, surname, street, city, state, postcode, phone, email "  # noqa: S608
    f"FROM suggest_clients(:clinic, {search_key('cast(:begins AS text)')})"
)
_PREVIEW = text(
    "SELECT id AS client, given_name, surname, patients, records, shared FROM preview_sharing(:origin, :taker, :ids)"
)
