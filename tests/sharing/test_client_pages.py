"""The portal's pages on which clients are edited, told apart, and shared by hand (RS4, RS5, RS8, RS10)."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from sqlalchemy import func, select, update

from pharmacy.records.tables import clients
from pharmacy.sharing import shares, tables
from pharmacy.sharing.preview import Preview, preview
from tests.sharing.family import Family
from tests.sharing.pages import signed_in
from tests.sharing.program import added
from tests.web.browser import form_on, text_of

VALUES = {"given_name": "Jo", "surname": "Hart", "email": "jo@mail.test"}


async def test_rs5_a_change_is_seen_at_both_clinics_and_stays_in_the_history(scooby: Family) -> None:
    here, there = f"/clinic/north/clients/{scooby.client}", f"/clinic/south/clients/north~{scooby.client}"
    async with signed_in(scooby.served, "north") as north, signed_in(scooby.served, "south") as south:
        saved = await north.submit(f"{here}/edit", {**VALUES, "phone": "555-0101", "opt_out": "yes"}, f"{here}/edit")
        assert "Saved. Every clinic of the client sees it." in text_of(saved.text)
        shown = text_of((await south.get(there)).text)
        assert "555-0101" in shown and "No mail" in shown
        saved = await south.submit(f"{there}/edit", {**VALUES, "phone": "555-0102", "opt_out": "yes"}, f"{there}/edit")
        assert "This replaces the phone that Clinic north wrote a few minutes ago: 555-0101." in text_of(saved.text)
        history = text_of((await north.get(f"{here}/history")).text)
        assert "phone : 555-0101 → 555-0102 Person of south at Clinic south" in history
        assert "mail : wanted → not wanted Person of north at Clinic north" in history


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("phone", "asdf", "Phone must have at least 5 digits, as in 312 555 0100."),
        ("phone", "12", "Phone must have at least 5 digits"),
        ("postcode", "asdf", "ZIP or postal code must have at least 3 characters and a digit, as in 60611."),
        ("postcode", "12", "ZIP or postal code must have at least 3 characters"),
        ("email", "a@b", "E-mail address: 'a@b' is not an e-mail address"),
    ],
)
async def test_rs5_rubbish_is_said_beside_its_field_unless_it_was_there(
    scooby: Family, field: str, text: str, sentence: str
) -> None:
    here = f"/clinic/north/clients/{scooby.client}"
    async with signed_in(scooby.served, "north") as north:
        for page, action in ((f"{here}/edit", f"{here}/edit"), ("/clinic/north/clients", "/clinic/north/clients")):
            wrong = await north.submit(page, {**VALUES, field: text}, action)
            assert (wrong.status_code, sentence in text_of(wrong.text)) == (422, True), page
            assert f'value="{text}"' in wrong.text, "what was typed is kept"
        async with scooby.group.engine.begin() as connection:
            await connection.execute(update(clients).where(clients.c.id == scooby.client).values({field: text}))
        saved = await north.submit(f"{here}/edit", {**VALUES, field: text, "city": "Elgin"}, f"{here}/edit")
        assert "Saved." in text_of(saved.text)


async def test_rs5_all_that_is_wrong_with_a_client_is_said_beside_its_field_at_once(scooby: Family) -> None:
    edit, given = f"/clinic/north/clients/{scooby.client}/edit", {**VALUES, "email": "a@b", "phone": "12"}
    async with signed_in(scooby.served, "north") as north:
        for page, action in ((edit, edit), ("/clinic/north/clients", "/clinic/north/clients")):
            wrong = await north.submit(page, given, action)
            assert (wrong.status_code, wrong.text.count('aria-invalid="true"')) == (422, 2), page
            assert "E-mail address: 'a@b' is not an e-mail address" in text_of(wrong.text)


async def test_rs5_a_patients_name_finds_it_where_clients_are_looked_for(scooby: Family) -> None:
    async with signed_in(scooby.served, "south") as south:
        found = (await south.get("/clinic/south/clients?name=Scoob")).text
        assert "No client is found. Patients Scooby of Jo Hart" in text_of(found)
        assert "/clinic/south/patients/north~" in found
        assert "Scooby of Jo Hart" in text_of((await south.get("/clinic/south/clients?name=hart")).text)
        assert "Scooby" not in (await south.get("/clinic/south/clients")).text


async def test_rs5_a_client_is_found_by_telephone_e_mail_and_a_name_with_a_comma(scooby: Family) -> None:
    async with scooby.served.at("south") as south, signed_in(scooby.served, "south") as browser:
        await south.patch(f"/clients/north~{scooby.client}", json={"phone": "312.555.0161"})
        twin = await south.post("/clients", json={**VALUES, "phone": "(312) 555-0161"})
        assert twin.status_code == 201
        for typed in ("(312) 555-0161", "+1 312 555 0161", "555-0161", "Jo@mail.test", "Hart, Jo", "jo hart"):
            page = (await browser.get(f"/clinic/south/clients?name={quote(typed)}")).text
            links = page.count("/clinic/south/clients/north~") + page.count(
                f"/clinic/south/clients/{twin.json()['id']}"
            )
            assert links == 1, (typed, "one person is one client")
        for typed in ("312 555 0162", "jo@mail.example", "Hart, Al"):
            found = text_of((await browser.get(f"/clinic/south/clients?name={quote(typed)}")).text)
            assert "No client is found. Type how a name begins, or a whole telephone number" in found, typed
        by_id = await browser.get(f"/clinic/south/clients?name={quote(twin.json()['id'])}")
        assert "No client is found." not in text_of(by_id.text) and "Jo Hart" in text_of(by_id.text)


async def test_rs5_a_change_in_between_is_shown_before_it_is_replaced(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as north:
        opened = await north.get(f"{page}/edit")
        await south.patch(f"/clients/north~{scooby.client}", json={"phone": "555-0102"})
        tag = opened.text.partition('name="tag" value="')[2].partition('"')[0].replace("&#34;", '"')
        given = {**VALUES, "phone": "555-0101", "tag": tag}
        stale = await north.submit(f"{page}/edit", given, f"{page}/edit")
        assert (stale.status_code, "Now: 555-0102" in text_of(stale.text)) == (422, True)
        assert "555-0101" in stale.text, "what was typed is not lost"
        assert "555-0102" in text_of((await north.get(page)).text)
        await north.submit(f"{page}/edit", VALUES | {"phone": "555-0101"}, f"{page}/edit")
        assert "555-0101" in text_of((await north.get(page)).text)
        form = form_on((await north.get(f"{page}/edit")).text, f"{page}/edit") | VALUES | {"phone": "555-0103"}
        for _ in range(2):
            saved = await north.client.post(f"{page}/edit", data=form)
            assert "Saved. Every clinic of the client sees it." in text_of(saved.text), "also if it is sent twice"
        wrong = await north.submit(f"{page}/edit", {"given_name": " "}, f"{page}/edit")
        assert (wrong.status_code, "at least one name" in text_of(wrong.text)) == (422, True)


async def test_rs8_the_home_location_is_changed_by_who_belongs_to_both(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with signed_in(scooby.served, "north") as north:
        assert "Whoever belongs to that clinic and to the new one can change it." in text_of(
            (await north.get(f"{page}/edit")).text
        )
        for form in (f"{page}/edit", "/clinic/north/contacts", "/clinic/north/sharing"):
            asks = "sk Person of south, admin of Clinic south, to add you under People there."
            assert asks in text_of((await north.get(form)).text), form
        await north.submit(f"{page}/edit", {**VALUES, "home": "south"}, f"{page}/edit")
        assert "Home location Clinic north" in text_of((await north.get(page)).text)
        await scooby.let_in("south", "north")
        await north.submit(f"{page}/edit", {**VALUES, "home": "south"}, f"{page}/edit")
        assert "Home location Clinic south" in text_of((await north.get(page)).text)
        assert "Clinic north → Clinic south" in text_of((await north.get(f"{page}/history")).text)


async def test_rs10_older_clients_are_shared_after_a_preview(scooby: Family) -> None:
    page = "/clinic/south/clients/share"
    async with scooby.served.at("south") as program:
        older = (await program.post("/clients", json={"given_name": "Lou"})).json()["id"]
        await program.post(f"/clients/{older}/patients", json={"name": "Rex"})
    async with signed_in(scooby.served, "south") as south:
        assert "All clients are shared with Clinic west" in text_of((await south.get(f"{page}?to=west")).text)
        assert "Lou" in text_of((await south.get(f"{page}?to=north")).text)
        none = await south.get(f"{page}?to=north&look=yes")
        assert "Choose at least one client." in text_of(none.text)
        nobody = {"csrf": await south.token("/clinic/south/account"), "to": "north"}
        assert "Choose at least one client." in text_of((await south.client.post(page, data=nobody)).text)
        preview = await south.get(f"{page}?to=north&client={older}")
        assert "Lou with 1 patient and 0 medical records" in text_of(preview.text)
        assert "Clinic north will see 1 client" in text_of(preview.text)
        many = "".join(f"&client=c-{number}" for number in range(201))
        assert "At most 200 clients can be shared at once" in text_of((await south.get(f"{page}?to=north{many}")).text)
        searched = (await south.get(f"{page}?to=north&client={older}&find=yes&name=nobody")).text
        assert f'value="{older}" checked' in searched, "who was chosen stays chosen through a search"
        done = await south.submit(f"{page}?to=north&client={older}", {}, page)
        assert "1 client is shared with Clinic north" in text_of(done.text)
        assert "Lou" not in text_of((await south.get(f"{page}?to=north")).text)
    async with signed_in(scooby.served, "north") as north:
        assert "Rex" in text_of((await north.get(f"/clinic/north/clients/south~{older}")).text)


async def test_rs3_once_sharing_has_ended_the_clients_page_says_what_goes_on(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.group.engine.begin() as connection:
        await shares.remove(connection, "north", "south")
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as north:
        said = text_of((await north.get(page)).text)
        assert "Clinic south (new clients are no longer shared; this one keeps updating there)" in said
        assert "A shared client cannot be unlinked." in said and "To unlink the clinics" not in said
        assert "Sharing with Clinic south ended on " in said
        async with scooby.group.engine.begin() as connection:
            await connection.execute(update(tables.shares).values(state="requested"))
        said = text_of((await north.get(page)).text)
        assert "(new clients are not shared before sharing begins again; this one keeps updating there)" in said
        assert "Sharing with Clinic south is asked for and has not begun" in said and "To unlink" not in said
        async with scooby.group.engine.begin() as connection:
            await connection.execute(update(tables.shares).values(state="removed"))
        await south.patch(f"/clients/north~{scooby.client}", json={"phone": "555-0102"})
        assert "555-0102" in text_of((await north.get(page)).text)
        added = await north.submit("/clinic/north/clients", {"given_name": "Mia"}, "/clinic/north/clients")
        assert "The client is added." in text_of(added.text) and "Shared with" not in text_of(added.text)
        tell = {"csrf": await north.token("/clinic/north/account"), "mode": "automatic"}
        late = await north.client.post("/clinic/north/sharing/south/mode", data=tell)
        assert (late.status_code, "Sharing with this clinic has ended" in text_of(late.text)) == (422, True)


async def test_a_patient_is_added_and_a_sister_clinics_client_offered_while_the_name_is_typed(scooby: Family) -> None:
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as north:
        ann = (await south.post("/clients", json={"given_name": "Ann", "surname": "Lee"})).json()["id"]
        offered = await north.get(
            "/clinic/north/clients/suggest?given_name=ann&surname=le", headers={"HX-Request": "true"}
        )
        assert "Ann Lee Clinic south" in text_of(offered.text) and f'value="south~{ann}"' in offered.text
        page = f"/clinic/north/clients/{scooby.client}"
        shown = text_of((await north.submit(page, {"name": "Rex", "species": "dog"}, f"{page}/patients")).text)
        assert "The patient is added." in shown and "Rex" in shown
        again = {"name": " REX", "breed": "Beagle"}
        asked = await north.submit(page, again, f"{page}/patients")
        assert (asked.status_code, "Is it this one? Rex dog" in text_of(asked.text)) == (422, True)
        assert 'value="Beagle"' in asked.text, "what was typed is kept"
        added = await north.submit(page, {**again, "anyway": "yes"}, f"{page}/patients")
        assert "The patient is added." in text_of(added.text)


async def test_a_person_decides_who_is_one_client(scooby: Family) -> None:
    async with scooby.served.at("south") as south, scooby.served.at("north") as north:
        marsh = {"surname": "Marsh", "email": "marsh@mail.test"}
        own = await added(south, given_name="J", phone=None, **marsh)
        await added(north, **marsh)
        [pair] = (await south.get("/clients/duplicates")).json()["items"]
        assert pair["client"] == own
    page = "/clinic/south/clients/duplicates"
    async with signed_in(scooby.served, "south") as browser:
        assert "may be one person" in text_of((await browser.get("/clinic/south/clients")).text)
        assert "May be the same person" in text_of((await browser.get(f"/clinic/south/clients/{own}")).text)
        assert "J Marsh" in text_of((await browser.get(page)).text)
        done = await browser.submit(page, {"same": "yes"}, page)
        assert "They are one client from now on." in text_of(done.text)
        assert "Nobody waits for a decision" in text_of(done.text)
        about = f"{page}?client={own}"
        assert f'href="{about}"' in (await browser.get(f"/clinic/south/clients/{own}")).text
        assert "They are one client now. If that is wrong: Two people" in text_of((await browser.get(about)).text)
        parted = text_of((await browser.submit(about, {"same": "no"}, page)).text)
        assert (
            "They are two clients from now on." in parted and "two clients now. If that is wrong: One person" in parted
        )
        both = text_of((await browser.get("/clinic/south/clients?name=marsh")).text)
        assert "J Marsh" in both and "Jo Marsh" in both
        joined = text_of((await browser.submit(about, {"same": "yes"}, page)).text)
        assert "They are one client from now on." in joined
        assert "Jo Marsh" not in text_of((await browser.get("/clinic/south/clients?name=marsh")).text)


async def test_who_were_joined_by_the_rules_are_parted_and_joined_again(scooby: Family) -> None:
    page = "/clinic/south/clients/duplicates"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "south") as browser:
        alone = (await south.post("/clients", json={"given_name": "Lou"})).json()["id"]
        said = text_of((await browser.get(f"{page}?client={alone}")).text)
        assert "No client of a sister clinic looks like this one" in said and "Somebody at another clinic?" in said
        assert "Two clients who were both added at Clinic south cannot be joined here." in said
        own = (await south.post("/clients", json=VALUES | {"phone": "618 555 0142"})).json()["id"]
        assert (await south.get(f"/clients/north~{scooby.client}")).json()["id"] == own
        for act, ids in (
            ("no", {own, f"north~{scooby.client}"}),
            ("yes", {own}),
            ("no", {own, f"north~{scooby.client}"}),
        ):
            await browser.submit(f"{page}?client={own}", {"same": act}, page)
            assert {each["id"] for each in (await south.get("/clients?name=hart")).json()["items"]} == ids
        pets = text_of((await browser.get(f"/clinic/south/clients/{own}")).text)
        assert "Scooby" not in pets, "it is the other's"


async def test_the_preview_names_whom_sharing_joins_and_the_clinic_that_shared_knows_whom_to_ask(
    scooby: Family,
) -> None:
    page = "/clinic/south/clients/share"
    moss = {"given_name": "Pat", "surname": "Moss", "email": "pat@mail.test", "phone": "618 555 0142"}
    async with scooby.group.engine.begin() as connection:
        await shares.set_mode(connection, "north", "south", "manual")
    async with scooby.served.at("south") as south, scooby.served.at("north") as north:
        pat = (await south.post("/clients", json=moss)).json()["id"]
        lee = (await south.post("/clients", json={"given_name": "Lee", "surname": "Yo"})).json()["id"]
        unsure = await added(south, given_name="J", surname="Marsh", email="marsh@mail.test", phone=None)
        own = (await north.post("/clients", json=moss)).json()["id"]
        marsh = await added(north, surname="Marsh", email="marsh@mail.test")
        async with signed_in(scooby.served, "south") as browser:
            asked = f"{page}?to=north&client={pat}&client={unsure}&client={lee}"
            for _ in range(2):
                said = text_of((await browser.get(asked)).text)
                assert "Clinic north has Pat Moss already: they become one client at both." in said
                assert "Clinic north has somebody who may be J Marsh: a person there decides." in said
                assert "Pat Moss keeps at each clinic the name" in said
                assert "where a clinic has none, it sees the other’s" in said
                assert said.count("already: they become") == said.count("who may be") == 1
            assert (await north.get(f"/clients/south~{pat}")).status_code == 404, "looking shares nothing"
            for id, had in (
                (pat, "Clinic north had the client already: the two are one client at both now."),
                (unsure, "Clinic north may have had the client already: somebody there decides."),
                (lee, "1 client is shared with Clinic north from now on, with the patients and records. "),
            ):
                assert had in text_of((await browser.submit(f"{page}?to=north&client={id}", {}, page)).text)
            form = form_on((await browser.get(asked)).text, page) | {"client": [pat, unsure, lee]}
            said = text_of((await browser.client.post(page, data=form)).text)
            assert (
                "3 clients are shared" in said and "Clinic north had Pat Moss already: the two are one client" in said
            )
            seen = text_of((await browser.get(f"/clinic/south/clients/{pat}/history")).text)
            assert seen.count("one person from then on : the clients of Clinic north and Clinic south") == 1
            assert "two people were taken for one" in text_of((await browser.get(f"/clinic/south/clients/{pat}")).text)
            pair = {"client": marsh, "other": f"south~{unsure}", "same": True}
            assert (await north.post("/clients/duplicates", json=pair)).status_code == 200
            seen = text_of((await browser.get(f"/clinic/south/clients/{unsure}/history")).text)
            assert "one person" not in seen, "south does not see north's client"
            for about in (f"/clinic/south/clients/{unsure}", f"/clinic/south/clients/duplicates?client={unsure}"):
                said = text_of((await browser.get(about)).text)
                assert "If they are two people, ask Clinic north to choose Two people" in said, about
                assert "two people were taken for one" not in said and "looks like this one" not in said
            assert "ask Clinic north" not in text_of((await browser.get(f"/clinic/south/clients/{lee}")).text)
            await scooby.let_in("north", "south")
            for about in (f"/clinic/south/clients/{unsure}", f"/clinic/south/clients/duplicates?client={unsure}"):
                shown = (await browser.get(about)).text
                there = f"/clinic/north/clients/duplicates?client=south{quote('~')}{unsure}"
                assert f'href="{there}"' in shown and "ask Clinic north" not in text_of(shown), about
                assert "you belong to Clinic north too: open it there" in text_of(shown)
                assert "They are one client now. If that is wrong: Two people" in text_of(
                    (await browser.get(there)).text
                )
        async with signed_in(scooby.served, "north") as browser:
            assert "two people were taken for one" in text_of((await browser.get(f"/clinic/north/clients/{own}")).text)
            seen = text_of((await browser.get(f"/clinic/north/clients/{own}/history")).text)
            joined = "one person from then on : the clients of Clinic north and Clinic south"
            assert seen.count(joined) == 1 and "shared with : Clinic north" in seen
            assert "only the client that was shared" in text_of(
                (await browser.get(f"/clinic/north/clients/{marsh}")).text
            )
            about = f"/clinic/north/clients/duplicates?client={marsh}"
            parted = text_of((await browser.submit(about, {"same": "no"}, "/clinic/north/clients/duplicates")).text)
            assert "The client that Clinic north added is seen at Clinic north" in parted
            assert "the client that Clinic south added is seen at Clinic north, Clinic south and Clinic west." in parted
            assert "two people were taken for one" not in text_of(
                (await browser.get(f"/clinic/north/clients/south~{unsure}")).text
            )
            await browser.submit(about, {"same": "yes"}, "/clinic/north/clients/duplicates")
            asked = f"/clinic/north/clients/share?to=south&client={marsh}"
            link = f'href="{asked.replace("&", "&amp;")}"'
            assert link in (await browser.get(f"/clinic/north/clients/{marsh}")).text
            await browser.submit(asked, {}, "/clinic/north/clients/share")
            whole = (await browser.get(f"/clinic/north/clients/{marsh}")).text
            assert "At Clinic west only the client that was shared" in text_of(whole) and link not in whole
        async with signed_in(scooby.served, "south") as browser:
            assert "ask Clinic north" not in text_of((await browser.get(f"/clinic/south/clients/{unsure}")).text)
            for about in (pat, unsure):
                page = f"/clinic/south/clients/duplicates?client={about}"
                parted = text_of((await browser.submit(page, {"same": "no"}, "/clinic/south/clients/duplicates")).text)
                assert "is seen at" in parted, "who sees both tells them apart, whoever has joined them"


async def test_two_whom_no_rule_found_alike_are_joined_after_it_is_shown_what_follows(scooby: Family) -> None:
    page = "/clinic/south/clients/duplicates"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "south") as browser:
        own = (await south.post("/clients", json={"given_name": "Josie", "surname": "Hartmann"})).json()["id"]
        await south.post(f"/clients/{own}/patients", json={"name": "Rex", "species": "dog"})
        await south.put(f"/clients/{own}/opt-out", json={"mail": True})
        shown = f"north~{scooby.client}"
        link = f"{page}/compare?client={own}&amp;other={quote(shown)}"
        others = f"{page}/others?client={own}"
        assert f'href="{others}"' in (await browser.get(f"{page}?client={own}")).text
        said = text_of((await browser.get(others)).text)
        assert "Only clients of other clinics are found here, none that Clinic south added." in said
        assert "Clinic south sees no client of another clinic who has this name." in said
        assert "sharing is not on" not in said
        found = (await browser.get(f"{others}&name=jo")).text
        assert link in found and f"other={own}" not in found
        asked = await browser.get(link.replace("&amp;", "&"))
        said = text_of(asked.text)
        lacks = (
            "E-mail: none at Clinic south, jo@mail.test at Clinic north; Clinic south sees it, with where it is from."
        )
        for follows in (
            "Josie Hartmann as Clinic south has it",
            "Scooby",
            "Rex (dog)",
            "No e-mail is sent to either",
            lacks,
        ):
            assert follows in said, follows
        done = text_of((await browser.submit(link.replace("&amp;", "&"), {"same": "yes"}, page)).text)
        assert "They are one client from now on." in done
        joined = text_of((await browser.get(f"/clinic/south/clients/{own}")).text)
        assert "What is shared of Josie Hartmann stays shared with Clinic north" in joined
        assert "At Clinic north, Clinic west only the client that was shared is seen" in joined
        assert "Joined by Person of south. They are one client now. If that is wrong: Two people" in done
        assert "Scooby" in text_of((await browser.get(f"/clinic/south/clients/{own}")).text)
        assert "E-mail jo@mail.test (Clinic north)" in joined, "what the clinic lacks is shown as the other has it"
        parted = text_of((await browser.submit(f"{page}?client={own}", {"same": "no"}, page)).text)
        assert "They are two clients now." in parted and "Joined by" not in parted
        assert "Scooby" not in text_of((await browser.get(f"/clinic/south/clients/{own}")).text)


async def test_rs4_whom_a_sister_clinic_offers_is_named_where_others_are_looked_for(scooby: Family) -> None:
    async with scooby.served.at("south") as south, signed_in(scooby.served, "north") as browser:
        await south.post("/clients", json={"given_name": "Ann", "surname": "Lee"})
        page = f"/clinic/north/clients/duplicates/others?client={scooby.client}"
        found = (await browser.get(f"{page}&name=lee")).text
        assert "Not shared with Clinic north yet Ann Lee Clinic south" in text_of(found)
        assert "has this name" not in found
        [value] = re.findall(r'name="offered" value="([^"]+)"', found)
        taken = await browser.submit(f"{page}&name=lee", {"offered": value}, "/clinic/north/clients/take")
        assert taken.url.path.endswith("/compare") and "They are two clients: if they are one" in text_of(taken.text)
        kit = (await south.post("/clients", json={"given_name": "Kit", "surname": "Lee"})).json()["id"]
        open_since = {"csrf": await browser.token("/clinic/north/account"), "offered": f"south~{kit}"}
        async with scooby.group.engine.begin() as connection:
            await shares.remove(connection, "north", "south")
        said = text_of((await browser.get(f"{page}&name=kit")).text)
        assert "no client can be shared now, as sharing is not on: see how it stands" in said
        assert "Kit Lee" not in said and "Share here" not in said
        late = await browser.client.post("/clinic/north/clients/take", data=open_since)
        assert late.status_code == 404 and "no longer share" in late.text, "sharing ended while the page was open"
        assert 'href="/clinic/north/tasks">Tasks' in late.text and 'href="/clinic/north/clients">Go to' in late.text
        own = (await browser.submit("/clinic/north/clients", {"given_name": "Mia"}, "/clinic/north/clients")).text
        assert "no client can be shared now" in text_of(own)


async def test_who_has_the_same_name_at_another_clinic_is_listed_to_be_compared(scooby: Family) -> None:
    page = "/clinic/south/clients/duplicates"
    async with scooby.served.at("south") as south, signed_in(scooby.served, "south") as browser:
        own = (await south.post("/clients", json={"given_name": "Jo", "surname": "Hart", "phone": "555-0199"})).json()
        await south.post("/clients", json={"given_name": "Jo", "surname": "Hart", "phone": "555-0177"})
        about, shown = f"{page}?client={own['id']}", f"north~{scooby.client}"
        listed = (await browser.get(about)).text
        said = text_of(listed)
        assert "Jo Hart Added at Clinic north" in said and "looks like this one" not in said
        assert said.count("Compare") == 1, "two of one clinic are not compared"
        link = f"{page}/compare?client={own['id']}&amp;other={quote(shown)}"
        assert link in listed
        joined = text_of((await browser.submit(link.replace("&amp;", "&"), {"same": "yes"}, page)).text)
        assert "They are one client from now on." in joined and "Compare" not in joined
        parted = text_of((await browser.submit(about, {"same": "no"}, page)).text)
        assert "They are two clients from now on." in parted and "Compare" not in parted, "that is decided"
        joanna = (await south.post("/clients", json={"given_name": "Joanna", "surname": "Hart"})).json()["id"]
        said = text_of((await browser.get(f"{page}?client={joanna}")).text)
        assert "Jo Hart Added at Clinic north" in said, "the given name may be written in another form"


async def test_what_is_not_the_clinics_cannot_be_edited_or_given(scooby: Family) -> None:
    async with scooby.served.at("west") as program, signed_in(scooby.served, "west") as west:
        own = (await program.post("/clients", json={"given_name": "Lou"})).json()["id"]
        csrf = await west.token("/clinic/west/account")
        for id in (scooby.client, f"north~{scooby.client}"):
            at = f"/clinic/west/clients/{id}"
            for path in ("/edit", "/history"):
                assert (await west.get(f"{at}{path}")).status_code == 404
            for path, data in (("/edit", VALUES), ("/patients", {"name": "Rex"})):
                assert (await west.client.post(f"{at}{path}", data={"csrf": csrf, **data})).status_code == 404
            give = {"csrf": csrf, "to": "south", "client": id}
            assert (await west.client.post("/clinic/west/clients/share", data=give)).status_code == 404
            assert (await west.get(f"/clinic/west/clients/duplicates?client={id}")).status_code == 404
            assert (await west.get(f"/clinic/west/clients/duplicates/others?client={id}")).status_code == 404
            for pair in (f"client={own}&other={id}", f"client={id}&other={own}"):
                assert (await west.get(f"/clinic/west/clients/duplicates/compare?{pair}")).status_code == 404
            same = {"csrf": csrf, "client": id, "other": id, "same": "yes"}
            assert (await west.client.post("/clinic/west/clients/duplicates", data=same)).status_code == 404
        offered = await west.get("/clinic/west/clients/suggest?surname=Hart", headers={"HX-Request": "true"})
        assert "Hart" not in offered.text


async def test_rs5_sharing_joining_and_telling_apart_stay_in_the_history_of_who_may_see_it(scooby: Family) -> None:
    page = "/clinic/south/clients"
    async with scooby.served.at("south") as program, signed_in(scooby.served, "south") as south:
        own = (await program.post("/clients", json={"given_name": "Josie", "surname": "Hartmann"})).json()["id"]
        shared = f"{page}/share?to=north&client={own}"
        for _ in range(2):
            await south.submit(shared, {}, f"{page}/share")
        other = f"north~{scooby.client}"
        for same in ("yes", "no"):
            given = {"csrf": await south.token("/clinic/south/account"), "client": own, "other": other, "about": own}
            first = text_of((await south.client.post(f"{page}/duplicates", data={**given, "same": same})).text)
            again = text_of((await south.client.post(f"{page}/duplicates", data={**given, "same": same})).text)
            assert "from now on" in first and "already, by Person of south" in again, same
            assert "nothing has changed." in again
            compared = text_of((await south.get(f"{page}/duplicates/compare?client={own}&other={other}")).text)
            assert ("They are one client already." in compared) == (same == "yes")
            assert ("Are they one person?" in compared) == (same == "no")
        history = text_of((await south.get(f"{page}/{own}/history")).text)
        for entry in (
            "shared with : Clinic north Person of south at Clinic south",
            "one person from then on : the clients of Clinic north and Clinic south Person of south",
            "two people from then on : the clients of Clinic north and Clinic south Person of south",
        ):
            assert history.count(entry) == 1, (entry, history)
    async with signed_in(scooby.served, "north") as north:
        for client in (scooby.client, quote(f"south~{own}")):
            history = text_of((await north.get(f"/clinic/north/clients/{client}/history")).text)
            assert "two people from then on : the clients of Clinic north and Clinic south Person of south" in history
    async with signed_in(scooby.served, "west") as west:
        history = text_of((await west.get(f"/clinic/west/clients/{quote(f'south~{own}')}/history")).text)
        assert "shared with : Clinic north" in history and "one person" not in history, "it does not see north's client"


async def test_rs5_what_is_left_as_it_is_on_the_form_stays_at_the_sister_clinic(scooby: Family) -> None:
    """The form of one clinic shows its own values of a person: saving must not write them over the other's."""
    async with scooby.served.at("south") as south, signed_in(scooby.served, "south") as browser:
        own = (await south.post("/clients", json={"given_name": "Josie", "surname": "Hartmann"})).json()["id"]
        pair = {"client": own, "other": f"north~{scooby.client}", "same": True}
        assert (await south.post("/clients/duplicates", json=pair)).status_code == 200
        async with scooby.served.at("north") as north:
            before = (await north.get(f"/clients/{scooby.client}")).json()
            page = f"/clinic/south/clients/{own}/edit"
            given = {"given_name": "Josie", "surname": "Hartmann", "email": "", "phone": "618 555 0177"}
            saved = await browser.submit(page, given, page)
            assert "Saved." in text_of(saved.text)
            after = (await north.get(f"/clients/{scooby.client}")).json()
        assert (before["email"], after["phone"]) == (VALUES["email"], "618 555 0177")
        assert after == before | {"phone": "618 555 0177"}


