"""The items of a clinic and of its sister clinics, and the rules between them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from pharmacy.records.errors import NoSuchRecord, RecordsError
from pharmacy.reminders.gaps import DoubleReminder, Item, MissingRule, Pairs, double_reminders, missing_rules
from pharmacy.reminders.rules import ItemOf
from pharmacy.reminders.tables import items, reminder_rules
from pharmacy.sharing.tables import shares


class ItemStays(RecordsError):
    """An item cannot be removed or moved as it is now."""


async def put_item(
    connection: AsyncConnection, clinic: str, item: str, name: str, reminds_after_days: int | None
) -> None:
    added = insert(items).values(practice=clinic, id=item, name=name, reminds_after_days=reminds_after_days)
    changed = {"name": name, "reminds_after_days": reminds_after_days}
    await connection.execute(added.on_conflict_do_update(index_elements=["practice", "id"], set_=changed))


async def add_new_item(connection: AsyncConnection, clinic: str, added: Item) -> bool:
    """Adds another clinic's item, and returns whether it is new here: one with its ID stays as it is."""
    values = {"id": added.item, "name": added.name, "reminds_after_days": added.reminds_after_days}
    new = insert(items).values(practice=clinic, **values).on_conflict_do_nothing()
    return await connection.scalar(new.returning(items.c.id)) is not None


async def add_item(connection: AsyncConnection, clinic: str, item: str) -> None:
    """Adds an item under its own ID as name, unless it is there; nobody removes it until the transaction ends."""
    added, stays = insert(items).values(practice=clinic, id=item, name=item), {"name": items.c.name}
    await connection.execute(added.on_conflict_do_update(index_elements=["practice", "id"], set_=stays))


async def remove_item(connection: AsyncConnection, clinic: str, item: str) -> Item:
    """Removes an item of the clinic, with its count and the rules about it, and returns it.

    Raises `NoSuchRecord`, and `ItemStays` for one that a medical record of the clinic names.
    """
    found = await load_item(connection, clinic, item, lock=True)
    await check_removable(connection, found)
    await connection.execute(delete(items).where(items.c.practice == clinic, items.c.id == item))
    return found


async def check_removable(connection: AsyncConnection, item: Item) -> None:
    """Raises `ItemStays` for an item that a medical record of its clinic names."""
    if await connection.scalar(select(func.is_given(item.clinic, item.item))):
        raise ItemStays(
            f"{item.name} was given at this clinic, and stays on record with that. If its records were added at the"
            " wrong clinic too, move each of them first, on its patient's page."
        )


async def search_items(connection: AsyncConnection, clinic: str, name: str | None, limit: int) -> list[Item]:
    """Returns the clinic's items and those of its sister clinics, each with its origin, by name; the own ones first.

    `name` is part of an item's name or ID.
    """
    query = _items().order_by(items.c.practice != clinic, func.lower(items.c.name), items.c.practice, items.c.id)
    if name:
        part = name.lower()
        query = query.where(
            or_(func.strpos(func.lower(items.c.name), part) > 0, func.strpos(func.lower(items.c.id), part) > 0)
        )
    return [_item(row) for row in await connection.execute(query.limit(limit))]


async def own_items(connection: AsyncConnection, clinic: str) -> list[Item]:
    """Returns all items of the clinic itself, by name."""
    query = _items().where(items.c.practice == clinic).order_by(func.lower(items.c.name), items.c.id)
    return [_item(row) for row in await connection.execute(query)]


async def items_called(connection: AsyncConnection, clinic: str, item: str, name: str) -> list[Item]:
    """Returns the clinic's items with this ID, or with this name, however it is capitalized."""
    same = or_(items.c.id == item, func.lower(items.c.name) == name.lower())
    return [_item(row) for row in await connection.execute(_items().where(items.c.practice == clinic, same))]


async def load_item(connection: AsyncConnection, clinic: str, item: str, *, lock: bool = False) -> Item:
    """Raises `NoSuchRecord`. With `lock`, nobody else changes the item until the transaction ends."""
    query = _items().where(items.c.practice == clinic, items.c.id == item)
    if row := (await connection.execute(query.with_for_update() if lock else query)).first():
        return _item(row)
    raise NoSuchRecord(f"There is no item '{item[:64]}' at this clinic.")


