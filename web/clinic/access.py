"""Who of a practice's people is signed in, and at which practice.

async def requests(request: Request, member: Entered): ...    # whoever belongs to the practice of the path
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

from fastapi import Depends
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.requests import Request
from starlette.responses import Response

from pharmacy.records.clinic import member_transaction
from store.accounts.members import Member
from web.authorization import SignInNeeded
from web.console.choices import new_key
from web.pages import kept, page
from web.problem import Problem
from web.services import Services
from web.sessions import visit_of

COLORS = 4
"""As many colors for the tags of clinics has app.css."""


async def _memberships(request: Request) -> list[Member]:
    found = await visit_of(request).memberships()
    if not found:
        raise SignInNeeded
    return found


Memberships = Annotated[list[Member], Depends(_memberships)]
"""A route's parameter: the practices that whoever is signed in may enter, by name."""


async def member_visiting(request: Request) -> Member | None:
    """Returns whoever is signed in, as a member of the practice in the path; None if they are none, or it has none."""
    path = request.url.path
    if not path.startswith("/clinic/"):
        return None
    memberships = await visit_of(request).memberships()
    return next((each for each in memberships if each.clinic == path.split("/")[2]), None)


async def _enter(request: Request, _: Memberships) -> Member:
    member = await member_visiting(request)
    if member is None:
        raise _no_practice()
    return member


Entered = Annotated[Member, Depends(_enter)]
"""A route's parameter: whoever is signed in, as a member of the practice in the path."""


async def _manager(member: Entered) -> Member:
    if not member.manages_people:
        raise refusal("Only admins and owners of your practice may do this; ask one of them.")
    return member


Manager = Annotated[Member, Depends(_manager)]
"""A route's parameter: a member who decides who belongs to the practice."""


def refusal(detail: str) -> Problem:
    return Problem(403, "This is not open to you", detail, code="role")


@asynccontextmanager
async def records_at(web: Services, member: Member, *others: str) -> AsyncIterator[AsyncConnection]:
    """Begins a transaction that sees and writes what the practice may, and those named besides.

    Raises `Problem` (404) for a practice that the member may not enter.
    """
    named = {member.clinic, *others}
    async with member_transaction(web.database, member.person, *named) as (connection, clinics):
        if clinics != named:
            raise _no_practice()
        yield connection


async def member_page(request: Request, member: Member, template: str, **context: Any) -> Response:
    """Renders a page of one practice, with times in its zone.

    `colors` has a number for each practice of the viewer: its tag has one color on all pages and for everybody.
    `at_clinic` names the practice for people of several, as in "Add a task at Elm Street Animal Clinic".
    """
    colors = {each.clinic: each.place % COLORS for each in await visit_of(request).memberships()}
    known: dict[str, Any] = {"colors": colors, "at_clinic": f" at {member.clinic_name}" if len(colors) > 1 else ""}
    return await page(request, template, person=None, member=member, zone=member.time_zone, **known, **context)


async def form_page(
    request: Request, member: Member, template: str, *, problem: str | None, **context: Any
) -> Response:
    """Renders a page with a form; as an answer to the form, the browser can show it again with all that was typed.

    `key` is for forms that add something: the same form is carried out once.
    """
    values = {"status": 422 if problem else 200, "problem": problem, "key": new_key(), **context}
    if not problem and request.method == "GET":
        return await member_page(request, member, template, **values)
    # The browser need not ask for the form anew.
    return kept(await member_page(request, member, template, **values, answers_form=False))


def tag_of(shown: object) -> str:
    """Returns what a form carries, also through answers to wrong values, to find out whether what it changes is still
    as it was `shown`."""
    return hashlib.sha256(repr(shown).encode()).hexdigest()[:24]


def _no_practice() -> Problem:
    return Problem(404, "There is nothing here", "You do not belong to a practice of that name.", code="not-found")
