"""The vets' portal: requests are approved one by one or together, and declined; prescriptions are written."""

from __future__ import annotations

import re
from decimal import Decimal

import httpx2
import pytest
from sqlalchemy import update

from pharmacy.products import catalogue
from pharmacy.records.tables import clients
from store.accounts.members import set_delegates
from tests.web.browser import Browser, form_on, text_of
from tests.web.clinic.conftest import Enter
from tests.web.clinic.staff import Clinic
from tests.web.clinic.surgery import CARPROFEN, SHAMPOO, Surgery


async def approve(browser: Browser, page: str, **fields: str) -> httpx2.Response:
    return await browser.submit(page, fields, action=f"{page}/approve")


async def test_a_vet_approves_a_request_with_changes(surgery: Surgery) -> None:
    id = await surgery.request(CARPROFEN, SHAMPOO)
    listed = text_of((await surgery.browser.get(surgery.at)).text)
    assert (
        "Biscuit of Dana Reyes" in listed
        and "3 × Carprofen 75 mg (2 refills)" in listed
        and "To approve, not paid yet" in listed
    )
    page = f"{surgery.at}/prescriptions/{id}"
    answer = await approve(surgery.browser, page, **{"qty-0": "2", "refills-0": "1", "instructions-0": "With food"})
    assert "Approved for Biscuit: 2 × Carprofen 75 mg, 3 × Medicated shampoo." in text_of(answer.text)
    view = await surgery.show(id)
    first, second = (each.item for each in view.position.items)
    assert (int(first.qty), int(first.refills), first.instructions) == (2, 1, "With food")
    assert (int(second.qty), int(second.refills)) == (3, 2)
    assert view.position.approval and view.position.approval.by == "member:dr-ames"
    await surgery.published(id, 1)
    assert "Nothing waits for a vet" in text_of((await surgery.browser.get(surgery.at)).text)
    shown = await surgery.browser.get(page)
    assert "Waits on Dana Reyes" in text_of(shown.text)
    assert text_of(shown.text).count(f"by {surgery.vet.name}") == 1, "the history says once who approved"
    assert f'href="{surgery.at}/patients/6"' in shown.text
    renewal = await surgery.browser.get(f"{surgery.at}/write/6?renews={id}")
    assert 'value="carprofen-75" selected' in renewal.text and 'value="shampoo" selected' in renewal.text
    for name in ("qty-0", "refills-1"):
        assert re.search(rf'name="{name}"[^>]* value="2"', renewal.text), name
    assert ">With food</textarea>" in renewal.text
    prices = "75 mg $40.00 for all 2, without refills Medicated shampoo $37.50 for all 3, without refills Total $77.50"
    assert prices in text_of(renewal.text)
    assert (await surgery.browser.get(f"{surgery.at}/write/7?renews={id}")).status_code == 404


async def test_after_one_request_the_next_is_a_click_away(surgery: Surgery) -> None:
    first, second = [await surgery.request(), await surgery.request(SHAMPOO, patient="7")]
    answer = await approve(surgery.browser, f"{surgery.at}/prescriptions/{first}")
    assert "Next for you: Biscotti: Medicated shampoo (1 request waits for you)" in text_of(answer.text)
    assert f"{surgery.at}/prescriptions/{second}" in answer.text
    answer = await approve(surgery.browser, f"{surgery.at}/prescriptions/{second}")
    assert "Next for you" not in answer.text


async def test_a_patients_page_leads_to_its_prescriptions(surgery: Surgery, enter: Enter) -> None:
    page = f"{surgery.at}/patients/6"
    shown = (await surgery.browser.get(page)).text
    assert f"{surgery.at}/write/6" in shown and f"{surgery.at}/prescriptions?patient=6" in shown
    staff = await enter(surgery.clinic, await surgery.clinic.member("staff"))
    shown = (await staff.get(page)).text
    assert f"{surgery.at}/write" not in shown and f"{surgery.at}/prescriptions?patient=6" in shown


