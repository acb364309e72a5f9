"""Every route, tried by somebody who may not use it: the two sides, and practices among each other, are apart."""

from __future__ import annotations

import httpx2
import pytest
from sqlalchemy import text

from store.accounts.accounts import new_person
from store.accounts.one_time_links import invite, load_link
from store.accounts.problem import LinkSpent
from tests.patience import PATIENCE
from tests.web.browser import PASSWORD, Browser, next_number, text_of
from tests.web.clinic.conftest import Enter, Linked
from tests.web.clinic.staff import Clinic
from tests.web.routes import BY_LINK, OWN, PRACTICES, PROGRAMS, filled, routes_of
from tests.web.test_problems import leads_to_a_page
from web.api.callers import MAX_FAILURES
from web.app import create_app
from web.csrf import SAFE

Routes = list[tuple[str, str]]
HOME = ("GET", "/clinic")
OPEN = ("/static", "/brand.css", "/healthz", "/readyz", "/metrics", "/problems/", "/styleguide", "/rx/", *OWN, *BY_LINK)
"""What of the team's side asks nobody who they are."""
MANAGERS = ("/clinic/{practice}/people",)
"""What takes an admin or owner of the practice."""


@pytest.fixture(scope="module")
def routes(linked_web: Linked) -> Routes:
    found = routes_of(create_app(linked_web[1], linked_web[2]))
    return [(method, path) for method, path in found if method != "HEAD"]


def of_clinic(routes: Routes, clinic: Clinic) -> Routes:
    of_one = [(method, path) for method, path in routes if path.startswith("/clinic/{practice}")]
    assert len(of_one) > 5
    return [(method, filled(path.replace("{practice}", clinic.id))) for method, path in of_one]


async def statuses(browser: Browser, csrf: str, routes: Routes) -> dict[tuple[str, str], int]:
    """Asks from another address after some, as one that fails too often waits."""
    found = {}
    for number, start in enumerate(range(0, len(routes), MAX_FAILURES // 2)):
        transport = httpx2.AsyncHTTPTransport(local_address=f"127.0.0.{number + 2}")
        async with httpx2.AsyncClient(
            transport=transport, base_url=browser.address, cookies=browser.client.cookies, timeout=PATIENCE
        ) as client:
            for method, path in routes[start : start + MAX_FAILURES // 2]:
                data = {"csrf": csrf} if method not in SAFE else None
                answer = await client.request(method, path, data=data, follow_redirects=False)
                found[method, path] = answer.status_code
                if answer.status_code == 303:
                    assert "/sign-in" in answer.headers["location"], (method, path)
    return found


async def test_nobody_of_a_practice_gets_in_to_the_teams_side(clinic: Clinic, enter: Enter, routes: Routes) -> None:
    """With the highest role of a practice: each page asks to sign in, each route of the API for a token."""
    owner = await enter(clinic, await clinic.member("owner"))
    team = [each for each in routes if each != HOME and not each[1].startswith((*OPEN, *PRACTICES))]
    found = await statuses(
        owner, await owner.token(f"{clinic.at}/account"), [(method, filled(path)) for method, path in team]
    )
    assert len(found) > 80
    programs = {each for each in found if each[1].startswith(PROGRAMS)} - {("GET", "/api/openapi.json")}
    assert {found[each] for each in programs} <= {401, 503}
    assert {found[each] for each in set(found) - programs if each[1] != "/api/openapi.json"} == {303}


async def test_nobody_of_the_team_gets_in_to_a_practice(clinic: Clinic, linked_web: Linked, routes: Routes) -> None:
    admin = await Browser.of_new_person(*(linked_web[0], clinic.database), "admin", f"admin-{next_number()}")
    async with admin:
        assert (await admin.get("/account")).status_code == 200
        found = await statuses(admin, await admin.token(), of_clinic(routes, clinic))
    assert set(found.values()) == {303}


async def test_the_address_of_a_form_of_a_practice_leads_to_a_page(
    clinic: Clinic, enter: Enter, routes: Routes
) -> None:
    pages = {path for method, path in routes if method == "GET"}
    forms = [(method, path) for method, path in routes if method == "POST" and path not in pages]
    owner = await enter(clinic, await clinic.member("owner"))
    for _, path in of_clinic(forms, clinic):
        await leads_to_a_page(owner, path)


async def test_other_practices_and_former_members_find_nothing(clinic: Clinic, enter: Enter, routes: Routes) -> None:
    other = await Clinic.new(clinic.web, clinic.database)
    stranger = await enter(other, await other.member("owner"))
    former = await other.member("vet")
    was_in = await enter(other, former)
    await clinic.member("owner", former.email, active=False)
    for browser in (stranger, was_in):
        found = await statuses(browser, await browser.token(f"{other.at}/account"), of_clinic(routes, clinic))
        assert set(found.values()) == {404}


async def test_staff_manage_nobody(clinic: Clinic, enter: Enter, routes: Routes) -> None:
    for role in ("staff", "vet"):
        browser = await enter(clinic, await clinic.member(role))
        csrf = await browser.token(f"{clinic.at}/account")
        managing = [
            (method, filled(path.replace("{practice}", clinic.id)))
            for method, path in routes
            if path.startswith(MANAGERS)
        ]
        assert set((await statuses(browser, csrf, managing)).values()) == {403}


async def test_a_password_or_link_of_one_side_is_worth_nothing_on_the_other(
    clinic: Clinic, anybody: Browser, enter: Enter
) -> None:
    handle = f"both-{next_number()}"
    email = f"{handle}@pharmacy.test"
    secret = await invite(clinic.database, new_person(handle=handle, name="Bo", email=email, role="admin"), "test")
    assert (await anybody.get(f"/members/welcome/{secret}")).status_code == 410
    with pytest.raises(LinkSpent):
        await load_link(clinic.database, secret, of_team=False)
    await anybody.submit(f"/welcome/{secret}", {"password": PASSWORD})
    await anybody.client.post("/sign-out", data={"csrf": await anybody.token()})
    refused = await anybody.submit("/members/sign-in", {"name": email, "password": PASSWORD})
    assert (refused.status_code, "is wrong" in text_of(refused.text)) == (422, True)

    # The same address on both sides: two accounts, each for its own side.
    vet = await clinic.member("vet", email)
    assert vet.person != handle
    browser = await enter(clinic, vet)
    assert "Sign in" in text_of((await browser.get("/")).text)
    await anybody.submit("/sign-in", {"name": email, "password": PASSWORD})
    assert handle in text_of((await anybody.get("/account")).text)


async def test_the_accounts_of_practices_are_not_the_teams(clinic: Clinic, linked_web: Linked) -> None:
    """They are no colleagues, and no admin of the team finds them under People."""
    vet = await clinic.member("vet")
    admin = await Browser.of_new_person(*(linked_web[0], clinic.database), "admin", f"admin-{next_number()}")
    async with admin:
        people, _, _ = (await admin.get("/people")).text.partition("Account changes")
        assert vet.email not in people
        csrf = await admin.token("/people")
        for act in ("role", "link", "deactivate", "activate"):
            data = {"csrf": csrf, "role": "admin"}
            assert (await admin.client.post(f"/people/{vet.person}/{act}", data=data)).status_code == 404
    async with clinic.database.connect() as connection:
        role = await connection.scalar(text("SELECT role FROM users WHERE handle = :h"), {"h": vet.person})
    assert role is None
