"""The owner's page: own data by a link, looked at without a change, and changed with one confirmation (DP13)."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import text

from pharmacy.records import difference_queries, differences, owner_links
from tests.records.clinics import patient
from tests.web.browser import Browser, form_on, text_of
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.looking import PHONE, TWO_WINDOWS, look

__all__ = ["clinic"]


@pytest.fixture
async def owned(clinic: DataPractice) -> DataPractice:
    await clinic.import_rows(client(1), client(2), patient(1, 1))
    return clinic


@pytest.fixture
async def phone(web: str, clinic: DataPractice) -> AsyncIterator[Browser]:
    """The owner's own browser, in which nobody is signed in."""
    async with clinic.desk.database.begin() as connection:
        await connection.execute(text("DELETE FROM throttles WHERE key LIKE 'link %'"))
    async with Browser(web) as one:
        yield one


async def link_to(clinic: DataPractice, id: str = "C1") -> str:
    return owner_links.PATH + await owner_links.issue_link(
        clinic.desk.database, clinic.id, id, "ann1@mail.example", "sam"
    )


async def confirm(browser: Browser, question: httpx2.Response) -> httpx2.Response:
    action = re.search(r'action="(/o/[^"]+/confirm)"', question.text)
    assert action, text_of(question.text)
    return await browser.client.post(action[1], data=form_on(question.text, action[1]))


async def change(browser: Browser, page: str, field: str, **values: str) -> httpx2.Response:
    """Fills in a form and sends it: what comes is the question."""
    return await browser.submit(f"{page}/change/{field}", values, f"{page}/change/{field}")


async def test_dp13_an_owner_sees_what_we_have(phone: Browser, owned: DataPractice) -> None:
    said = text_of((await phone.get(await link_to(owned))).text)
    for part in ("Ann Lee-1", "1 Main St, Springfield, IL, 62701", "555-0101", "ann1@mail.example", "Rex-1, dog"):
        assert part in said
    assert "Lee-2" not in said and "(800) 555-0167" in said


@pytest.mark.parametrize(
    ("field", "values", "said"),
    [
        ("name", {"given_name": "Anna", "surname": "Lee"}, "Anna Lee"),
        ("address", {"street": "9 Elm St", "city": "Bern", "state": "", "postcode": "3000"}, "9 Elm St, Bern, 3000"),
        ("phone", {"phone": "555 0199"}, "555 0199"),
        ("email", {"email": "anna@mail.example"}, "anna@mail.example"),
    ],
)
async def test_dp13_an_owner_changes_their_own(
    phone: Browser, owned: DataPractice, field: str, values: dict[str, str], said: str
) -> None:
    page = await link_to(owned)
    question = await change(phone, page, field, **values)
    assert said in text_of(question.text)
    assert await owned.rows("SELECT number FROM changes") == []
    done = text_of((await confirm(phone, question)).text)
    assert "We have changed your" in done and said in done
    assert await owned.rows("SELECT id, field, source, by FROM changes") == [
        {"id": "C1", "field": field, "source": "owner", "by": "owner"}
    ]
    again = await confirm(phone, question)
    assert (again.status_code, "We have changed your" in text_of(again.text)) == (200, True)
    assert len(await owned.rows("SELECT number FROM changes")) == 1


async def test_dp13_what_an_owner_changed_is_not_undone_by_the_next_feed(phone: Browser, owned: DataPractice) -> None:
    page = await link_to(owned)
    await confirm(phone, await change(phone, page, "email", email="anna@mail.example"))
    await owned.import_rows(client(1, phone="555-0909"))
    assert await owned.rows("SELECT email FROM clients WHERE id = 'C1'") == [{"email": "anna@mail.example"}]
    await owned.import_rows(client(1, email="third@mail.example"))
    assert await owned.rows("SELECT email FROM clients WHERE id = 'C1'") == [{"email": "third@mail.example"}]


@pytest.mark.parametrize(("right", "street", "state"), [("theirs", "9 Elm St", "gone"), ("ours", "1 Main St", "kept")])
async def test_dp13_an_owner_says_which_is_right(
    phone: Browser, owned: DataPractice, right: str, street: str, state: str
) -> None:
    await owned.import_rows(client(1, street="9 Elm St"))
    (one,) = await difference_queries.open_differences(owned.desk.database, owned.id)
    page = await link_to(owned)
    assert "Which address is right?" not in (await phone.get(page)).text
    await differences.ask_owner(owned.desk.database, owned.id, one.number, "sam")
    said = text_of((await phone.get(page)).text)
    assert "Which address is right? We have 1 Main St, Springfield, IL, 62701" in said
    asked = f"{page}/asked/{one.number}"
    question = await phone.client.post(asked, data={**form_on((await phone.get(page)).text, asked), "right": right})
    assert await owned.rows("SELECT state FROM differences") == [{"state": "asked"}]
    for _ in range(2):
        assert "noted what is right" in text_of((await confirm(phone, question)).text)
    assert await owned.rows("SELECT street FROM clients WHERE id = 'C1'") == [{"street": street}]
    assert await owned.rows("SELECT state, by FROM differences") == [{"state": state, "by": "owner"}]
    assert (await owned.rows("SELECT DISTINCT source, by FROM changes")) == [{"source": "owner", "by": "owner"}]
    late = await phone.client.post(asked, data={"csrf": form_on((await phone.get(f"{page}/change/name")).text)["csrf"]})
    assert late.status_code == 409 and "settled already" in text_of(late.text)