@pytest.mark.parametrize(
    ("field", "why"),
    [
        ({"qty-0": "many"}, "The quantity of Carprofen 75 mg is not a number."),
        ({"qty-0": "sNaN"}, "The quantity of Carprofen 75 mg is not a number."),
        ({"qty-0": "1e99999"}, "The quantity of Carprofen 75 mg must be at most 100000."),
        ({"qty-0": "-1e99999"}, "The quantity of Carprofen 75 mg must be more than 0."),
        ({"refills-0": "1e99999"}, "The number of refills of Carprofen 75 mg must be a whole number from 0 to 52."),
        ({"qty-0": "-1"}, "The quantity of Carprofen 75 mg must be more than 0."),
        ({"refills-0": "1000"}, "The number of refills of Carprofen 75 mg must be a whole number from 0 to 52."),
        ({"refills-0": "1.5"}, "The number of refills of Carprofen 75 mg must be a whole number from 0 to 52."),
        ({"qty-0": "3000"}, "You gave 3000 of Carprofen 75 mg: correct it, or press the button once more"),
        ({"qty-0": "1.5"}, "You gave 1.5 of Carprofen 75 mg"),
    ],
)
async def test_a_wrong_change_is_said_on_the_form(surgery: Surgery, field: dict[str, str], why: str) -> None:
    page = f"{surgery.at}/prescriptions/{await surgery.request()}"
    answer = await approve(surgery.browser, page, **field)
    assert (answer.status_code, why in text_of(answer.text)) == (422, True), text_of(answer.text)


async def test_all_that_is_wrong_is_marked_at_once(surgery: Surgery) -> None:
    fields = {"qty-0": "2 boxes", "refills-0": "-1"}
    quantity, refills = "The quantity of Carprofen 75 mg is not a number.", "must be a whole number from 0 to 52."
    id = await surgery.request()
    asked = await approve(surgery.browser, f"{surgery.at}/prescriptions/{id}", **fields)
    page = f"{surgery.at}/write/6"
    product = {"product-0": "carprofen-75", "product-1": "shampoo", "qty-1": "0", "price-0": "dear"}
    written = await surgery.browser.submit(page, {**fields, **product, "prescriber": "dr-ames"}, action=page)
    for answer, count in ((asked, 2), (written, 4)):
        said = text_of(answer.text)
        assert quantity in said and refills in said and "correct what is marked" in said
        assert answer.text.count('aria-invalid="true"') == count, "the tick is asked for when all else is right"


async def test_an_unusual_quantity_is_taken_once_it_is_confirmed(surgery: Surgery) -> None:
    id = await surgery.request()
    page = f"{surgery.at}/prescriptions/{id}"
    asked = await approve(surgery.browser, page, **{"qty-0": "1.5"})
    form = {**form_on(asked.text, f"{page}/approve"), "qty-0": "1.5"}
    other = await surgery.browser.client.post(f"{page}/approve", data={**form, "qty-0": "2500"})
    assert "You gave 2500 of Carprofen 75 mg" in text_of(other.text), "another slip is another question"
    done = await surgery.browser.client.post(f"{page}/approve", data=form)
    assert "Approved for Biscuit: 1.5 × Carprofen 75 mg." in text_of(done.text)
    [item] = (await surgery.show(id)).position.items
    assert item.item.qty == Decimal("1.5")


async def test_a_quantity_far_above_the_last_one_is_asked_about(surgery: Surgery) -> None:
    await surgery.request(origin="vet")
    again, page = await surgery.request(), f"{surgery.at}/write/6"
    asked = "of Carprofen 75 mg where it was 3 the last time: correct it, or press the button once more"
    product = {"product-0": "carprofen-75", "prescriber": "dr-ames"}
    answer = await surgery.browser.submit(page, {**product, "qty-0": "60"}, action=page)
    assert (answer.status_code, f"You gave 60 {asked}" in text_of(answer.text)) == (422, True)
    answer = await approve(surgery.browser, f"{surgery.at}/prescriptions/{again}", **{"qty-0": "16"})
    assert (answer.status_code, f"You gave 16 {asked}" in text_of(answer.text)) == (422, True)
    answer = await surgery.browser.submit(page, {**product, "qty-0": "15"}, action=page)
    assert "the last time" not in text_of(answer.text)


