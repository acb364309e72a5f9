"""Views of the board: filters saved under a name, for oneself or shared, and what each board begins with."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from store.accounts.people import Person
from store.accounts.problem import AccountProblem
from store.accounts.tables import board_defaults, board_views
from store.database import at_once

MOST = 50
"""Views that one colleague may save."""
LONGEST_NAME = 60
ALL, MINE = "all", "mine"
"""What a board may begin with besides a saved view."""


@dataclass(frozen=True)
class View:
    """`query` is what follows the `?` of the board's address."""

    id: int
    owner: str
    name: str
    query: str
    shared: bool

    def may_change(self, person: Person) -> bool:
        return self.owner == person.handle or (self.shared and person.may("manager"))


@dataclass(frozen=True)
class Views:
    """What a colleague can open, by name, and what their board begins with: `all`, `mine`, or the ID of a view."""

    views: tuple[View, ...]
    default: str

    @property
    def first(self) -> View | None:
        return next((view for view in self.views if str(view.id) == self.default), None)


async def views_of(engine: AsyncEngine, handle: str) -> Views:
    table = board_views.c
    query = select(table.id, table.owner, table.name, table.query, table.shared)
    visible = query.where(or_(table.owner == handle, table.shared)).order_by(func.lower(table.name), table.id)
    async with at_once(engine) as connection:
        views = tuple(View(**row) for row in (await connection.execute(visible)).mappings())
        chosen = select(board_defaults.c.view).where(board_defaults.c.person == handle)
        default = (await connection.execute(chosen)).first()
    if default is None:
        return Views(views, ALL)
    if default.view is None:
        return Views(views, MINE)
    # A colleague may have stopped sharing it.
    return Views(views, str(default.view) if default.view in {view.id for view in views} else ALL)


async def save(engine: AsyncEngine, person: Person, name: str, query: str, *, shared: bool) -> None:
    """Saves a view; one of the same colleague with this name is replaced. Raises `AccountProblem`."""
    values = {"owner": person.handle, "name": _name(name), "query": query, "shared": shared}
    new = insert(board_views).values(values)
    replaced = new.on_conflict_do_update(index_elements=["owner", "name"], set_={"query": query, "shared": shared})
    async with engine.begin() as connection:
        await connection.execute(replaced)
        count = select(func.count()).where(board_views.c.owner == person.handle)
        if (await connection.scalar(count) or 0) > MOST:
            raise AccountProblem(f"You have {MOST} views. Delete one first.")


async def change(engine: AsyncEngine, person: Person, id: int, name: str, *, shared: bool) -> None:
    """Renames a view, and shares it or ends that. Raises `AccountProblem`."""
    await _changeable(engine, person, id)
    values = {"name": _name(name), "shared": shared}
    try:
        async with at_once(engine) as connection:
            await connection.execute(update(board_views).where(board_views.c.id == id).values(**values))
    except IntegrityError:
        raise AccountProblem(f"There is another view with the name {values['name']}.") from None


async def remove(engine: AsyncEngine, person: Person, id: int) -> None:
    """Deletes a view; a board that began with it shows all again. Raises `AccountProblem`."""
    await _changeable(engine, person, id)
    async with at_once(engine) as connection:
        await connection.execute(delete(board_views).where(board_views.c.id == id))


async def choose(engine: AsyncEngine, person: Person, default: str) -> None:
    """Sets what a colleague's board begins with. Raises `AccountProblem`."""
    if default not in (ALL, MINE, *(str(view.id) for view in (await views_of(engine, person.handle)).views)):
        raise AccountProblem("That view no longer exists.")
    mine = board_defaults.c.person == person.handle
    async with engine.begin() as connection:
        await connection.execute(delete(board_defaults).where(mine))
        if default != ALL:
            view = None if default == MINE else int(default)
            await connection.execute(insert(board_defaults).values(person=person.handle, view=view))


async def _changeable(engine: AsyncEngine, person: Person, id: int) -> None:
    found = (view for view in (await views_of(engine, person.handle)).views if view.id == id)
    view = next(found, None)
    if view is None:
        raise AccountProblem("That view no longer exists.")
    if not view.may_change(person):
        raise AccountProblem(f"Only {view.owner} and managers can change this view.")


def _name(given: str) -> str:
    name = " ".join(given.replace("\0", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise AccountProblem(f"Give the view a name of at most {LONGEST_NAME} characters.")
    return name
