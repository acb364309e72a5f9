"""Views of the board: saving what it shows under a name, and choosing what it begins with."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import parse_qsl

from fastapi import APIRouter, Form
from starlette.requests import Request
from starlette.responses import Response

from store.accounts import views
from store.accounts.people import Person
from store.accounts.problem import AccountProblem
from store.accounts.views import View, Views
from web.authorization import Viewer
from web.console.filter_words import in_words
from web.console.filters import ALL, ME, Filters
from web.pages import go, page
from web.services import Services, Web

router = APIRouter(prefix="/views")

Text = Annotated[str, Form()]

MINE = f"assignee={ME}"
EVERYTHING = f"view={ALL}"


@router.get("")
async def views_page(request: Request, web: Web, person: Viewer, query: str | None = None) -> Response:
    """The views, and with `query` the form that saves these filters."""
    return await _views(request, web, person, query)


@router.post("")
async def save(
    request: Request, web: Web, person: Viewer, name: Text = "", query: Text = "", shared: Text = ""
) -> Response:
    try:
        await views.save(web.database, person, name, saved_query(query), shared=bool(shared))
    except AccountProblem as problem:
        return await _views(request, web, person, query, name=name, shared=bool(shared), problem=str(problem))
    return go(request, f"/?{saved_query(query) or EVERYTHING}", f"The view {' '.join(name.split())} is saved.")


@router.post("/default")
async def choose(request: Request, web: Web, person: Viewer, default: Text = "") -> Response:
    await views.choose(web.database, person, default)
    return go(request, "/views", "Your board begins with that from now on.")


@router.post("/{id}")
async def change(request: Request, web: Web, person: Viewer, id: int, name: Text = "", shared: Text = "") -> Response:
    await views.change(web.database, person, id, name, shared=bool(shared))
    return go(request, "/views", "The view is changed.")


@router.post("/{id}/delete")
async def delete(request: Request, web: Web, person: Viewer, id: int) -> Response:
    await views.remove(web.database, person, id)
    return go(request, "/views", "The view is deleted.")


def filters_of(query: str) -> Filters:
    return Filters.read(dict(parse_qsl(query)))


def saved_query(query: str) -> str:
    """Returns the filters of an address as a view keeps them: what means nothing is left out."""
    return filters_of(query).address(view="")


def begin(found: Views) -> str | None:
    """Returns the address that a board begins with; None if that is everything."""
    if found.first:
        return f"/?{found.first.query or EVERYTHING}"
    return f"/?{MINE}" if found.default == views.MINE else None


def links(found: Views, wanted: Filters) -> list[tuple[str, str, bool]]:
    """Returns the views for the board: title, address, and whether it shows just that."""
    now = wanted.address(view="")
    fixed = [("All", EVERYTHING, not now), ("Mine", MINE, now == MINE)]
    own = [(view.name, view.query or EVERYTHING, bool(now) and view.query == now) for view in found.views]
    return [(title, f"/?{query}", on) for title, query, on in (*fixed, *own)]


async def _views(
    request: Request,
    web: Services,
    person: Person,
    query: str | None = None,
    *,
    name: str = "",
    shared: bool = False,
    problem: str | None = None,
) -> Response:
    found = await views.views_of(web.database, person.handle)
    listed: list[tuple[View, str, bool]] = [
        (view, in_words(filters_of(view.query)), view.may_change(person)) for view in found.views
    ]
    return await page(
        request,
        "console/views.html",
        status=422 if problem else 200,
        query=query,
        said=in_words(filters_of(query)) if query is not None else "",
        given={"name": name, "shared": shared},
        problem=problem,
        listed=listed,
        everything=EVERYTHING,
        choices=[
            (views.ALL, "All that are open"),
            (views.MINE, "Mine"),
            *((str(each.id), each.name) for each in found.views),
        ],
        default=found.default,
    )