async def test_as_many_packs_as_one_has_tablets_are_asked_about(surgery: Surgery) -> None:
    product = CARPROFEN.model_copy(update={"reference": "prednisolone-60", "name": "Prednisolone 5 mg, 60 tablets"})
    await catalogue.store(surgery.desk.database, product)
    page, fields = f"{surgery.at}/write/6", {"product-0": "prednisolone-60", "qty-0": "60", "prescriber": "dr-ames"}
    answer = await surgery.browser.submit(page, fields, action=page)
    said = text_of(answer.text)
    assert "You gave 60 of Prednisolone 5 mg, 60 tablets, which makes 3,600 tablets: correct it, or press" in said
    assert "$1,200.00 for all 60 = 3,600 tablets" in said
    form = form_on(answer.text, page)
    done = await surgery.browser.client.post(page, data={**form, **fields})
    assert "Written and approved for Biscuit: 60 × Prednisolone 5 mg, 60 tablets." in text_of(done.text)


async def test_an_unusual_quantity_is_left_to_be_approved_alone(surgery: Surgery) -> None:
    product = CARPROFEN.model_copy(update={"reference": "omega-3", "name": "Omega, 3 capsules", "price_cents": 900})
    await catalogue.store(surgery.desk.database, product)
    usual, unusual = await surgery.request(), await surgery.request(product, patient="7", qty=Decimal(13))
    csrf = form_on((await surgery.browser.get(surgery.at)).text, f"{surgery.at}/approve")["csrf"]
    given, why = {"csrf": csrf, "id": [usual, unusual]}, "Unusual: 13 of Omega, 3 capsules, which makes 39 capsules."
    question = await surgery.browser.client.post(f"{surgery.at}/approve", data=given)
    assert "Approve 1 of 2" in text_of(question.text) and why in text_of(question.text)
    done = await surgery.browser.client.post(f"{surgery.at}/approve", data={**given, "key": "k"})
    assert "Approved 1 of 2" in text_of(done.text) and why in text_of(done.text)
    assert (await surgery.show(usual)).position.approval and not (await surgery.show(unusual)).position.approval


async def test_many_are_approved_together_and_what_will_not_happen_is_said_before(
    surgery: Surgery, enter: Enter
) -> None:
    ids = [await surgery.request(), await surgery.request(SHAMPOO, patient="7")]
    other = await surgery.clinic.member("vet", handle="dr-cho")
    theirs = await Surgery(surgery.clinic, surgery.desk, other, surgery.browser).request(SHAMPOO)
    await surgery.report(ids[1], "decline", by="owner", reason="too dear")
    csrf = form_on((await surgery.browser.get(surgery.at)).text, f"{surgery.at}/approve")["csrf"]
    question = await surgery.browser.client.post(f"{surgery.at}/approve", data={"csrf": csrf, "id": [*ids, theirs]})
    said = text_of(question.text)
    assert "Biscuit of Dana Reyes: 3 × Carprofen 75 mg (2 refills) · $20.00 for all 3, without refills" in said
    assert "Approve 1 of 3" in said and "The pharmacy can dispense it once the owner has paid." in said
    assert "nothing is written in ezyVet until the practice connects it" in said
    assert "There is nothing to approve" in said and f"Only {other.name} decides about it" in said
    assert (await surgery.show(ids[0])).position.approval is None

    form = form_on(question.text, f"{surgery.at}/approve")
    for _ in range(2):
        done = await surgery.browser.client.post(f"{surgery.at}/approve", data={**form, "id": [*ids, theirs]})
        assert "Approved 1 of 3" in text_of(done.text)
    assert (await surgery.show(ids[0])).position.approval
    assert (await surgery.show(theirs)).position.approval is None


