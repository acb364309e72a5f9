"""How many of an item a clinic has (RS6).

A medical record takes one from the clinic that adds it, which a trigger does in the same transaction. The count may go
below zero: a record says what an animal was given, and is not refused because somebody has miscounted.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.inventory.tables import inventory
from pharmacy.records.errors import NoSuchRecord
from pharmacy.reminders.gaps import Item
from pharmacy.reminders.items import (
    ItemStays,
    add_item,
    add_new_item,
    check_removable,
    items_called,
    load_item,
    remove_item,
)


async def put_count(connection: AsyncConnection, clinic: str, item: str, count: int) -> None:
    """Sets what has been counted at the clinic; an item that is not there yet is added."""
    await add_item(connection, clinic, item)
    added = insert(inventory).values(practice=clinic, item=item, count=count)
    await connection.execute(added.on_conflict_do_update(index_elements=["practice", "item"], set_={"count": count}))


async def move_item(connection: AsyncConnection, clinic: str, item: str, to: str) -> Item:
    """Removes an item here and adds it, with its count, at another clinic of this transaction; returns it (RS6).

    Raises `NoSuchRecord`, and `ItemStays` if it was moved already, was given here, or the other clinic has its like.
    """
    try:
        moved = await load_item(connection, clinic, item, lock=True)
    except NoSuchRecord:
        if await items_called(connection, to, item, item):
            raise ItemStays("The item is no longer at this clinic; it is at the other one already.") from None
        raise
    await check_movable(connection, moved, to)
    counted = delete(inventory).where(inventory.c.practice == clinic, inventory.c.item == item)
    count: int | None = await connection.scalar(counted.returning(inventory.c.count))
    await remove_item(connection, clinic, item)
    if not await add_new_item(connection, to, moved):
        raise _has_its_like(item)
    if count is not None:
        await put_count(connection, to, item, count)
    return moved


async def check_movable(connection: AsyncConnection, item: Item, to: str) -> None:
    """Raises `ItemStays` if the item was given at its clinic, or the other clinic of this transaction has its like."""
    await check_removable(connection, item)
    if alike := await items_called(connection, to, item.item, item.name):
        raise _has_its_like(f"{alike[0].name} ({alike[0].item})")


def _has_its_like(item: str) -> ItemStays:
    return ItemStays(f"The other clinic has {item} already: set the count there, and remove it here.")


async def load_count(connection: AsyncConnection, clinic: str, item: str) -> int:
    """Raises `NoSuchRecord` for an item that was never counted there."""
    count: int | None = (await load_counts(connection, clinic, [item])).get(item)
    if count is None:
        raise NoSuchRecord(f"No '{item[:64]}' was ever counted at this clinic.")
    return count


async def load_counts(connection: AsyncConnection, clinic: str, items: Collection[str]) -> dict[str, int]:
    query = select(inventory.c.item, inventory.c.count).where(
        inventory.c.practice == clinic, inventory.c.item.in_(items)
    )
    return {str(item): int(count) for item, count in await connection.execute(query)}


async def erase(connection: AsyncConnection, practice: str) -> None:
    await connection.execute(delete(inventory).where(inventory.c.practice == practice))