async def test_rs6_an_invoice_that_a_colleague_was_paid_for_is_said_to_be_paid(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("north") as program, signed_in(scooby.served, "north") as north:
        await program.post(f"/clients/{scooby.client}/invoices", json={"amount": "7.00", "text": "Dental"})
        forms = [form_on((await north.get(page)).text, f"{page}/payments") | {"amount": "7.00"} for _ in range(2)]
        said = [text_of((await north.client.post(f"{page}/payments", data=form)).text) for form in forms]
        assert "$7.00 from Jo Hart is on record; nothing more of this invoice is open." in said[0]
        assert "It is paid already, by Person of north," in said[1] and "nothing has changed." in said[1]
        assert len(text_of((await north.get(page)).text).split("Balance here: $0.00")) == 2


async def test_nobody_is_looked_for_where_all_clinics_have_the_client_already(scooby: Family) -> None:
    async with scooby.served.at("south") as south, scooby.served.at("west") as west:
        await south.post("/clients", json=VALUES | {"surname": "Moss"})
        own = (await west.post("/clients", json=VALUES | {"surname": "Moss"})).json()["id"]
    async with signed_in(scooby.served, "west") as browser:
        said = text_of((await browser.get(f"/clinic/west/clients/duplicates?client={own}")).text)
    assert "Whom Jo Moss was compared with" in said and "They are one client now." in said
    assert "at another clinic?" not in said, "west shares with south alone"


async def test_rs4_who_adds_a_client_is_told_before_which_clinics_see_the_client(scooby: Family) -> None:
    async with signed_in(scooby.served, "north") as north, signed_in(scooby.served, "west") as west:
        said = text_of((await north.get("/clinic/north/clients")).text)
        assert "Clinic south sees this client at once; that cannot be undone ." in said
        assert "south sees" in text_of((await west.get("/clinic/west/clients")).text)
        async with scooby.group.engine.begin() as connection:
            await shares.set_mode(connection, "north", "south", "manual")
        assert "at once" not in text_of((await north.get("/clinic/north/clients")).text)


async def test_rs6_a_payment_that_is_sent_again_from_the_history_is_said_to_be_on_record(scooby: Family) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("north") as program, signed_in(scooby.served, "north") as north:
        await program.post(f"/clients/{scooby.client}/invoices", json={"amount": "25.00", "text": "Dental"})
        form = form_on((await north.get(page)).text, f"{page}/payments")
        pay = [await north.client.post(f"{page}/payments", data=form | {"amount": paid}) for paid in ("1.00", "2.00")]
        said = [text_of(each.text) for each in pay]
        assert "$1.00 from Jo Hart is on record; $24.00 of this invoice is still open." in said[0]
        assert "That payment was recorded already, $1.00 from Jo Hart, by Person of north, " in said[1]
        assert "is on record" not in said[1] and "Balance here: $24.00" in said[1]


@pytest.mark.parametrize(
    ("form", "given", "sentence"),
    [
        ("invoices", {"amount": "20.005", "about": "Dental"}, "Amount must be an amount such as 20.00."),
        ("invoices", {"amount": "1", "about": " "}, "For must not be empty."),
        ("payments", {"amount": "-1"}, "Amount must not be negative."),
        ("void", {"reason": " "}, "Reason must not be empty"),
        ("patients", {"name": " "}, "Name is missing."),
    ],
)
async def test_rs6_a_refused_form_keeps_its_page_whatever_else_the_page_asks(
    scooby: Family, form: str, given: dict[str, str], sentence: str
) -> None:
    page = f"/clinic/north/clients/{scooby.client}"
    async with scooby.served.at("north") as program, signed_in(scooby.served, "north") as north:
        await program.post(f"/clients/{scooby.client}/invoices", json={"amount": "50.00", "text": "Dental"})
        refused = await north.client.post(
            f"{page}/{form}", data=form_on((await north.get(page)).text, f"{page}/{form}") | given
        )
        assert refused.status_code == 422
        assert sentence in text_of(refused.text) and "$50.00 $50.00" in text_of(refused.text)


async def test_rs3_the_preview_of_sharing_anew_counts_who_is_not_shared_yet(scooby: Family) -> None:
    async with scooby.group.engine.begin() as connection:
        await shares.set_mode(connection, "north", "south", "manual")
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        lou = (await north.post("/clients", json={**VALUES, "given_name": "Lou"})).json()["id"]
        await north.put(f"/clients/{lou}/opt-out", json={"mail": True})
        own = (await south.post("/clients", json={**VALUES, "given_name": "Lou"})).json()["id"]
    async with scooby.group.engine.connect() as connection:
        assert await preview(connection, "north", ["south"]) == Preview(1, 1, 1, 1)
    async with scooby.group.at("north") as connection:
        assert await connection.scalar(select(func.share_client("north", lou, "south")))
    async with scooby.served.at("south") as south:
        pair = {"client": own, "other": f"north~{lou}", "same": True}
        assert (await south.post("/clients/duplicates", json=pair)).status_code == 200
    async with scooby.group.engine.connect() as connection:
        for clinic, other in (("north", "south"), ("south", "north")):
            assert await preview(connection, clinic, [other]) == Preview(0, 0, 0, 0), "they are one client at south"
    async with signed_in(scooby.served, "south") as browser:
        page = "/clinic/south/clients/duplicates"
        for same, alone in (("no", 1), ("yes", 0)):
            await browser.submit(f"{page}?client={own}", {"same": same}, page)
            async with scooby.group.engine.connect() as connection:
                shown = await preview(connection, "south", ["north"])
            listed = text_of((await browser.get("/clinic/south/clients/share?to=north")).text)
            assert (shown.clients_here, "Lou" in listed) == (alone, bool(alone)), same


async def test_rs3_who_is_not_shared_is_listed_before_sharing_begins(scooby: Family) -> None:
    async with scooby.served.at("north") as program, signed_in(scooby.served, "north") as north:
        async with scooby.group.engine.begin() as connection:
            await connection.execute(update(tables.shares).values(state="requested"))
        lou = (await program.post("/clients", json={"given_name": "Lou"})).json()["id"]
        for asked in ("", f"&client={lou}&look=yes"):
            shown = await north.get(f"/clinic/north/clients/share?to=south{asked}")
            assert "Sharing with Clinic south has not begun." in text_of(shown.text)
            assert f'href="/clinic/north/clients/{lou}"' in shown.text and "See what would be shared" not in shown.text
