"""Differences held back, in the console: what is shown, what people decide, several at once (DP13)."""

from __future__ import annotations

import re
from html import unescape

import httpx2
import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect
from sqlalchemy import text

from pharmacy.records import editing
from pharmacy.records.clinic import clinic_transaction as of_practice
from tests.records.clinics import patient
from tests.web.browser import Browser, SignedIn, form_on, text_of
from tests.web.clinic_data import DataPractice, client, clinic
from tests.web.looking import PHONE, TWO_WINDOWS, look

__all__ = ["clinic"]


async def decide(
    browser: Browser, clinic: DataPractice, decision: str, why: str, *ids: str, page: str | None = None
) -> httpx2.Response:
    """Chooses differences by the client's or pet's name, and decides about them."""
    path = f"{clinic.pages}/differences"
    found = page or (await browser.get(path)).text
    boxes = dict(re.findall(r"""value="(\d+-\w+)" form="decide" aria-label="Choose ([^"]+)'s """, unescape(found)))
    chosen = [value for value, whose in boxes.items() if whose in ids]
    data = {**form_on(found, f"{path}#decide"), "decision": decision, "why": why, "id": chosen}
    answer = await browser.client.post(path, data=data)
    if "Still the same" in answer.text:
        answer = await browser.client.post(path, data={**data, "sure": "yes"})
    return answer


def undo_forms(page: str) -> dict[str, tuple[str, dict[str, str]]]:
    """The forms that take decisions back, by what they are called."""
    forms = re.findall(r'action="([^"]+/back)">.*?<span class="sr-only">: ([^<]+)</span>', page, re.DOTALL)
    return {unescape(title): (action, form_on(page, action)) for action, title in forms}


@pytest.fixture
async def differing(clinic: DataPractice) -> DataPractice:
    """Two clients and a pet about whom the practice has come to say otherwise."""
    await clinic.import_rows(client(1), client(2), patient(1, 1))
    await clinic.import_rows(client(1, street="9 Elm St"), client(2, surname="Park"), patient(1, 1, name="Max"))
    return clinic


async def test_dp13_what_differs_is_shown_side_by_side(specialist: Browser, differing: DataPractice) -> None:
    page = (await specialist.get(f"{differing.pages}/differences")).text
    said = text_of(page)
    assert "Ann Lee-1 address We have: 1 Main St, Springfield, IL, 62701 The practice says: 9 Elm St, " in said
    assert "Ann Lee-1's Rex-1 pet's name We have: Rex-1 The practice says: Max" in said
    assert "<mark>9</mark> <mark>Elm</mark> St," in page
    assert "Differences 3" in said


async def test_dp13_theirs_is_taken_and_stays_on_record(specialist: Browser, differing: DataPractice) -> None:
    said = text_of((await decide(specialist, differing, "theirs", "They moved", "Ann Lee-1", "Ann Lee-2")).text)
    assert "2 differences settled: theirs taken." in said
    assert (
        "Theirs taken: 1 Main St, Springfield, IL, 62701 → 9 Elm St, Springfield, IL, 62701" in said
        and "They moved" in said
    )
    rows = await differing.rows("SELECT id, field, source, by, why FROM changes ORDER BY id")
    who = {"source": "staff", "by": specialist.handle, "why": "They moved"}
    assert rows == [{"id": "C1", "field": "address", **who}, {"id": "C2", "field": "name", **who}]
    page = text_of((await specialist.get(f"{differing.pages}/clients/C1")).text)
    assert f"address 9 Elm St, Springfield, IL, 62701 {specialist.name}" in page


async def test_dp13_ours_is_kept_until_the_practice_says_something_new(
    specialist: Browser, differing: DataPractice
) -> None:
    await decide(specialist, differing, "ours", "The owner called", "Ann Lee-1")
    await differing.import_rows(client(1, street="9 Elm St", phone="555-0909"))
    assert await differing.rows("SELECT state FROM differences WHERE field = 'address'") == [{"state": "kept"}]
    await differing.import_rows(client(1, street="7 Oak Ave"))
    said = text_of((await specialist.get(f"{differing.pages}/differences")).text)
    assert "The practice says: 7 Oak Ave," in said


async def test_dp13_another_name_of_a_pet_needs_new_prescriptions(specialist: Browser, differing: DataPractice) -> None:
    async with of_practice(differing.desk.database, differing.id) as connection:
        columns = "id, practice, patient, label_name, state"
        made = f"INSERT INTO prescriptions ({columns}) VALUES ('rx-' || :id, :id, 'P1', 'Rex-1', 'open')"
        await connection.execute(text(made), {"id": differing.id})
    said = text_of((await decide(specialist, differing, "theirs", "Adopted anew", "Rex-1")).text)
    assert "1 open prescription needs a new one under the pet's new name." in said
    page = text_of((await specialist.get(f"{differing.pages}/clients/C1")).text)
    assert "The pet was renamed from Rex-1 to Max: write a new prescription under Max." in page


