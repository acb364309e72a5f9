"""The owner's page shows what is open at each clinic, and records payments at either (RS6)."""

from __future__ import annotations

import re

from pharmacy.records import owner_links
from tests.sharing.family import Family
from tests.sharing.pages import anybody
from tests.web.browser import form_on, text_of


async def test_rs6_the_owner_pays_at_either_clinic_from_one_page(scooby: Family) -> None:
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await north.post(f"/clients/{scooby.client}/invoices", json={"amount": "20.00", "text": "Vaccination"})
        there = f"/clients/north~{scooby.client}"
        for amount in ("7.50", "2.50"):
            await south.post(f"{there}/invoices", json={"amount": amount, "text": "Nail trim"})
        token = await owner_links.issue_link(scooby.group.engine, "north", scooby.client, "jo@mail.test", "sam")
        page = f"{owner_links.PATH}{token}"
        async with anybody(scooby.served) as browser:
            shown = text_of((await browser.get(page)).text)
            assert (
                "You cannot pay here: no card is asked for" in shown and "Each clinic collects its own bills." in shown
            )
            assert "$20.00 at Clinic north" in shown and "$10.00 at Clinic south" in shown
            question = await browser.submit(page, {}, f"{page}/pay/south")
            assert "We record your payment of $10.00 at Clinic south" in text_of(question.text)
            assert "Nothing is charged: we take no card and no money." in text_of(question.text)
            assert (await south.get(f"{there}/balance")).json()["own"] == "10.00", "nothing happens before the yes"
            for below in ("pay/south", "pay/south/confirm", "nothing"):
                opened = await browser.get(f"{page}/{below}")
                assert opened.status_code in (404, 405) and "To your page" in text_of(opened.text), below
                assert f'href="{page}"' in opened.text and "board" not in text_of(opened.text), below
            confirm = f"{page}/pay/south/confirm"
            assert re.search(f'action="{confirm}"', question.text)
            for _ in range(2):
                done = await browser.client.post(confirm, data=form_on(question.text, confirm))
                said = text_of(done.text)
                assert "Clinic south has your payment of $10.00 on record. Nothing was charged here" in said
            assert (await south.get(f"{there}/balance")).json()["own"] == "0.00"
            assert (await north.get(f"/clients/{scooby.client}/balance")).json()["own"] == "20.00"
            late = await browser.client.post(
                f"{page}/pay/south", data={"csrf": form_on(question.text, confirm)["csrf"]}
            )
            assert late.status_code == 409
            guessed = await browser.client.post(
                f"{page}/pay/west", data={"csrf": form_on(question.text, confirm)["csrf"]}
            )
            assert guessed.status_code == 409
            stale = await browser.submit(page, {}, f"{page}/pay/north")
            await north.post(f"/clients/{scooby.client}/invoices", json={"amount": "1.00", "text": "x"})
            confirm = f"{page}/pay/north/confirm"
            refused = await browser.client.post(confirm, data=form_on(stale.text, confirm))
            assert refused.status_code == 409
            assert (await north.get(f"/clients/{scooby.client}/balance")).json()["own"] == "21.00"
