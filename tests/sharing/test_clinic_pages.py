"""The portal's pages of clients, patients, items and contacts (RS6, RS7)."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import quote
from zoneinfo import ZoneInfo

import pytest

from tests.sharing.family import Family
from tests.sharing.pages import signed_in
from tests.web.browser import form_on, text_of


async def test_rs6_the_clients_page_shows_both_balances_and_takes_payments_for_its_own(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("south") as south:
        there = f"/clients/north~{scooby.client}"
        await south.post(f"{there}/invoices", json={"amount": "7.50", "text": "Nail trim"})
    async with signed_in(scooby.served, "north") as browser:
        page = f"/clinic/north/clients/{scooby.client}"
        given = {"amount": "20.00", "about": "Vaccination"}
        made = await browser.submit(page, given, f"{page}/invoices")
        assert "Balance here: $20.00" in text_of(made.text)
        assert (
            f'href="/clinic/south{there}"' in made.text
            and "$7.50 is open at Clinic south; it has to be paid there." in text_of(made.text)
        )
        wrong = await browser.submit(page, {"amount": "30"}, f"{page}/payments")
        assert (wrong.status_code, text_of(wrong.text).count("$20.00 of this invoice is open")) == (422, 1)
        assert re.search(r'name="amount"[^>]*value="30" aria-invalid="true"', wrong.text), "what was typed is marked"
        paid = await browser.submit(page, {"amount": "$20.00"}, f"{page}/payments")
        assert "Balance here: $0.00" in text_of(paid.text)
        for given, why in (
            ({"amount": "1,000.00", "about": "x"}, "Amount must be an amount such as 20.00."),
            ({"amount": "-5", "about": "x"}, "Amount must not be negative."),
            ({"amount": "99999999999999", "about": "x"}, "Amount must be at most 100000.00."),
            ({"amount": "1.00", "about": " "}, "For must not be empty."),
        ):
            wrong = await browser.submit(page, given, f"{page}/invoices")
            assert (wrong.status_code, why in text_of(wrong.text)) == (422, True), why
        nameless = await browser.submit(page, {"name": "", "species": "axolotl"}, f"{page}/patients")
        assert "Name is missing." in text_of(nameless.text) and "axolotl" in nameless.text


async def test_rs6_a_record_is_moved_after_both_counts_are_shown(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        for each in (north, south):
            await each.put("/inventory/rabies", json={"count": 10})
        async with signed_in(scooby.served, "north") as browser:
            page = f"/clinic/north/patients/{scooby.patient}"
            added = await browser.submit(page, {"kind": "vaccination", "item": "rabies", "text": "Given."}, page)
            [record] = (await north.get(f"/patients/{scooby.patient}/records")).json()["items"]
            move = f"{page}/records/{record['id']}/move"
            assert f'href="{move}"' in added.text
            assert "Clinic south" in text_of((await browser.get(move)).text)
            question = text_of((await browser.get(f"{move}?to=south")).text)
            assert "rabies goes from 9 to 10" in question and "rabies goes from 10 to 9" in question
            moved = await browser.submit(f"{move}?to=south", {"item": "rabies"}, move)
            assert "Moved from Clinic north to Clinic south by Person of north" in text_of(moved.text)
            again = await browser.client.post(
                move, data={"csrf": await browser.token("/clinic/north/account"), "to": "south"}
            )
            assert "The record is there already." in text_of(again.text)
        assert (await north.get("/inventory/rabies")).json()["count"] == 10
        assert (await south.get("/inventory/rabies")).json()["count"] == 9


async def test_rs6_a_record_is_moved_only_to_a_clinic_that_sees_the_patient(scooby: Family) -> None:
    await scooby.let_in("west", "north")
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        record = await scooby.give(north, None)
        move = f"/clinic/north/patients/{scooby.patient}/records/{record}/move"
        for page in (move, f"{move}?to=west"):
            shown = (await browser.get(page)).text
            assert "None of your other clinics sees Scooby" in text_of(shown), page
            assert f'href="/clinic/north/clients/{scooby.client}"' in shown
        await scooby.let_in("south", "north")
        shown = text_of((await browser.get(f"{move}?to=west")).text)
        assert "Clinic south" in shown and "Clinic west" not in shown


async def test_rs6_what_was_used_since_the_page_was_opened_still_counts(scooby: Family) -> None:
    page = "/clinic/north/items"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        await north.put("/inventory/rabies", json={"count": 10})
        opened = (await browser.get(f"{page}?edit=rabies")).text
        assert "could move it there: ask Person of south, admin of Clinic south, to add it" in text_of(opened)
        form = {**form_on(opened, page), "item": "rabies", "name": "Rabies", "count": "10"}
        await scooby.give(north, "rabies")
        for changed, count in (({}, 9), ({"count": "12"}, 12), ({"count": ""}, 12)):
            saved = await browser.client.post(page, data={**form, **changed})
            assert saved.status_code == 200
            assert (await north.get("/inventory/rabies")).json()["count"] == count, changed


async def test_rs6_who_can_move_an_item_is_named(scooby: Family) -> None:
    page = "/clinic/north/items"
    async with signed_in(scooby.served, "north") as browser:
        await browser.submit(page, {"item": "rabies", "name": "Rabies 1 year", "count": "12"}, page)
        said = text_of((await browser.get(f"{page}?edit=rabies")).text)
        assert "Nobody belongs to Clinic south too, who could move it there: ask " in said
        assert ", to add it there with 12 in hand." in said
        await scooby.let_in("north", "south")
        said = text_of((await browser.get(f"{page}?edit=rabies")).text)
        assert "To have it moved to Clinic south, ask who belongs to both clinics: Person of south." in said


async def test_rs6_an_item_at_the_wrong_clinic_is_moved_to_the_right_one_with_its_count(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    page = "/clinic/north/items"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        given = {"item": "rabies", "name": "Rabies 1 year", "reminds_after_days": "365", "count": "12"}
        await browser.submit(page, given, page)
        opened = (await browser.get(f"{page}?edit=rabies")).text
        said = "is removed at Clinic north and added at Clinic south, due again after 365 days, with 12 in hand"
        assert "Move to Clinic south …" in text_of(opened) and said in text_of(opened)
        form = {**form_on(opened, f"{page}/remove"), "to": "south"}
        moved = await browser.client.post(f"{page}/remove", data=form)
        assert "Rabies 1 year is at Clinic south now." in text_of(moved.text)
        assert "edit=rabies" not in moved.text
        said = text_of(moved.text)
        assert "Rabies 1 year rabies Clinic south 365 days 12" in said, "who belongs to both sees the number at both"
        there = text_of((await browser.get("/clinic/south/items")).text)
        assert "Rabies 1 year rabies Clinic south 365 days 12" in there, there
        again = await browser.client.post(f"{page}/remove", data=form)
        assert "The item is no longer at this clinic; it is at the other one already." in text_of(again.text)
        assert (await south.get("/inventory/rabies")).json()["count"] == 12


async def test_an_item_is_removed_by_whoever_belongs_to_one_clinic(scooby: Family) -> None:
    page = "/clinic/north/items"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        for item in ("rabies", "dhpp"):
            await north.put(f"/inventory/{item}", json={"count": 3})
        await scooby.give(north, "dhpp")
        opened = (await browser.get(f"{page}?edit=rabies")).text
        assert "Move to" not in opened
        form = form_on(opened, f"{page}/remove")
        for item, why in (("rabies", "rabies is removed."), ("dhpp", "dhpp was given at this clinic, and stays on")):
            answered = await browser.client.post(f"{page}/remove", data={**form, "item": item})
            assert why in text_of(answered.text)
        assert [each["item"] for each in (await north.get("/items")).json()["items"]] == ["dhpp"]
        assert (await north.get("/inventory/dhpp")).json()["count"] == 2
        elsewhere = {**form, "item": "dhpp", "to": "south"}
        assert (await browser.client.post(f"{page}/remove", data=elsewhere)).status_code == 404
        again = await browser.submit(page, {"item": "rabies", "name": "Rabies"}, page)
        assert "Rabies is saved." in text_of(again.text)
        assert (await north.get("/inventory/rabies")).status_code == 404, "not counted yet"


async def test_a_question_about_an_item_that_stays_says_why_and_has_no_button(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    page = "/clinic/north/items?edit=rabies"
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await north.put("/items/rabies", json={"name": "Rabies"})
        await south.put("/items/r-3", json={"name": "RABIES"})
        async with signed_in(scooby.served, "north") as browser:
            opened = (await browser.get(page)).text
            assert "The other clinic has RABIES (r-3) already: set the count there, and remove it here." in opened
            assert "Move it to" not in opened and ">Remove it<" in opened
            await scooby.give(north, "rabies")
            opened = (await browser.get(page)).text
            assert "Rabies was given at this clinic, and stays on record with that." in opened
            assert "Move it to" not in opened and ">Remove it<" not in opened


async def test_a_payment_and_an_invoice_by_mistake_are_voided_and_stay_on_the_page(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        made = await north.post(f"/clients/{scooby.client}/invoices", json={"amount": "20.00", "text": "Dental"})
        payment = form_on((await browser.get(page)).text, f"{page}/payments") | {"amount": "20.00"}
        paid = await browser.client.post(f"{page}/payments", data=payment)
        assert "$20.00 paid" in text_of(paid.text) and "Void this invoice" not in text_of(paid.text)
        missing = await browser.submit(page, {"reason": " "}, f"{page}/void")
        assert (missing.status_code, text_of(missing.text).count("Reason must not be empty.")) == (422, 1)
        question = missing.text.partition('<details class="confirm" open data-focus>')[2].partition("</details>")[0]
        assert "Void this payment … of $20.00 for Dental" in text_of(question)
        assert "Reason must not be empty." in text_of(question), "it is asked still, with what was wrong"
        voided = await browser.submit(page, {"reason": "Paid twice"}, f"{page}/void")
        said = text_of(voided.text)
        assert "The payment is voided; its amount is open again." in said and "Balance here: $20.00" in said
        assert "<s>$20.00 paid</s>" in voided.text and "Voided by Person of north" in said and ": Paid twice" in said
        again = await browser.client.post(f"{page}/payments", data=payment)
        said = text_of(again.text)
        assert "This payment was voided; open the page anew to record another." in said
        assert (again.status_code, "Balance here: $20.00" in said) == (422, True)
        gone = await browser.submit(page, {"reason": "Not ours"}, f"{page}/void")
        said = text_of(gone.text)
        assert "The invoice is voided, and no longer counts." in said and "Balance here: $0.00" in said
        assert "<s>Dental</s>" in gone.text and "Record payment" not in said and ": Not ours" in said
        form = {"csrf": form_on(gone.text, f"{page}/invoices")["csrf"], "reason": "Again"}
        for what, status, why in (
            ({"invoice": made.json()["id"]}, 200, "The invoice is voided already."),
            ({"payment": "x"}, 404, ""),
            ({"payment": "9" * 40}, 404, ""),
        ):
            again = await browser.client.post(f"{page}/void", data=form | what)
            assert (again.status_code, why in text_of(again.text)) == (status, True), what
        late = await browser.client.post(f"{page}/void", data=form | {"invoice": made.json()["id"], "reason": " "})
        assert "Reason must not be empty." in text_of(late.text), "also when the question is gone"
        late = await browser.client.post(f"{page}/payments", data=payment | {"key": "another"})
        assert (late.status_code, text_of(late.text).count("This invoice was voided.")) == (422, 1)


async def test_an_old_invoice_that_is_open_stands_before_newer_ones_that_are_paid(scooby: Family) -> None:
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        at = f"/clients/{scooby.client}"
        await north.post(f"{at}/invoices", json={"amount": "7.00", "text": "Dental"})
        for number in range(20):
            made = await north.post(f"{at}/invoices", json={"amount": "1.00", "text": f"Visit {number}"})
            await north.post(f"{at}/payments", json={"invoice": made.json()["id"], "amount": "1.00"})
        shown = text_of((await browser.get(f"/clinic/north{at}")).text)
        assert "Dental" in shown and "Visit 19" in shown and "Visit 0" not in shown and "There are more." in shown


async def test_a_record_has_the_day_on_which_it_was_done(scooby: Family) -> None:
    page = f"/clinic/north/patients/{scooby.patient}"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        given = {"kind": "exam", "text": "Healthy."}
        for on, why in (
            ("9999-01-01", "The day is still to come"),
            ("yesterday", "Give the day like 2026-03-31."),
            ("0026-03-02", "The year 26 is too long ago"),
        ):
            wrong = await browser.submit(page, {**given, "on": on}, page)
            assert (wrong.status_code, why in text_of(wrong.text), "Healthy." in wrong.text) == (422, True, True), on
        offered = (await browser.get(page)).text.partition('name="on" type="date" value="')[2].partition('"')[0]
        today = date.fromisoformat(offered)
        day = (today - timedelta(days=400)).isoformat()
        for on in (day, offered, ""):
            await browser.submit(page, {"kind": "exam", "text": f"On {on}.", "on": on}, page)
        found = (await north.get(f"/patients/{scooby.patient}/records")).json()["items"]
        zone = ZoneInfo("America/Chicago")
        days = [datetime.fromisoformat(each["at"]).astimezone(zone).date().isoformat() for each in found]
        assert [each["text"] for each in found] == ["On .", f"On {offered}.", f"On {day}."]
        assert days[1:] == [offered, day]
        assert datetime.now(UTC) - datetime.fromisoformat(found[0]["at"]) < timedelta(hours=1)


async def test_rs7_a_double_reminder_is_shown_and_gone_after_one_click(scooby: Family) -> None:
    order = {"name": "Rabies vaccine", "reminds_after_days": 365}
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        await south.put("/items/r-3", json=order)
        await scooby.give(south, "r-3")
        page = "/clinic/north/items"
        given = {"item": "rabies", "name": "Rabies", "reminds_after_days": "365", "count": "4"}
        added = await browser.submit(page, given, page)
        assert "Rabies (rabies) and Rabies vaccine (r-3) of Clinic south" in text_of(added.text)
        fixed = await browser.submit(page, {"item": "rabies"}, f"{page}/rules")
        assert "Which of yours?" not in fixed.text, "it is said already"
        assert "would go out twice" not in text_of(
            fixed.text
        ) and "Rabies vaccine of Clinic south Not the same" in text_of(fixed.text)
        async with signed_in(scooby.served, "south") as there:
            said = text_of((await there.get("/clinic/south/items")).text)
            why = "as Clinic north said, until they say otherwise or you remove the item"
            assert f"Rabies of Clinic north {why}" in said and "Record sharing" in said
        theirs = text_of((await browser.get(f"{page}?q=r-3")).text)
        assert "Rabies vaccine r-3" in theirs and "Rabies here" in theirs, "on the other clinic's row as well"
        again = await browser.submit(f"{page}?q=rab", {}, f"{page}/rules")
        assert "would go out twice" in text_of(again.text) and str(again.url).endswith("?q=rab"), "the search stays"
        rubbish = {"item": "", "name": "", "reminds_after_days": "-1", "count": "9999999"}
        wrong = await browser.submit(page, rubbish, page)
        assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 4), "all that is wrong at once"
        for said in (
            "Due again after (days) must be at least 1.",
            "In hand must be at most 1000000.",
            "ID must not be",
        ):
            assert said in text_of(wrong.text)
        patient = text_of((await browser.get(f"/clinic/north/patients/{scooby.patient}")).text)
        assert "Rabies vaccine, 2 Mar 2027 from Clinic south" in patient


async def test_rs7_a_reminder_says_whether_it_is_to_come_or_overdue(scooby: Family) -> None:
    page = f"/clinic/north/patients/{scooby.patient}"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        await north.put("/items/rabies", json={"name": "Rabies", "reminds_after_days": 365})
        for days, said in ((400, ["Overdue"]), (30, ["Replaced", "Upcoming"])):
            await scooby.give(north, "rabies", (datetime.now(UTC) - timedelta(days=days)).isoformat())
            assert re.findall(r"from Clinic north (\w+)", text_of((await browser.get(page)).text)) == said


async def test_rs4_a_sister_clinics_client_is_offered_while_the_name_is_typed_and_shared_by_one_click(
    scooby: Family,
) -> None:
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        ann = await south.post("/clients", json={"given_name": "Ann", "surname": "Lee", "phone": "555-0101"})
        page = "/clinic/north/clients"
        assert "Jo Hart" in text_of((await browser.get(page)).text)
        assert "Ann Lee Clinic south 555-0101" in text_of((await browser.get(f"{page}?name=le")).text)
        offered = f"south~{ann.json()['id']}"
        assert f'value="{offered}">Share the client here' in (await browser.get(f"{page}?name=le")).text
        taken = await browser.submit(f"{page}?name=le", {"offered": offered}, f"{page}/take")
        said = text_of(taken.text)
        assert "Shared with Clinic south, Clinic west Unlink this client?" in said
        assert "A shared client cannot be unlinked. Ann Lee stays shared with Clinic south, Clinic west: " in said
        assert "To unlink the clinics, so that no more clients are shared, an owner or admin chooses" in said
        assert "Can a client be unlinked?" in text_of((await browser.get(page)).text)
        assert "Home location Clinic south" in text_of(taken.text)
        assert "not shared yet" not in text_of((await browser.get(f"{page}?name=le")).text)
        added = await browser.submit(page, {"given_name": "Mia", "email": "mia@mail.test"}, page)
        assert "The client is added. Shared with Clinic south." in text_of(added.text) and "Mia" in text_of(added.text)
        assert (await browser.submit(page, {"surname": " "}, page)).status_code == 422


async def test_rs6_contacts_are_copied_with_one_click(scooby: Family) -> None:
    await scooby.let_in("south", "north")
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        await south.post("/contacts", json={"name": "Central Lab", "kind": "company"})
        page = "/clinic/north/contacts"
        none = text_of((await browser.get("/clinic/south/contacts")).text)
        assert (
            "Clinic north has none yet." in none and "You copy" not in none and "open Contacts at Clinic north" in none
        )
        assert "You copy those of Clinic south below" in text_of((await browser.get(page)).text)
        own = await browser.submit(page, {"name": "Groomer", "kind": "person", "phone": ""}, page)
        assert "Groomer" in text_of(own.text) and "Central Lab" not in own.text
        copied = await browser.submit(f"{page}?of=south", {}, f"{page}/copy")
        assert "Central Lab is copied to Clinic north; later changes at Clinic south are not" in text_of(copied.text)
        assert "Here already" in copied.text, "the list stays open"
        again = (await browser.get(f"{page}?of=south")).text
        lab = (await south.get("/contacts")).json()["items"][0]["id"]
        twice = {"csrf": form_on(again, page)["csrf"], "of": "south", "contact": lab, "anyway": "yes"}
        told = text_of((await browser.client.post(f"{page}/copy", data=twice)).text)
        assert "Central Lab is at Clinic north already: nothing is copied." in told
        assert "Here already" in again and "/contacts/copy" not in again
        assert 'href="/clinic/south/contacts?of=north#copy"' in own.text
        assert "It has none of this name." in text_of((await browser.get(f"{page}?of=south&q=groom")).text)
        opened = re.findall(r'href="([^"]+edit=[^"#]+)', own.text)[0]
        form = form_on((await browser.get(opened)).text, "/clinic/south/contacts/copy")
        for _ in range(2):
            copied = await browser.client.post("/clinic/south/contacts/copy", data=form)
            assert "Groomer is copied to Clinic south; later changes at Clinic north are not copied" in text_of(
                copied.text
            )
            assert "At Clinic south already" in text_of(copied.text), "one stays on the contact's own page"
        assert [each["name"] for each in (await south.get("/contacts")).json()["items"]] == ["Central Lab", "Groomer"]
        assert (await browser.submit(page, {"name": ""}, page)).status_code == 422
        rubbish = await browser.submit(page, {"name": "Vendor", "phone": "asdf"}, page)
        assert (rubbish.status_code, "Phone must have at least 5 digits" in text_of(rubbish.text)) == (422, True)


async def test_what_is_not_the_clinics_is_not_there(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        record = await scooby.give(north, "rabies")
    async with signed_in(scooby.served, "west") as browser:
        csrf = await browser.token("/clinic/west/account")
        for id in (scooby.client, f"north~{scooby.client}"):
            for method, path in (("GET", ""), ("POST", "/invoices"), ("POST", "/payments")):
                data = {"csrf": csrf, "amount": "1.00", "about": "x", "invoice": "x"} if method == "POST" else None
                answer = await browser.client.request(method, f"/clinic/west/clients/{id}{path}", data=data)
                assert answer.status_code == 404, (method, path)
        patient = f"/clinic/west/patients/north~{scooby.patient}"
        assert (await browser.get(patient)).status_code == 404
        data = {"csrf": csrf, "kind": "x", "text": "x", "to": "north"}
        for path in (patient, f"{patient}/records/{record}/move"):
            assert (await browser.client.post(path, data=data)).status_code == 404
        assert (await browser.get(f"{patient}/records/{record}/move")).status_code == 404
        rule = {"csrf": csrf, "item": "rabies", "clinic": "north", "other": "rabies"}
        assert (await browser.client.post("/clinic/west/items/rules", data=rule)).status_code == 404
        take = {"csrf": csrf, "offered": f"north~{scooby.client}"}
        assert (await browser.client.post("/clinic/west/clients/take", data=take)).status_code == 404
        assert "Hart" not in (await browser.get("/clinic/west/clients?name=Hart")).text.replace('value="Hart"', "")
        copy = {"csrf": csrf, "of": "north", "contact": "x"}
        assert (await browser.client.post("/clinic/west/contacts/copy", data=copy)).status_code == 404
        assert (await browser.get("/clinic/north/items")).status_code == 404


async def test_a_form_that_is_sent_twice_adds_once_and_a_changed_one_adds_again(scooby: Family) -> None:
    patient, clients = f"/clinic/north/patients/{scooby.patient}", "/clinic/north/clients"
    contacts, tasks = "/clinic/north/contacts", "/clinic/north/tasks/new"
    client = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        for page, action, given, listed, before in (
            (patient, patient, {"kind": "visit", "text": "Well."}, f"/patients/{scooby.patient}/records", 0),
            (clients, clients, {"given_name": "Mia", "surname": "Moss"}, "/clients?name=mia", 0),
            (contacts, contacts, {"name": "Groomer", "kind": "person"}, "/contacts", 0),
            (tasks, tasks, {"title": "Call Mia"}, "/tasks", 0),
            (client, f"{client}/patients", {"name": "Rex"}, f"/clients/{scooby.client}/patients", 1),
        ):
            form = {**form_on((await browser.get(page)).text, action), **given}
            assert form["key"]
            answers = await asyncio.gather(*(browser.client.post(action, data=form) for _ in range(2)))
            assert [each.status_code for each in answers] == [200, 200], answers[0].text
            assert answers[0].url == answers[1].url
            name = next(iter(given))
            await browser.client.post(action, data={**form, name: f"{given[name]} again"})
            assert len((await north.get(listed)).json()["items"]) == before + 2, page


async def test_rs9_a_new_tasks_patient_is_found_among_the_shared_ones_too(scooby: Family) -> None:
    tasks, of = "/clinic/south/tasks/new", f"north~{scooby.patient}"
    async with signed_in(scooby.served, "south") as south, signed_in(scooby.served, "west") as west:
        for words in ("scoob", "hart", "jo scooby"):
            found = (await south.submit(tasks, {"title": "Call", "q": words, "find": "yes"}, tasks)).text
            assert f'name="choose" value="{of}"' in found and 'value="Call"' in found, words
            assert "Choose Scooby, Jo Hart shared by Clinic north" in text_of(found), words
            at = "/clinic/west/tasks/new"
            assert "No patient is found" in text_of((await west.submit(at, {"q": words}, at)).text)
        chosen = (await south.submit(tasks, {"title": "Call", "q": "scoob", "choose": of}, tasks)).text
        assert 'value="Call"' in chosen and "About Scooby" in text_of(chosen)
        added = await south.submit(f"{tasks}?patient={quote(of)}", {"title": "Call"}, tasks)
        assert "Scooby" in text_of(added.text)
    async with signed_in(scooby.served, "north") as north:
        at = "/clinic/north/tasks/new"
        assert "shared by" not in (await north.submit(at, {"q": "scooby"}, at)).text


async def test_rs9_another_rule_beside_a_repeat_that_was_chosen_is_refused(scooby: Family) -> None:
    new, said = "/clinic/north/tasks/new", "You chose how it repeats and wrote another rule too"
    async with signed_in(scooby.served, "north") as browser:
        given = {"title": "Count the gauze", "rule": "FREQ=DAILY"}
        refused = await browser.submit(new, given | {"repeat": "FREQ=WEEKLY"}, new)
        assert (refused.status_code, said in text_of(refused.text)) == (422, True)
        task = str((await browser.submit(new, given, new)).url)
        changed = {"title": "Count the gauze", "repeat": "FREQ=DAILY", "rule": "FREQ=MONTHLY;BYDAY=-1FR"}
        refused = await browser.submit(task, changed | {"repeat": "FREQ=WEEKLY"}, task.removeprefix(browser.address))
        assert (refused.status_code, said in text_of(refused.text)) == (422, True)
        saved = await browser.submit(task, changed, task.removeprefix(browser.address))
        assert "FREQ=MONTHLY;BYDAY=-1FR" in saved.text and "Saved." in text_of(saved.text)


async def test_rs9_a_colleagues_change_of_a_task_is_not_replaced_and_a_note_is_kept(scooby: Family) -> None:
    new, first = "/clinic/north/tasks/new", {"title": "Count the gauze", "due_on": "2030-05-06"}
    async with signed_in(scooby.served, "north") as browser:
        task = str((await browser.submit(new, first, new)).url).removeprefix(browser.address)
        opened = form_on((await browser.get(task)).text, task)
        await browser.submit(task, first | {"title": "Count the gauze and tape"}, task)
        wrong = await browser.client.post(task, data=opened | first | {"due_on": "soon"})
        assert wrong.status_code == 422
        mine = first | {"due_on": "2030-05-07", "notes": "By noon"}
        refused = await browser.client.post(task, data=form_on(wrong.text, task) | mine)
        assert (refused.status_code, "Somebody has changed this task" in text_of(refused.text)) == (422, True)
        assert 'value="Count the gauze and tape"' in refused.text and "By noon" in refused.text
        mine["title"] = "Count the gauze and tape"
        saved = await browser.client.post(task, data=form_on(refused.text, task) | mine)
        assert "Saved." in text_of(saved.text) and "2030-05-07" in saved.text and "By noon" in saved.text
        opened = form_on(saved.text, task) | first
        at_once = [browser.client.post(task, data=opened | {"title": title}) for title in ("Gauze", "Tape")]
        assert sorted([each.status_code for each in await asyncio.gather(*at_once)]) == [200, 422]


async def test_who_is_on_record_is_shown_before_they_are_added_again(scooby: Family) -> None:
    page = "/clinic/north/clients"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        await north.patch(f"/clients/{scooby.client}", json={"phone": "(312) 555-0161", "street": "1 Elm St"})
        for other in (
            {"given_name": "JO", "surname": "hart", "phone": "312-555-0161 or 312 555 0000"},
            {"given_name": "Joanne", "surname": "Hart", "phone": "+1 312 555 0161"},
            {"surname": "Hart", "email": "Jo@mail.test"},
            {"given_name": "Jo", "surname": "Hart", "street": "1 elm  st"},
            {"given_name": "Jo", "surname": "Hart"},
            {"given_name": "Jo", "surname": "Hart", "phone": "(312) 555-0999"},
        ):
            asked = await browser.submit(page, other, page)
            assert asked.status_code == 422 and "Is it this one? Jo Hart 1 Elm St" in text_of(asked.text), other
            assert f'href="{page}/{scooby.client}"' in asked.text, other
        assert len((await north.get("/clients?name=hart")).json()["items"]) == 1
        for other in (
            {"given_name": "Al", "surname": "Hart", "phone": "(312) 555-0161"},
            {"given_name": "Jo", "surname": "Hartley", "email": "jo@mail.test"},
        ):
            assert "The client is added." in text_of((await browser.submit(page, other, page)).text), other
        form = form_on((await browser.get(page)).text, page) | {"given_name": "Jo", "surname": "Hart", "anyway": "yes"}
        places = {str((await browser.client.post(page, data=form)).url) for _ in range(2)}
        assert len(places) == 1, "sent twice, added once"


async def test_rs4_whom_a_sister_clinic_offers_is_shown_before_a_namesake_is_added(scooby: Family) -> None:
    page = "/clinic/north/clients"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        ann = (await south.post("/clients", json={"given_name": "Ann", "surname": "Lee", "phone": "555-0101"})).json()
        namesake = {"given_name": "ann", "surname": "Lee", "phone": "555-0202"}
        asked = await browser.submit(page, namesake, page)
        assert asked.status_code == 422 and "Is it this one? Ann Lee Clinic south 555-0101" in text_of(asked.text)
        assert f'value="south~{ann["id"]}">Share the client here' in asked.text and 'value="555-0202"' in asked.text
        added = await browser.submit(page, {**namesake, "anyway": "yes"}, page)
        assert "The client is added." in text_of(added.text)
        own = str(added.url).rpartition("/")[2].partition("?")[0]
        about = text_of((await browser.get(f"{page}/duplicates?client={own}")).text)
        assert "Of the same name or surname at a sister clinic, not shared yet Ann Lee Clinic south 555-0101" in about
        assert "looks like this one" not in about
        taken = {"offered": f"south~{ann['id']}"}
        await browser.submit(f"{page}/duplicates?client={own}", taken, f"{page}/take")
        about = text_of((await browser.get(f"{page}/duplicates?client={own}")).text)
        assert "not shared yet" not in about and "Ann Lee" in about
        assert "one person from then on" not in text_of((await browser.get(f"{page}/{own}/history")).text)
        mia = {"given_name": "Mia", "surname": "Moss", "phone": "618 555 0142", "email": "mia@mail.test"}
        theirs = (await south.post("/clients", json=mia)).json()["id"]
        added = await browser.submit(page, {**mia, "anyway": "yes"}, page)
        own = str(added.url).rpartition("/")[2].partition("?")[0]
        await browser.submit(f"{page}?name=moss", {"offered": f"south~{theirs}"}, f"{page}/take")
        seen = text_of((await browser.get(f"{page}/{own}/history")).text)
        for entry in ("one person from then on : the clients of Clinic north and Clinic south", "shared with"):
            assert entry in seen and "Person of north at Clinic north" in seen


async def test_an_item_or_contact_on_record_is_shown_before_it_is_added_again(scooby: Family) -> None:
    items, contacts = "/clinic/north/items", "/clinic/north/contacts"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        first = await browser.submit(items, {"item": "rabies", "name": "Rabies", "count": "10"}, items)
        assert "Rabies is saved." in text_of(first.text)
        for other in ({"item": "r-1", "name": "RABIES"}, {"item": "rabies", "name": "Nail trim", "count": "3"}):
            asked = await browser.submit(items, other, items)
            assert (asked.status_code, "Is it this one? Rabies rabies" in text_of(asked.text)) == (422, True), other
        taken = await browser.submit(items, {**other, "anyway": "yes"}, items)
        assert "rabies is the ID of Rabies:" in text_of(taken.text) and "Add anyway" not in taken.text
        assert (await north.get("/inventory/rabies")).json()["count"] == 10
        more = await browser.submit(items, {"item": "r-1", "name": "Rabies", "anyway": "yes"}, items)
        assert "Rabies is saved." in text_of(more.text)
        for sure, status in (({}, 200), ({}, 422), ({"anyway": "yes"}, 200)):
            saved = await browser.submit(contacts, {"name": "Central Lab", "notes": str(status), **sure}, contacts)
            assert saved.status_code == status
        assert len((await north.get("/contacts")).json()["items"]) == 2


async def test_an_item_beyond_those_listed_is_edited(scooby: Family) -> None:
    page = "/clinic/north/items"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        for number in range(101):
            await north.put(f"/inventory/a-{number:03}", json={"count": 1})
        assert "There are more: type a name or an ID." in text_of((await browser.get(page)).text)
        given = {"item": "a-100", "name": "Last", "count": "4"}
        assert "Last is saved." in text_of((await browser.submit(f"{page}?edit=a-100", given, page)).text)
        assert (await north.get("/inventory/a-100")).json()["count"] == 4
        assert (await browser.get(f"{page}?edit=nothing")).status_code == 404


async def test_every_contact_is_found_and_can_be_changed(scooby: Family) -> None:
    page = "/clinic/north/contacts"
    async with scooby.served.at("north") as north, signed_in(scooby.served, "north") as browser:
        for number in range(51):
            await north.post("/contacts", json={"name": f"Vendor {number:02}", "street": "1 Elm St"})
        first = (await browser.get(page)).text
        assert "Vendor 49" in text_of(first) and "Vendor 50" not in text_of(first)
        following = first.partition("?after=")[2].partition('"')[0]
        assert "Vendor 50" in text_of((await browser.get(f"{page}?after={following}")).text)
        found = (await browser.get(f"{page}?q=dor 50")).text
        assert "Vendor 50" in text_of(found) and "Vendor 49" not in text_of(found)
        edit = f"{page}?edit={found.partition('?edit=')[2].partition('#')[0]}"
        stale = form_on((await browser.get(edit)).text, page)
        saved = await browser.submit(edit, {"name": "Vendor 50", "kind": "company", "phone": "555-0101"}, page)
        assert "Vendor 50 is saved." in text_of(saved.text)
        late = {**stale, "name": "Vendor 50", "kind": "company", "phone": "555-0102"}
        refused = await browser.client.post(page, data=late)
        assert refused.status_code == 422 and "Somebody has changed this contact" in text_of(refused.text)
        again = await browser.client.post(page, data={**late, "phone": "555-0101"})
        assert again.status_code == 200, "sent twice"
        [contact] = [each for each in (await north.get("/contacts?limit=100")).json()["items"] if each["phone"]]
        assert (contact["phone"], contact["street"]) == ("555-0101", "1 Elm St")
    async with scooby.served.at("south"), signed_in(scooby.served, "south") as browser:
        assert (await browser.get(f"/clinic/south/contacts?edit={contact['id']}")).status_code == 404


@pytest.mark.parametrize("what", ["client", "contact", "item"])
async def test_a_colleagues_change_is_shown_before_it_is_replaced_also_after_a_wrong_value(
    scooby: Family, what: str
) -> None:
    async with signed_in(scooby.served, "north") as browser:
        action = f"/clinic/north/{what}s"
        if what == "client":
            page = action = f"{action}/{scooby.client}/edit"
            given, theirs = {"given_name": "Jo", "surname": "Hart"}, {"city": "Elgin"}
        elif what == "contact":
            given, theirs = {"name": "Central Lab", "kind": "company"}, {"notes": "Closed on Mondays"}
            added = (await browser.submit(action, given, action)).text
            page = f"{action}?edit={added.partition('?edit=')[2].partition('#')[0]}"
        else:
            given, theirs = {"item": "rabies", "name": "Rabies"}, {"name": "Rabies 1 year"}
            await browser.submit(action, given, action)
            page = f"{action}?edit=rabies"
        field, wrong, right = ("reminds_after_days", "x", "365") if what == "item" else ("phone", "12", "555-0101")
        opened = form_on((await browser.get(page)).text, action)
        assert (await browser.submit(page, given | theirs, action)).status_code == 200
        marked = await browser.client.post(action, data=opened | given | {field: wrong})
        assert (marked.status_code, "correct what is marked" in text_of(marked.text)) == (422, True)
        corrected = given | {field: right}
        warned = await browser.client.post(action, data=form_on(marked.text, action) | corrected)
        assert (warned.status_code, f"Somebody has changed this {what}" in text_of(warned.text)) == (422, True)
        assert all(each in warned.text for each in theirs.values()), "what stands there now is shown"
        saved = await browser.client.post(action, data=form_on(warned.text, action) | corrected | theirs)
        assert saved.status_code == 200
        now = (await browser.get(page)).text
        assert all(each in now for each in (right, *theirs.values()))