async def test_what_changed_since_it_was_shown_is_not_decided(specialist: Browser, differing: DataPractice) -> None:
    page = (await specialist.get(f"{differing.pages}/differences")).text
    await differing.import_rows(client(1, street="7 Oak Ave"))
    answer = await decide(specialist, differing, "theirs", "They moved", "Ann Lee-1", "Ann Lee-2", page=page)
    said = text_of(answer.text)
    assert "1 difference settled: theirs taken. Ann Lee-1's address has changed since you looked" in said
    assert await differing.rows("SELECT street FROM clients WHERE id = 'C1'") == [{"street": "1 Main St"}]


async def test_what_is_missing_is_told(specialist: Browser, differing: DataPractice) -> None:
    for decision, ids, sentence in (
        ("ours", (), "Choose at least one difference"),
        ("burn", ("Ann Lee-1",), "Choose what to do"),
    ):
        answer = await decide(specialist, differing, decision, "", *ids)
        assert (answer.status_code, sentence in text_of(answer.text)) == (422, True), text_of(answer.text)
    said = text_of((await decide(specialist, differing, "ask", "", "Rex-1")).text)
    assert "Rex-1's name is for staff to decide" in said
    assert {row["state"] for row in await differing.rows("SELECT state FROM differences")} == {"open"}


async def test_dp13_the_owner_is_asked_by_a_link(specialist: Browser, differing: DataPractice) -> None:
    page = (await decide(specialist, differing, "ask", "", "Ann Lee-1", "Ann Lee-2")).text
    links = re.findall(r'<code class="secret" id="link-\d">(http[^<]+)</code>', page)
    assert len(set(links)) == 2
    assert "Write to ann1@mail.example" in page
    said = text_of((await specialist.get(f"{differing.pages}/differences")).text)
    assert said.count(f"Link for the owner created by {specialist.name}") == 2


async def test_who_has_no_email_address_is_called_instead(specialist: Browser, differing: DataPractice) -> None:
    await differing.rows("UPDATE clients SET email = NULL WHERE email = 'ann1@mail.example' RETURNING id")
    listed = text_of((await specialist.get(f"{differing.pages}/differences")).text)
    assert listed.count("No e-mail address: to ask the owner, call") == 1
    said = text_of((await decide(specialist, differing, "ask", "", "Ann Lee-1")).text)
    assert "We have no e-mail address of Ann Lee-1 for a link." in said and "is right, then decide here." in said
    assert {row["state"] for row in await differing.rows("SELECT state FROM differences")} == {"open"}