async def test_a_vet_declines_with_a_coded_reason_and_takes_it_back(surgery: Surgery) -> None:
    id = await surgery.request()
    page = f"{surgery.at}/prescriptions/{id}"
    nothing = await surgery.browser.submit(page, {"code": ""}, action=f"{page}/decline")
    assert (nothing.status_code, "Choose a reason." in text_of(nothing.text)) == (422, True)
    fields = {"code": "other", "message_to_owner": "Sorry"}
    untold = (await surgery.browser.submit(page, fields, action=f"{page}/decline")).text
    form = untold[untold.index('<details class="confirm" open') :]
    assert "Write the reason in your own words." in text_of(form) and form.count('aria-invalid="true"') == 1
    assert text_of(untold).count("correct what is marked") == 1 and "Sorry" in form, "only in the form, which is open"
    fields = {"code": "needs_examination", "reason": "Lame for weeks", "message_to_owner": "Please come in first."}
    said = text_of((await surgery.browser.submit(page, fields, action=f"{page}/decline")).text)
    assert "The patient needs an examination first: Lame for weeks" in said and "Please come in first." in said
    back = await surgery.browser.submit(page, {}, action=f"{page}/undo")
    assert "The decline is taken back for Biscuit: 3 × Carprofen 75 mg." in text_of(back.text) and "Approve" in text_of(
        back.text
    )


async def test_rx6_the_form_says_whether_a_message_is_mailed(surgery: Surgery) -> None:
    page = f"{surgery.at}/prescriptions/{await surgery.request()}"
    assert "Nothing is mailed to the owner" in text_of((await surgery.browser.get(page)).text)
    async with surgery.desk.database.begin() as connection:
        dana = (clients.c.practice == surgery.clinic.id) & (clients.c.id == "5")
        await connection.execute(update(clients).where(dana).values(email="dana@mail.test"))
    assert "Your message is mailed to the owner" in text_of((await surgery.browser.get(page)).text)


async def test_nothing_is_declined_if_every_item_is_unticked(surgery: Surgery) -> None:
    page = f"{surgery.at}/prescriptions/{await surgery.request(CARPROFEN, SHAMPOO)}"
    given = {"code": "needs_examination"}
    none = await surgery.browser.submit(page, given, action=f"{page}/decline")
    assert (none.status_code, "Choose at least one item." in text_of(none.text)) == (422, True)
    unexplained = await surgery.browser.submit(page, {"item": SHAMPOO.reference}, action=f"{page}/decline")
    assert "Choose a reason." in text_of(unexplained.text) and "at least one item" not in unexplained.text
    assert re.findall(r'name="item" value="([^"]+)" checked', unexplained.text) == [SHAMPOO.reference], "ticks stay"
    one = await surgery.browser.submit(page, given | {"item": SHAMPOO.reference}, action=f"{page}/decline")
    assert one.status_code == 200 and "Approve" in text_of(one.text), "the other item still waits"


async def test_only_the_vet_or_a_named_delegate_decides(surgery: Surgery, enter: Enter) -> None:
    id = await surgery.request()
    page = f"{surgery.at}/prescriptions/{id}"
    staff = await surgery.clinic.member("staff")
    browser = await enter(surgery.clinic, staff)
    shown = await browser.get(page)
    assert shown.status_code == 200 and f"Only {surgery.vet.name} decides about it" in text_of(shown.text)
    csrf = await browser.token(f"{surgery.at}/account")
    for act in ("approve", "decline", "cancel", "undo"):
        data = {"csrf": csrf, "code": "too_early"}
        assert (await browser.client.post(f"{page}/{act}", data=data)).status_code == 403, act
    for path in (f"{surgery.at}/write", f"{surgery.at}/write/6"):
        assert (await browser.get(path)).status_code == 403
    await set_delegates(surgery.desk.database, surgery.vet, [staff.handle])
    assert "Approved for Biscuit: " in text_of((await approve(browser, page)).text)
    history = text_of((await browser.get(page)).text)
    assert f"Approved by {staff.name}" in history
    form = f"{surgery.at}/write/7"
    fields = {"product-0": "carprofen-75", "qty-0": "3", "prescriber": surgery.vet.handle}
    written = await browser.submit(form, fields, action=form)
    assert f"Written by {staff.name} for {surgery.vet.name}" in text_of(written.text)
    for path in ("/write", "/clients", "/tasks", "/items", "/account", "/patients/6"):
        assert f'href="{surgery.at}/write"' in (await browser.get(f"{surgery.at}{path}")).text, path
    assert f"{surgery.at}/write/6" in (await browser.get(f"{surgery.at}/patients/6")).text


