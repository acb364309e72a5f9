"""Who may do what, and the admins' page."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import accounts, audit
from store.accounts.people import ROLES, Person, Role
from store.accounts.problem import AccountProblem
from tests.store.locks import somebody_waits
from tests.web.browser import Browser, SignedIn, next_number, text_of
from tests.web.routes import filled, routes_of
from web.api import callers
from web.app import create_app

OPEN = frozenset({"/sign-in", "/sign-out", "/welcome/{token}", "/healthz", "/readyz", "/metrics", "/brand.css"})
OPEN_BELOW = ("/p/", "/o/", "/rx/", "/members/", "/hooks/", "/static", "/api/openapi.json", "/styleguide", "/problems/")
"""What is there for people without an account: paths with a secret of their own, and what every page needs."""


async def test_what_is_not_meant_for_everybody_takes_somebody_signed_in(
    browser: Browser, desk: Desk, web_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page that forgets to ask who is there is found here."""
    monkeypatch.setattr(callers, "MAX_FAILURES", 1_000_000)
    token = await browser.token("/sign-in")
    asked = 0
    for method, path in routes_of(create_app(desk, web_settings)):
        if method in ("HEAD", "OPTIONS") or path in OPEN or path.startswith(OPEN_BELOW):
            continue
        data = {"csrf": token} if method != "GET" else None
        answer = await browser.client.request(method, filled(path), data=data, follow_redirects=False)
        where = "" if path.startswith("/api/") else answer.headers.get("location", "")
        told = method, path, answer.status_code
        assert answer.status_code == 401 or where.startswith(("/sign-in", "/members/sign-in")), told
        asked += 1
    assert asked > 10


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_only_admins_see_and_change_people(signed_in: SignedIn, role: Role, database: AsyncEngine) -> None:
    browser = await signed_in(role)
    page = await browser.get("/people")
    assert page.status_code == 403
    assert "You need the role admin" in text_of(page.text)
    form = {"csrf": await browser.token(), "role": "admin"}
    assert (await browser.client.post(f"/people/{browser.handle}/role", data=form)).status_code == 403
    assert (await accounts.find(database, browser.handle)).role == role


def test_a_role_may_do_what_those_before_it_may() -> None:
    for has in ROLES:
        person = Person("x", "X", "x@pharmacy.test", has)
        assert [person.may(role) for role in ROLES] == [ROLES.index(role) <= ROLES.index(has) for role in ROLES]
        assert not Person("x", "X", "x@pharmacy.test", has, active=False).may("viewer")


async def test_an_admin_invites_and_the_link_works_once(admin: Browser, browser: Browser) -> None:
    handle = f"new-{next_number()}"
    given = {"handle": handle, "name": "Nora", "email": f"{handle}@pharmacy.test", "role": "manager"}
    page = await admin.submit("/people", given, "/people")
    link = page.text.partition(f"{admin.address}/welcome/")[2].partition("<")[0]
    assert len(link) == 43
    assert link not in (await admin.get("/people")).text
    await browser.submit(f"/welcome/{link}", {"password": "correct horse battery staple"})
    assert "manager" in text_of((await browser.get("/account")).text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"handle": ""}, "Handle must not be empty."),
        ({"handle": "Bo Jensen!"}, "Handle may have letters, digits, . - and _ only, at most 64."),
        ({"handle": "local"}, "stands for this machine"),
        *(({"handle": name}, "does not stand for a person") for name in ("system", "DataPoint", "owner", "me")),
        *(({"handle": name}, "letters other than a to z") for name in ("\u0430dmin", "\uff4cocal", "r\u00f6t")),
        ({"handle": "ana\u202e"}, "Handle"),
        ({"email": "nonsense"}, "E-mail address"),
        ({"email": "a@b.test\r\nBcc: x@y.test"}, "E-mail address"),
        ({"name": " "}, "Name"),
        ({"role": "owner"}, "Role"),
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused(admin: Browser, change: dict[str, str], why: str) -> None:
    handle = f"never-{next_number()}"
    given = {"handle": handle, "name": "Nora", "email": f"{handle}@pharmacy.test", "role": "viewer", **change}
    page = await admin.submit("/people", given, "/people")
    assert (page.status_code, why in text_of(page.text)) == (422, True), text_of(page.text)
    assert "Create an invitation link" in page.text
    assert ('aria-invalid="true"' in page.text) == ("role" not in change), "it stands at its field"