async def test_dp13_who_somebody_is_changes_only_once_confirmed(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(f"{differing.pages}/differences")
        for whose in ("Rex-1's name", "Ann Lee-1's address"):
            await seen.page.get_by_label(f"Choose {whose}").check()
        await seen.page.get_by_text("Decide the chosen differences together 2 chosen").click()
        await seen.check()
        await seen.page.locator("#why").fill("The clinic called")
        await seen.page.get_by_role("button", name="Take theirs").click()
        asked = seen.page.get_by_role("listitem").filter(has_text="Ann Lee-1's Rex-1")
        await expect(asked).to_contain_text("Rex-1 → Max")
        await expect(seen.page.get_by_text("We also take theirs for 1 other")).to_be_visible()
        await seen.check()
        assert await differing.rows("SELECT DISTINCT state FROM differences") == [{"state": "open"}]
        await seen.page.get_by_role("button", name="Yes, take theirs").click()
        await expect(seen.page.get_by_text("2 differences settled: theirs taken.")).to_be_visible()
        await seen.check()
    assert await differing.rows("SELECT name FROM patients") == [{"name": "Max"}]


async def test_dp13_one_is_decided_in_its_row_and_answered_there(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        page = seen.page
        await seen.go(f"{differing.pages}/differences")
        pet = page.get_by_role("row").filter(has_text="Rex-1's name")
        await pet.get_by_text("Decide about Rex-1's name").click()
        await expect(page.get_by_text("Decide the chosen differences together")).to_be_hidden()
        await pet.get_by_role("button", name="Take theirs").click()
        await expect(pet.get_by_role("alert")).to_contain_text("Still the same pet?")
        await expect(pet.get_by_role("alert")).to_be_focused()
        await expect(pet.get_by_role("button", name="Yes, take theirs")).to_be_in_viewport()
        assert await differing.rows("SELECT DISTINCT state FROM differences") == [{"state": "open"}]
        await pet.get_by_role("button", name="Yes, take theirs").click()
        row = page.get_by_role("row").filter(has_text="Theirs taken")
        await expect(row).to_have_count(1)
        await expect(row).to_contain_text("We had: Rex-1")
        await expect(row).to_contain_text("The practice says: Max")
        await expect(page.get_by_role("heading", name="To decide 2")).to_be_visible()
        await expect(page.get_by_role("link", name="Differences 2")).to_be_visible()
        await expect(page.get_by_role("link", name="Pet's name 0")).to_be_visible()
        await seen.check()
        await expect(page.get_by_text("Decide about")).to_have_count(2)
        await row.get_by_role("button", name="Take back").click()
        await expect(page.get_by_text("Decide about")).to_have_count(3)
        await expect(page.get_by_role("heading", name="To decide 3")).to_be_visible()
    assert await differing.rows("SELECT DISTINCT state FROM differences") == [{"state": "open"}]
    assert await differing.rows("SELECT name FROM patients") == [{"name": "Rex-1"}]


async def test_dp13_who_comes_second_is_told_in_the_row(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist) as seen:
        await seen.go(f"{differing.pages}/differences")
        row = seen.page.get_by_role("row").filter(has_text="Ann Lee-2")
        await row.get_by_text("Decide about").click()
        await row.get_by_label("Why").fill("She called")
        await decide(specialist, differing, "ours", "The owner called", "Ann Lee-2")
        await row.get_by_role("button", name="Keep ours").click()
        await expect(row.get_by_role("alert")).to_contain_text(f"settled by {specialist.handle}")
        await expect(row.get_by_role("button", name="Take back")).to_be_visible()


async def test_dp13_a_decision_is_taken_back_as_if_it_had_not_been(
    specialist: Browser, differing: DataPractice
) -> None:
    async with of_practice(differing.desk.database, differing.id) as connection:
        columns = "id, practice, patient, label_name, state"
        made = f"INSERT INTO prescriptions ({columns}) VALUES ('rx-' || :id, :id, 'P1', 'Rex-1', 'open')"
        await connection.execute(text(made), {"id": differing.id})
    await decide(specialist, differing, "ask", "", "Ann Lee-1")
    everything = "SELECT kind, id, field, ours, theirs, state, by, at, why, first_seen FROM differences ORDER BY id"
    before = await differing.rows(everything)
    await decide(specialist, differing, "theirs", "They moved", "Ann Lee-1", "Rex-1")
    await decide(specialist, differing, "ours", "She called", "Ann Lee-2")
    page = (await specialist.get(f"{differing.pages}/differences")).text
    assert f"Theirs taken: Rex-1 → Max {specialist.name}, " in text_of(page)
    forms = undo_forms(page)
    assert set(forms) == {"Ann Lee-1's address", "Max's name", "Ann Lee-2's name"}
    for action, form in forms.values():
        assert "Taken back: " in text_of((await specialist.client.post(action, data=form)).text)
    assert await differing.rows(everything) == before
    assert await differing.rows("SELECT name FROM patients") == [{"name": "Rex-1"}]
    assert await differing.rows("SELECT street FROM clients WHERE id = 'C1'") == [{"street": "1 Main St"}]
    assert await differing.rows("SELECT needs_new FROM prescriptions") == [{"needs_new": None}]
    for action, form in forms.values():
        assert "waits for a decision again" in text_of((await specialist.client.post(action, data=form)).text)
    said = text_of((await specialist.get(f"{differing.pages}/clients/C1")).text)
    assert "Taken back: They moved" in said


async def test_dp13_what_was_changed_since_is_not_taken_back(specialist: Browser, differing: DataPractice) -> None:
    await decide(specialist, differing, "theirs", "They moved", "Ann Lee-1", "Rex-1")
    forms = undo_forms((await specialist.get(f"{differing.pages}/differences")).text)
    engine = differing.desk.database
    await editing.rename_pet(engine, differing.id, "P1", "Moritz", "bo", "They said so")
    action, form = forms["Max's name"]
    said = text_of((await specialist.client.post(action, data=form)).text)
    assert "Moritz's name has changed since that decision" in said
    await differing.import_rows(client(1, street="7 Oak Ave"))
    action, form = forms["Ann Lee-1's address"]
    assert "waits for a decision again" in text_of((await specialist.client.post(action, data=form)).text)
    assert await differing.rows("SELECT name FROM patients") == [{"name": "Moritz"}]
    assert await differing.rows("SELECT street FROM clients WHERE id = 'C1'") == [{"street": "9 Elm St"}]
    for form["decided"] in ("", "soon", "2026-01-01"):
        answer = await specialist.client.post(action, data=form)
        assert answer.status_code == 200


async def test_a_clients_page_leads_to_the_difference_that_it_names(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist) as seen:
        for whose in ("Rex-1's name", "Ann Lee-1's address"):
            await seen.go(f"{differing.pages}/clients/C1")
            await seen.page.get_by_role("link", name=f"Decide about {whose}").click()
            await expect(seen.page.locator("details.confirm[open]")).to_have_count(1)
            row = seen.page.get_by_role("row").filter(has_text=f"Decide about {whose}")
            await expect(row.get_by_role("button", name="Keep ours")).to_be_in_viewport()


async def test_who_only_looks_decides_nothing(signed_in: SignedIn, differing: DataPractice) -> None:
    viewer = await signed_in("viewer")
    page = (await viewer.get(f"{differing.pages}/differences")).text
    assert "9</mark>" in page and 'name="id"' not in page
    data = {"csrf": await viewer.token(), "decision": "theirs", "why": "x", "id": "1-abc"}
    assert (await viewer.client.post(f"{differing.pages}/differences", data=data)).status_code == 403


async def test_another_practice_s_difference_cannot_be_decided(specialist: Browser, differing: DataPractice) -> None:
    (row,) = await differing.rows("SELECT number FROM differences WHERE id = 'C1'")
    other = DataPractice(differing.desk, differing.mailbox, f"{differing.id}-b", folder=differing.folder)
    await other.start()
    await other.is_known()
    await other.import_rows(client(1))
    path = f"{other.pages}/differences"
    form = {"csrf": await specialist.token(), "decision": "theirs", "why": "x", "id": f"{row['number']}-0"}
    answer = await specialist.client.post(path, data=form)
    assert "There is no difference" in text_of(answer.text)
    assert await differing.rows("SELECT street FROM clients WHERE id = 'C1'") == [{"street": "1 Main St"}]


async def test_nothing_moves_aside_when_a_form_opens(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist) as seen:
        await seen.go(f"{differing.pages}/differences")
        heads = seen.page.locator("table.differ th")
        before = await heads.evaluate_all("heads => heads.map((head) => head.getBoundingClientRect().x)")
        await seen.page.get_by_text("Decide about Ann Lee-1's address").click()
        ask = seen.page.get_by_role("button", name="Ask the owner").first
        take = await seen.page.get_by_role("button", name="Take theirs").first.bounding_box()
        beside = await ask.bounding_box()
        assert take and beside and take["y"] == beside["y"], "all decisions stand on one line"
        assert before == await heads.evaluate_all("heads => heads.map((head) => head.getBoundingClientRect().x)")


async def test_on_a_phone_all_are_chosen_at_once(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist, size=PHONE) as seen:
        await seen.go(f"{differing.pages}/differences")
        await seen.page.get_by_label("Choose all on this page").check()
        await expect(seen.page.get_by_text("Decide the chosen differences together 3 chosen")).to_be_visible()


async def test_everybody_can_read_them(chromium: Chromium, specialist: Browser, differing: DataPractice) -> None:
    await decide(specialist, differing, "ours", "The owner called", "Ann Lee-2")
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        await seen.go(f"{differing.pages}/differences")
        await seen.check()
        await seen.page.get_by_text("Decide about Ann Lee-1's address").click()
        await seen.check()
        await seen.page.get_by_role("button", name="Ask the owner").click()
        await seen.page.get_by_role("heading", name="A link for the owner").wait_for()
        await seen.check()


async def test_who_goes_back_to_the_list_finds_it_as_they_left_it(
    chromium: Chromium, specialist: Browser, differing: DataPractice
) -> None:
    async with look(chromium, specialist) as seen:
        only, whose = seen.page.get_by_role("link", name="Client's address 1"), "Decide about Ann Lee-1's address"
        await seen.go(f"{differing.pages}/differences")
        await only.click()
        await seen.page.get_by_text(whose).click()
        await seen.page.get_by_role("button", name="Ask the owner").first.click()
        await seen.page.get_by_role("link", name="Back to the differences").click()
        await expect(only).to_have_attribute("aria-current", "true")
        row = seen.page.locator("tr:target")
        await expect(row).to_contain_text(whose)
        await expect(row).to_be_in_viewport()


async def test_who_makes_a_link_on_a_clients_page_goes_back_there(specialist: Browser, differing: DataPractice) -> None:
    page = f"{differing.pages}/clients/C1"
    made = (await specialist.submit(page, {}, f"{page}/link")).text
    assert f'href="{page}">Back to Ann Lee-1</a>' in made
