"""Every route that changes something asks who is there and what they may: a new one that forgets to is found here."""

from __future__ import annotations

import httpx2
import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Mount

from configuration.settings import Settings
from desk.service import Desk
from store.accounts.people import SCOPES, Role
from tests.patience import PATIENCE
from tests.web.browser import Browser, SignedIn, text_of
from tests.web.programs import program, token_of
from tests.web.routes import BY_LINK, OWN, PRACTICES, PROGRAMS, filled, routes_of
from web.app import create_app
from web.csrf import SAFE
from web.routes import MEMBER

MANAGERS = {"/mails/pause", "/mails/resume", "/links/{playbook}/{practice}/revoke"}
ADMINS = {
    *("/people", "/clinics", "/clinics/{clinic}", "/clinics/{clinic}/{handle}"),
    *(f"/people/{{handle}}/{act}" for act in ("role", "link", "deactivate", "activate")),
}
"""What takes more than a specialist; whoever adds to it says so here."""


@pytest.fixture
def changing(desk: Desk, web_settings: Settings) -> list[tuple[str, str]]:
    """Method and path of every route that is not only for looking."""
    return [each for each in routes_of(create_app(desk, web_settings)) if each[0] not in SAFE]


async def refused(browser: Browser, changing: list[tuple[str, str]]) -> set[str]:
    """The paths below which this person, with a form of a page of ours, is told to be somebody else."""
    csrf = await browser.token()
    found = set()
    for method, path in changing:
        if not path.startswith((*OWN, *PRACTICES, *BY_LINK, *PROGRAMS)):
            sent = {"csrf": csrf, "role": "nonsense"}
            answer = await browser.client.request(method, filled(path), data=sent, follow_redirects=False)
            assert answer.status_code < 500, (path, answer.text)
            if answer.status_code == 403:
                assert "You need the role" in text_of(answer.text), path
                found.add(path)
    return found


async def test_who_only_looks_changes_nothing(signed_in: SignedIn, changing: list[tuple[str, str]]) -> None:
    every = {path for _, path in changing if not path.startswith((*OWN, *PRACTICES, *BY_LINK, *PROGRAMS))}
    assert len(every) > 15 and every >= MANAGERS | ADMINS
    assert await refused(await signed_in("viewer"), changing) == every


@pytest.mark.parametrize(("role", "not_for"), [("specialist", MANAGERS | ADMINS), ("manager", ADMINS)])
async def test_what_takes_more_than_a_role(
    signed_in: SignedIn, changing: list[tuple[str, str]], role: Role, not_for: set[str]
) -> None:
    assert await refused(await signed_in(role), changing) == not_for


async def test_a_link_that_was_guessed_does_nothing(
    browser: Browser, database: AsyncEngine, changing: list[tuple[str, str]]
) -> None:
    async with database.begin() as connection:
        await connection.execute(text("DELETE FROM throttles WHERE key LIKE 'link %'"))
    csrf = await browser.token("/sign-in")
    below = [(method, path) for method, path in changing if path.startswith(BY_LINK)]
    assert {path[:3] for _, path in below} == {"/p/", "/o/"}
    for method, path in below:
        answer = await browser.client.request(method, filled(path), data={"csrf": csrf})
        assert answer.status_code == 410, path


async def test_a_token_of_who_only_looks_changes_nothing(
    web: str, database: AsyncEngine, changing: list[tuple[str, str]]
) -> None:
    below = [(method, path) for method, path in changing if path.startswith("/api/")]
    members = {route.path for each in MEMBER for route in each.router.routes if isinstance(route, APIRoute)}
    assert len(below) >= 3 and members
    async with program(web, await token_of(database, "viewer", *SCOPES)) as theirs:
        for method, path in below:
            answer = await theirs.request(method, filled(path).replace("/playbook/", "/datapoint/"), json={})
            # Members of clinics have tokens of their own; the team's is nobody's there.
            expected = (401, "/problems/token") if path in members else (403, "/problems/role")
            assert (answer.status_code, answer.json()["type"]) == expected, path


async def test_events_are_taken_with_a_signature_only(web: str, changing: list[tuple[str, str]]) -> None:
    below = [path for _, path in changing if path.startswith("/hooks/")]
    assert below
    async with httpx2.AsyncClient(base_url=web, timeout=PATIENCE) as anybody:
        for path in below:
            # 503 where no secret is set: then nothing is believed.
            assert (await anybody.post(path, json={})).status_code in (401, 503), path


def test_there_is_no_way_in_beside_the_routes(desk: Desk, web_settings: Settings) -> None:
    """No WebSockets, which carry no form's value; nothing mounted but files."""
    contexts = list(iter_route_contexts(create_app(desk, web_settings).routes))
    assert {str(each.path) for each in contexts if not each.methods} <= {"/static"}
    mounted = [each for each in create_app(desk, web_settings).routes if isinstance(each, Mount)]
    assert [each.name for each in mounted] == ["static"]