async def test_handle_and_address_belong_to_one_person(admin: Browser, specialist: Browser) -> None:
    same_handle = {"handle": specialist.handle, "name": "N", "email": "other@pharmacy.test", "role": "viewer"}
    same_email = {**same_handle, "handle": f"n-{next_number()}", "email": f"{specialist.handle.upper()}@pharmacy.test"}
    for given in (same_handle, same_email):
        page = await admin.submit("/people", given, "/people")
        assert (page.status_code, "belongs to somebody already" in page.text) == (422, True)


async def test_a_role_is_changed_at_once(admin: Browser, signed_in: SignedIn) -> None:
    other = await signed_in("admin")
    shown = await other.get("/people")
    assert "is: viewer : sees everything" in text_of(shown.text), "it is said before"
    await admin.submit("/people", {"role": "viewer"}, f"/people/{other.handle}/role")
    assert (await other.get("/people")).status_code == 403


async def test_a_role_that_does_not_exist_is_refused(admin: Browser, specialist: Browser) -> None:
    page = await admin.submit("/people", {"role": "owner"}, f"/people/{specialist.handle}/role")
    assert (page.status_code, "is not a role; choose one of viewer" in text_of(page.text)) == (422, True)
    nobody = await admin.client.post("/people/nobody/role", data={"csrf": await admin.token(), "role": "viewer"})
    assert nobody.status_code == 404


async def test_one_admin_is_always_left(admin: Browser, database: AsyncEngine) -> None:
    async with database.begin() as connection:
        others = text("UPDATE users SET role = 'manager' WHERE role = 'admin' AND handle <> :handle")
        await connection.execute(others, {"handle": admin.handle})
    for path, form in (
        (f"/people/{admin.handle}/role", {"role": "viewer"}),
        (f"/people/{admin.handle}/deactivate", {}),
    ):
        page = await admin.submit("/people", form, path)
        assert (page.status_code, "is the only admin" in text_of(page.text)) == (422, True)
        assert 'href="/people">Back to the page</a>' in page.text
        assert "Go to the board" not in page.text, "where they would find nobody to make admin"


async def test_two_admins_cannot_remove_each_other(signed_in: SignedIn, database: AsyncEngine) -> None:
    one, other = await signed_in("admin"), await signed_in("admin")
    async with database.begin() as connection:
        rest = text("UPDATE users SET role = 'manager' WHERE role = 'admin' AND handle NOT IN (:one, :other)")
        await connection.execute(rest, {"one": one.handle, "other": other.handle})
    async with database.begin() as connection:
        demoted = text("UPDATE users SET role = 'viewer' WHERE handle = :handle")
        await connection.execute(demoted, {"handle": other.handle})
        # What is done at the same moment has to wait until it is known who is left.
        meanwhile = asyncio.create_task(accounts.change_role(database, one.handle, "viewer", other.handle))
        await somebody_waits(database)
        assert not meanwhile.done()
    with pytest.raises(AccountProblem, match="is the only admin"):
        await meanwhile


async def test_names_are_never_markup(admin: Browser) -> None:
    handle = f"x-{next_number()}"
    name = "<script>alert(1)</script>{{ 7*7 }}\"'"
    given = {"handle": handle, "name": name, "email": f"{handle}@pharmacy.test", "role": "viewer"}
    for page in (await admin.submit("/people", given, "/people"), await admin.get("/people")):
        assert "<script>alert" not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;{{ 7*7 }}&#34;&#39;" in page.text


async def test_every_change_is_on_record_with_who(admin: Browser, specialist: Browser, database: AsyncEngine) -> None:
    await admin.submit("/people", {"role": "manager"}, f"/people/{specialist.handle}/role")
    await admin.submit("/people", {}, f"/people/{specialist.handle}/deactivate")
    await admin.submit("/people", {}, f"/people/{specialist.handle}/activate")
    await admin.submit("/people", {}, f"/people/{specialist.handle}/link")
    lines = [line for line in await audit.logged(database) if line["handle"] == specialist.handle]
    whats = [line["what"] for line in reversed(lines) if line["by"] == admin.handle]
    assert whats == ["role changed", "deactivated", "activated", "link made"]
    assert "specialist → manager" in text_of((await admin.get("/people")).text)