async def put_rules(connection: AsyncConnection, clinic: str, item: str, others: Collection[ItemOf]) -> None:
    """Says which items, above all of sister clinics, disable an item's reminder.

    Raises `NoSuchRecord` for the item, and `RecordsError` for an unknown one among the others.
    """
    await load_item(connection, clinic, item)
    known = _items().where(tuple_(items.c.practice, items.c.id).in_(list(others)))
    unknown = set(others) - {_item(row).key for row in await connection.execute(known)}
    if unknown:
        one = min(unknown)
        raise RecordsError(f"No clinic '{one.clinic[:64]}' that shares with this one has an item '{one.item[:64]}'.")
    key = {"practice": clinic, "item": item}
    await connection.execute(delete(reminder_rules).filter_by(**key))
    if others:
        rows = [{**key, "other": each.clinic, "other_item": each.item} for each in sorted(set(others))]
        await connection.execute(insert(reminder_rules), rows)


async def rules_of(connection: AsyncConnection, clinics: Collection[str]) -> list[tuple[ItemOf, ItemOf]]:
    """Returns the rules that these clinics have set."""
    return await _rules(connection, reminder_rules.c.practice.in_(clinics))


async def rules_about(connection: AsyncConnection, clinic: str) -> list[tuple[ItemOf, ItemOf]]:
    """Returns the rules that a clinic has set, and those that sister clinics have set about its items."""
    return await _rules(connection, or_(reminder_rules.c.practice == clinic, reminder_rules.c.other == clinic))


async def names_of(connection: AsyncConnection, keys: Collection[ItemOf]) -> dict[ItemOf, str]:
    """Returns what items are called; one that is not seen from here by its ID."""
    named = {key: key.item for key in keys}
    query = _items().where(tuple_(items.c.practice, items.c.id).in_(list(keys)))
    return named | {one.key: one.name for one in map(_item, await connection.execute(query))}


async def load_rules(connection: AsyncConnection, clinic: str, item: str) -> list[ItemOf]:
    """Returns the items that disable an item's reminder. Raises `NoSuchRecord`."""
    own = await load_item(connection, clinic, item)
    return [other for of, other in await rules_of(connection, [clinic]) if of == own.key]


async def missing_at(connection: AsyncConnection, clinic: str) -> list[MissingRule]:
    """Returns the clinic's items that lack a rule about a clinic that shares with it or is about to."""
    sisters = select(shares.c.other).where(shares.c.clinic == clinic)
    _, missing = await find_gaps(connection, [(clinic, each) for each in (await connection.execute(sisters)).scalars()])
    return [each for each in missing if each.item.clinic == clinic]


async def find_gaps(connection: AsyncConnection, pairs: Pairs) -> tuple[list[DoubleReminder], list[MissingRule]]:
    """Returns the reminders that would go out twice if these pairs of clinics shared, and the missing rules (RS7).

    Clinics that do not share yet are read with the owner's rights.
    """
    clinics = {clinic for pair in pairs for clinic in pair}
    found = [_item(row) for row in await connection.execute(_items().where(items.c.practice.in_(clinics)))]
    rules = await rules_of(connection, clinics)
    return double_reminders(found, rules, pairs), missing_rules(found, rules, pairs)


async def lone_reminders(connection: AsyncConnection, clinics: Collection[str]) -> list[Item]:
    """Returns the items of these clinics whose reminder no rule of theirs is about, by name, as `find_gaps` reads."""
    linked = {key for rule in await rules_of(connection, clinics) for key in rule}
    sent = _items().where(items.c.practice.in_(clinics), items.c.reminds_after_days.is_not(None))
    found = [_item(row) for row in await connection.execute(sent.order_by(func.lower(items.c.name), items.c.id))]
    return [each for each in found if each.key not in linked]


async def marked_as_same(connection: AsyncConnection, clinic: str, others: Collection[str]) -> list[tuple[Item, Item]]:
    """Returns the clinic's items that a rule says are the same service as one of the others, as `find_gaps` reads."""
    rules = await rules_about(connection, clinic)
    known = _items().where(tuple_(items.c.practice, items.c.id).in_({key for rule in rules for key in rule}))
    found = {each.key: each for each in map(_item, await connection.execute(known))}
    both = {pair if pair[0].clinic == clinic else pair[::-1] for pair in rules}
    return [(found[own], found[other]) for own, other in sorted(both) if other.clinic in others]


async def _rules(connection: AsyncConnection, which: ColumnElement[bool]) -> list[tuple[ItemOf, ItemOf]]:
    query = select(*reminder_rules.c).where(which).order_by(*reminder_rules.c)
    return [
        (ItemOf(row.practice, row.item), ItemOf(row.other, row.other_item)) for row in await connection.execute(query)
    ]


def _items() -> Select[Any]:
    return select(*items.c)


def _item(row: Row[Any]) -> Item:
    return Item(row.practice, row.id, row.name, row.reminds_after_days)


async def erase(connection: AsyncConnection, practice: str) -> None:
    """Deletes a practice's items, with the rules about them."""
    await connection.execute(delete(items).where(items.c.practice == practice))
