"""A product that a patient has open already is shown and asked about before it is prescribed once more (RX2, RX3)."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.open_already import PrescribedAlready
from pharmacy.prescriptions import register
from tests.web.browser import form_on, text_of
from tests.web.clinic.surgery import CARPROFEN, SHAMPOO, Surgery
from tests.web.looking import TWO_WINDOWS, look

FIELDS = {"product-0": "carprofen-75", "qty-0": "3", "prescriber": "dr-ames"}
ASKED = "Tick the box above the button if you mean another one."


async def count(surgery: Surgery) -> int:
    return len(await register.listing(surgery.desk.database, practice=surgery.clinic.id))


async def approved(surgery: Surgery) -> str:
    id = await surgery.request(origin="vet")
    await surgery.report(id, "approve", by="dr-ames")
    await surgery.published(id, 1)
    return id


async def test_rx2_another_one_is_written_once_it_is_ticked(surgery: Surgery) -> None:
    first, page = await approved(surgery), f"{surgery.at}/write/6"
    already = f"Biscuit already has an open prescription for 3 × Carprofen 75 mg, written by {surgery.vet.name} on "
    asked = await surgery.browser.submit(page, FIELDS, action=page)
    said = text_of(asked.text)
    assert (asked.status_code, ASKED in said, already in said) == (422, True, True), said
    assert said.count(already) == 2 and said.index("Valid for") < said.rindex(already), "at the top, and at the button"
    assert (
        "not dispensed yet, 2 refills left Write it all the same Tick this if you mean it." in said
        and f"/prescriptions/{first}" in asked.text
    )
    form = {**form_on(asked.text, page), **FIELDS}
    await surgery.browser.client.post(page, data=form)
    assert await count(surgery) == 1
    form["beside"] = first
    answers = await asyncio.gather(*(surgery.browser.client.post(page, data=form) for _ in range(2)))
    assert answers[0].url == answers[1].url and "Written and approved for Biscuit: " in text_of(answers[0].text)
    form["key"] = "another form"
    again = await surgery.browser.client.post(page, data=form)
    assert (again.status_code, await count(surgery)) == (422, 2), "the tick was for what stood there"


async def test_rx2_a_form_that_is_changed_after_it_was_written_asks_about_what_it_has_written(surgery: Surgery) -> None:
    page = f"{surgery.at}/write/6"
    refused = await surgery.browser.submit(page, FIELDS | {"qty-0": "1 pack"}, action=page)
    kept = {**form_on(refused.text, page), **FIELDS}
    written = await surgery.browser.client.post(page, data=kept)
    id = str(written.url).rpartition("/")[2]
    changed = await surgery.browser.client.post(page, data=kept | {"qty-0": "4"})
    said = text_of(changed.text)
    assert (changed.status_code, ASKED in said, await count(surgery)) == (422, True, 1), said
    assert f'href="{surgery.at}/prescriptions/{id}"' in changed.text
    another = {**form_on(changed.text, page), **FIELDS, "qty-0": "4", "beside": id}
    again = await surgery.browser.client.post(page, data=another)
    assert "Written and approved for Biscuit: 4 × Carprofen 75 mg." in text_of(again.text)
    assert await count(surgery) == 2


async def test_rx2_two_forms_at_the_same_moment_write_one(surgery: Surgery) -> None:
    page = f"{surgery.at}/write/6"
    form = {**form_on((await surgery.browser.get(page)).text, page), **FIELDS}
    forms = [{**form, "key": key} for key in ("one", "two")]
    answers = await asyncio.gather(*(surgery.browser.client.post(page, data=each) for each in forms))
    assert sorted(each.status_code for each in answers) == [200, 422]
    assert await count(surgery) == 1


async def test_rx2_a_renewal_is_asked_about_beside_others_than_the_one_it_renews(surgery: Surgery) -> None:
    id = await approved(surgery)
    page = f"{surgery.at}/write/6"
    assert "already has" not in text_of((await surgery.browser.get(page)).text)
    renewal = text_of((await surgery.browser.get(f"{page}?renews={id}")).text)
    assert "2 refills of Carprofen 75 mg are left on the prescription you renew, which is not dispensed yet." in renewal
    assert "already has" not in renewal
    await surgery.report(id, "dispense", product="carprofen-75", qty=3, remaining=1)
    await surgery.published(id, 2)
    renewal = text_of((await surgery.browser.get(f"{page}?renews={id}")).text)
    assert "1 refill of Carprofen 75 mg is left on the prescription you renew." in renewal
    for asked in (False, True):
        answer = await surgery.browser.submit(f"{page}?renews={id}", FIELDS, action=page)
        assert (ASKED in text_of(answer.text)) is asked, "one renewal is enough"
    assert "Renew it all the same" in text_of(answer.text)
    shown = text_of((await surgery.browser.get(f"{surgery.at}/prescriptions/{id}")).text)
    assert "Renewed on " in shown and f", by {surgery.vet.name}" in shown


async def test_rx3_what_waits_for_approval_is_a_request_and_what_is_dispensed_a_prescription(surgery: Surgery) -> None:
    id, page = await surgery.request(), f"{surgery.at}/write/6"
    written = await surgery.browser.submit(page, FIELDS, action=page)
    assert "an open request for 3 × Carprofen 75 mg, requested by the owner" in text_of(written.text)
    await surgery.report(id, "approve", by="dr-ames")
    await surgery.published(id, 1)
    written = await surgery.browser.submit(page, FIELDS, action=page)
    assert "an open prescription for 3 × Carprofen 75 mg, requested by the owner" in text_of(written.text)


async def test_rx2_a_request_is_approved_beside_another_one_once_it_is_ticked(surgery: Surgery) -> None:
    first, second = await approved(surgery), await surgery.request(CARPROFEN, SHAMPOO)
    await surgery.report(first, "dispense", product="carprofen-75", qty=3, remaining=1)
    await surgery.published(first, 2)
    page = f"{surgery.at}/prescriptions/{second}"
    asked = await surgery.browser.submit(page, {}, action=f"{page}/approve")
    assert (asked.status_code, ASKED in text_of(asked.text)) == (422, True)
    assert "1 refill left Approve it all the same" in text_of(
        asked.text
    ) and "Medicated shampoo, requested" not in text_of(asked.text)
    csrf = form_on(asked.text, f"{page}/approve")["csrf"]
    many = await surgery.browser.client.post(f"{surgery.at}/approve", data={"csrf": csrf, "id": second})
    assert "Approve this request" in text_of(many.text) and "Approve it all the same for Biscuit" in text_of(many.text)
    form = form_on(many.text, f"{surgery.at}/approve")
    unticked = await surgery.browser.client.post(f"{surgery.at}/approve", data=form)
    said = text_of(unticked.text)
    assert unticked.status_code == 422 and "Tick at least one." in said and "Approve it all the same" in said, said
    form["id"] = second
    refused = await surgery.browser.client.post(f"{surgery.at}/approve", data={**form, "beside": second})
    assert "Not approved" in text_of(refused.text) and f'href="{page}">Open' in refused.text
    done = await surgery.browser.client.post(f"{surgery.at}/approve", data=form)
    assert "Not approved" not in text_of(done.text) and (await surgery.show(second)).position.approval


async def test_rx2_a_program_may_ask_to_be_refused(surgery: Surgery) -> None:
    id = await approved(surgery)
    assert await surgery.request(origin="vet") != id, "it is not asked unless it wants to"
    with pytest.raises(PrescribedAlready, match="already has an open prescription for 3 × Carprofen 75 mg"):
        await surgery.request(origin="vet", beside=())
    await surgery.request(SHAMPOO, origin="vet", beside=())


async def test_rx2_what_is_open_is_seen_as_soon_as_the_product_is_chosen(surgery: Surgery, chromium: Chromium) -> None:
    id = await approved(surgery)
    request = await surgery.request()
    async with look(chromium, surgery.browser, windows=TWO_WINDOWS) as one:
        await one.go(f"{surgery.at}/write/6")
        await one.page.get_by_label("Product", exact=True).select_option("carprofen-75")
        await expect(one.page.get_by_label("Write it all the same")).to_be_visible()
        await one.page.get_by_label("Quantity").first.fill("1")
        await one.page.get_by_role("button", name="Write and approve").click()
        await expect(one.page.get_by_text("Tick this if you mean it.")).to_be_visible()
        await expect(one.page.get_by_label("Write it all the same")).to_be_focused()
        one.complaints.clear()
        await one.check()
        await one.page.get_by_label("Write it all the same").check()
        await one.page.get_by_label("Quantity").first.fill("3")
        await one.page.get_by_label("Refills").first.fill("1")
        await expect(one.page.locator("#prices")).to_contain_text("$60.00")
        await expect(one.page.get_by_label("Write it all the same")).to_be_checked()
        await one.check()
        await one.go(f"{surgery.at}/prescriptions/{request}")
        await expect(one.page.get_by_role("link", name="Biscuit already has an open prescription")).to_have_attribute(
            "href", f"{surgery.at}/prescriptions/{id}"
        )
        await one.check()


async def test_rx2_the_click_that_leaves_a_field_ticks(surgery: Surgery, chromium: Chromium) -> None:
    await approved(surgery)
    async with look(chromium, surgery.browser) as one:
        page = one.page
        await one.go(f"{surgery.at}/write/6")
        await page.get_by_label("Product", exact=True).select_option("carprofen-75")
        tick = page.get_by_label("Write it all the same")
        for field, finger_first in (("Quantity", True), ("Refills", False)):
            await expect(tick).not_to_be_checked()
            await page.get_by_label(field).first.fill("2")
            await tick.hover()
            async with page.expect_response("**/price"):
                await page.mouse.down()
                if not finger_first:
                    await page.mouse.up()
            if finger_first:
                await page.wait_for_function("waiting.length")
                await page.mouse.up()
            await expect(page.locator("#prices")).to_contain_text("$40.00")
            await expect(tick).to_be_checked()
            await tick.uncheck()
