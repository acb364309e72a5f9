from __future__ import annotations

from tests.web.browser import Browser, text_of


async def test_who_is_invited_gets_in(specialist: Browser) -> None:
    page = await specialist.get("/account")
    assert page.status_code == 200
    assert specialist.handle in text_of(page.text)


async def test_styleguide(specialist: Browser) -> None:
    page = await specialist.get("/styleguide")
    assert page.status_code == 200, page.text


async def test_people(admin: Browser) -> None:
    page = await admin.get("/people")
    assert page.status_code == 200, page.text