async def test_another_practices_vet_reaches_nothing_by_a_guessed_id(surgery: Surgery, enter: Enter) -> None:
    id = await surgery.request()
    other = await Clinic.new(surgery.clinic.web, surgery.clinic.database)
    vet = await other.member("vet")
    browser = await enter(other, vet)
    csrf = await browser.token(f"{other.at}/account")
    for at in (surgery.at, other.at):
        page = f"{at}/prescriptions/{id}"
        assert (await browser.get(page)).status_code == 404
        for act in ("approve", "decline", "cancel", "undo"):
            answer = await browser.client.post(f"{page}/{act}", data={"csrf": csrf, "code": "too_early"})
            assert answer.status_code == 404, (at, act)
        many = await browser.client.post(f"{at}/approve", data={"csrf": csrf, "id": id, "key": "k"})
        assert "Biscuit" not in many.text
        for path in ("/write/6", "/patients/6/records", "/write?q=bisc", "/prescriptions"):
            assert "Biscuit" not in (await browser.get(f"{at}{path}")).text, path
    assert (await surgery.show(id)).position.approval is None


async def test_a_vet_writes_a_prescription_and_it_is_approved(surgery: Surgery) -> None:
    found = text_of((await surgery.browser.get(f"{surgery.at}/write?q=bisc reyes")).text)
    assert "Choose Biscuit (dog), Dana Reyes" in found and "Biscotti" not in found
    assert "Old Tom Deceased" in text_of((await surgery.browser.get(f"{surgery.at}/write?q=old tom")).text)
    page = f"{surgery.at}/write/6"
    shown = text_of((await surgery.browser.get(page)).text)
    assert "Carprofen 75 mg" in shown and "Ketamine" not in shown
    fields = {"product-0": "carprofen-75", "qty-0": "1.5", "instructions-0": "“Daily” 🐶", "prescriber": "dr-ames"}
    missing = await surgery.browser.submit(page, {**fields, "qty-0": ""}, action=page)
    assert (missing.status_code, "The quantity of Carprofen 75 mg is missing" in text_of(missing.text)) == (422, True)
    more = await surgery.browser.submit(page, {**fields, "act": "row", "product-1": ""}, action=page)
    assert "Product 3" in text_of(more.text) and "“Daily” 🐶" in more.text
    form = {**form_on((await surgery.browser.get(page)).text, page), **fields}
    asked = await surgery.browser.client.post(page, data=form)
    assert (asked.status_code, "You gave 1.5 of Carprofen 75 mg" in text_of(asked.text)) == (422, True)
    form = {**form_on(asked.text, page), **fields}
    answers = [await surgery.browser.client.post(page, data=form) for _ in range(2)]
    assert answers[0].url == answers[1].url, "the same form sent twice is one prescription"
    assert "Written and approved for Biscuit: " in text_of(answers[0].text)
    view = await surgery.show(str(answers[0].url).rpartition("/")[2])
    [item] = view.prescription.items
    assert (item.price_cents, item.instructions, view.prescription.origin) == (3000, "“Daily” 🐶", "vet")
    assert view.position.due_at