async def test_looking_and_following_links_changes_nothing(phone: Browser, owned: DataPractice) -> None:
    page = await link_to(owned)
    question = await change(phone, page, "phone", phone="555 0199")
    for path in ("", "/change/name", "/change/phone", "/change/phone/confirm", "/asked/1", "/change/weight"):
        assert (await phone.get(f"{page}{path}")).status_code in (200, 404, 405)
    values = form_on(question.text) | {"phone": "555 0666"}
    assert (await phone.client.post(f"{page}/change/phone/confirm", data=values)).status_code == 409
    assert await owned.rows("SELECT number FROM changes") == []


@pytest.mark.parametrize(
    ("field", "values", "sentence"),
    [
        ("name", {"given_name": " ", "surname": ""}, "at least one name"),
        ("email", {"email": "nobody"}, "is not an e-mail address"),
        ("address", {"street": "", "city": "Bern", "state": "", "postcode": "3000"}, "Street and number is missing."),
        ("phone", {"phone": "5" * 300}, "at most 200 characters"),
        ("phone", {"phone": "555-0101"}, "what we have already"),
        ("phone", {"phone": "asdf"}, "Phone must have at least 5 digits, as in 312 555 0100."),
        (
            "address",
            {"street": "1 Elm St", "city": "Bern", "postcode": "asdf"},
            "at least 3 characters and a digit",
        ),
    ],
)
async def test_what_is_wrong_is_told_in_a_sentence(
    phone: Browser, owned: DataPractice, field: str, values: dict[str, str], sentence: str
) -> None:
    answer = await change(phone, await link_to(owned), field, **values)
    assert (answer.status_code, sentence in text_of(answer.text)) == (422, True), text_of(answer.text)


async def test_a_link_that_is_over_or_made_up_says_nothing(phone: Browser, owned: DataPractice) -> None:
    page = await link_to(owned)
    question = await change(phone, page, "phone", phone="555 0199")
    assert await owner_links.revoke_links(owned.desk.database, owned.id, "C1") == 1
    over = await phone.get(page)
    made_up = await phone.get(owner_links.PATH + "x" * 43)
    assert (over.status_code, made_up.status_code) == (410, 410)
    assert text_of(over.text) == text_of(made_up.text)
    assert (await confirm(phone, question)).status_code == 410
    assert (await phone.get(page.replace("/o/", "/p/"))).status_code == 410
    assert await owned.rows("SELECT number FROM changes") == []


async def test_a_confirmation_fits_no_other_link(phone: Browser, owned: DataPractice) -> None:
    mine, other = await link_to(owned), await link_to(owned, "C2")
    question = await change(phone, mine, "phone", phone="555 0199")
    values = form_on(question.text)
    assert (await phone.client.post(f"{other}/change/phone/confirm", data=values)).status_code == 409
    assert await owned.rows("SELECT number FROM changes") == []


async def test_everybody_can_read_it(chromium: Chromium, phone: Browser, owned: DataPractice) -> None:
    await owned.import_rows(client(1, street="9 Elm St"))
    (one,) = await difference_queries.open_differences(owned.desk.database, owned.id)
    await differences.ask_owner(owned.desk.database, owned.id, one.number, "sam")
    page = await link_to(owned)
    async with look(chromium, phone, windows=TWO_WINDOWS, scripts=True) as seen:
        await seen.go(page)
        await seen.check()
        await seen.page.get_by_role("button", name="What Practice").click()
        await seen.check()
        await seen.page.get_by_role("button", name="Yes, that is right").click()
        await seen.check()
        await seen.page.get_by_role("link", name="Change the address").click()
        await seen.check()
        await seen.page.get_by_label("City").fill("Bern")
        await seen.page.get_by_role("button", name="Continue").click()
        await seen.check()
        await seen.go(owner_links.PATH + "nothing")
        await seen.page.get_by_role("heading", name="does not open").wait_for()


@pytest.mark.parametrize("scripts", [True, False])
async def test_back_shows_the_question_again_and_a_second_yes_says_the_same(
    chromium: Chromium, phone: Browser, owned: DataPractice, scripts: bool
) -> None:
    page = await link_to(owned)
    async with look(chromium, phone, size=PHONE, scripts=scripts) as seen:
        await seen.go(f"{page}/change/phone")
        await seen.page.get_by_label("Phone").fill("555 0199")
        await seen.page.get_by_role("button", name="Continue").click()
        for _ in range(2):
            await seen.page.get_by_role("button", name="Yes, change it").click()
            await expect(seen.page.get_by_role("status")).to_have_text("Thank you. We have changed your phone.")
            await seen.page.go_back()
        await expect(seen.page.get_by_role("heading", name="This is what happens")).to_be_visible()
    assert len(await owned.rows("SELECT number FROM changes")) == 1