async def test_what_cannot_be_written_is_said(surgery: Surgery) -> None:
    page = f"{surgery.at}/write/9"
    dead = await surgery.browser.submit(
        page, {"product-0": "carprofen-75", "qty-0": "1", "prescriber": "dr-ames"}, action=page
    )
    assert (dead.status_code, "has died" in text_of(dead.text)) == (422, True)
    page = f"{surgery.at}/write/6"
    for fields, why in (
        ({"product-0": ""}, "Choose at least one product."),
        ({"product-0": "unheard-of"}, "There is no product 'unheard-of'"),
        ({"product-0": "ketamine"}, "controlled substance"),
        ({"product-0": "shampoo", "product-1": "shampoo", "qty-1": "1"}, "on it twice"),
        ({"product-0": "shampoo", "price-0": "dear"}, "The price of Medicated shampoo is not a number"),
        ({"product-0": "shampoo", "price-0": "NaN"}, "The price of Medicated shampoo is not a number"),
        (
            {"product-0": "shampoo", "price-0": "-1"},
            "The price of Medicated shampoo must be from $0.00 to $100,000.00.",
        ),
        ({"product-0": "shampoo", "price-0": "100000.01"}, "must be from $0.00 to $100,000.00."),
        (
            {"product-0": "shampoo", "price-0": "0.001"},
            "Write the price of Medicated shampoo in dollars and cents,",
        ),
        ({"product-0": "shampoo", "price-0": "999999999999"}, "must be from $0.00 to $100,000.00."),
        ({"product-0": "shampoo", "qty-0": "1e999999"}, "The quantity of Medicated shampoo must be at most 100000."),
        ({"product-0": "shampoo", "clinical_record": "0"}, "The number of the clinical record must be at least 1."),
        (
            {"product-0": "shampoo", "qty-0": "1000000", "price-0": "1"},
            "The quantity of Medicated shampoo must be at most 100000.",
        ),
        (
            {"product-0": "carprofen-75", "qty-0": "99999"},
            "99999 of Carprofen 75 mg would cost $1,999,980.00, and one product at most $100,000.00",
        ),
        ({"product-0": "shampoo", "qty-0": "-1"}, "The quantity of Medicated shampoo must be more than 0."),
        ({"product-0": "shampoo", "refills-0": "1000"}, "must be a whole number from 0 to 52."),
        ({"product-0": "shampoo", "clinical_record": "x"}, "clinical record is a whole number"),
    ):
        answer = await surgery.browser.submit(page, {"qty-0": "1", "prescriber": "dr-ames", **fields}, action=page)
        assert (answer.status_code, why in text_of(answer.text)) == (422, True), text_of(answer.text)
    stranger = await surgery.browser.submit(
        page, {"product-0": "shampoo", "qty-0": "1", "prescriber": "dr-cho"}, action=page
    )
    assert stranger.status_code == 403


async def test_the_list_says_how_far_ezyvet_is_and_why(surgery: Surgery) -> None:
    await surgery.request()
    id = await surgery.request(SHAMPOO, origin="vet", patient="7")
    await surgery.report(id, "approve", by="dr-ames")
    await surgery.published(id, 1)
    shown = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions")).text)
    assert "Biscotti of Lee Moss 3 × Medicated shampoo (2 refills) Pending" in shown and "To be sent to ezyVet" in shown
    assert "Biscuit of Dana Reyes 3 × Carprofen 75 mg (2 refills) To approve" in shown
    pending = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?state=PENDING")).text)
    assert "Biscotti" in pending and "Biscuit" not in pending
    for state, biscuits in (("vet", True), ("owner", False), ("ended", False), ("not_due", True)):
        listed = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?state={state}")).text)
        assert ("Biscuit" in listed, "Biscotti" in listed) == (biscuits, False), state
    assert "Biscuit" not in text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?patient=7")).text)
    for q, found in (("rey", True), ("bisco", False), ("moss", False), ("biscu", True)):
        assert ("Biscuit" in text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?q={q}")).text)) is found, q
    nobody = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?q=nobody")).text)
    assert "No prescription is of such a patient or owner." in nobody
    assert "Nothing matches" in text_of((await surgery.browser.get(f"{surgery.at}/prescriptions?state=disabled")).text)
