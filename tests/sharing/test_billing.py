"""Billing is not shared: a balance stays where it arose, and is paid there (RS6)."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from sqlalchemy import text

from pharmacy.sharing import shares
from pharmacy.sharing.shares import Progress
from pharmacy.sharing.tables import ShareState
from tests.sharing.family import Family


async def invoice(at: httpx2.AsyncClient, client: str, amount: str = "20.00") -> str:
    made = await at.post(f"/clients/{client}/invoices", json={"amount": amount, "text": "Vaccination"})
    assert made.status_code == 201, made.text
    return str(made.json()["id"])


async def test_rs6_balances_stay_where_they_arose_and_a_link_shows_the_others(scooby: Family) -> None:
    there = f"north~{scooby.client}"
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        assert (await north.get(f"/clients/{scooby.client}/balance")).json() == {"own": "0.00", "elsewhere": []}
        await invoice(north, scooby.client)
        await invoice(south, there, "7.50")
        at_north = (await north.get(f"/clients/{scooby.client}/balance")).json()
        at_south = (await south.get(f"/clients/{there}/balance")).json()
        link = f"/api/clinics/south/clients/{there}/balance"
        assert at_north == {"own": "20.00", "elsewhere": [{"clinic": "south", "amount": "7.50", "link": link}]}
        assert (at_south["own"], at_south["elsewhere"][0]["amount"]) == ("7.50", "20.00")
        assert (await south.get(f"http://127.0.0.1{link}")).json() == at_south
        assert (await north.get(f"http://127.0.0.1{link}")).status_code == 404, (
            "who works at north does not enter south"
        )


async def test_rs6_what_is_open_elsewhere_stays_seen_in_each_state_after_sharing_has_begun(scooby: Family) -> None:
    steps: list[ShareState | None] = [
        "requested",
        "enabled",
        "requested",
        "confirmed",
        "cooling_off",
        None,
        "requested",
    ]
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        await invoice(north, scooby.client)
        for number, state in enumerate(steps):
            async with scooby.group.engine.begin() as connection:
                if state == "requested":
                    await shares.remove(connection, "north", "south")
                run = "second" if number > 1 else "first"
                pair = ("north", "south")
                await shares.follow(connection, Progress("record-sharing/north", run, number, pair, state))
            # The family's sharing was set up without the time at which it was enabled.
            if number:
                balance = (await south.get(f"/clients/north~{scooby.client}/balance")).json()
                assert [each["amount"] for each in balance["elsewhere"]] == ["20.00"], (number, state)


async def test_rs6_a_payment_at_the_wrong_clinic_is_refused_with_the_way_to_the_right_one(scooby: Family) -> None:
    there = f"north~{scooby.client}"
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        payment = {"invoice": await invoice(north, scooby.client), "amount": "20.00"}
        wrong = await south.post(f"/clients/{there}/payments", json=payment)
        assert (wrong.status_code, wrong.json()["clinic"]) == (409, "north")
        right = await north.post(f"http://127.0.0.1{wrong.json()['link']}", json=payment)
        assert (right.status_code, right.json()) == (201, {**payment, "open": "0.00"})
        assert (await south.get(f"/clients/{there}/balance")).json() == {"own": "0.00", "elsewhere": []}


async def test_a_payment_with_the_same_key_is_one_payment(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        this = f"/clients/{scooby.client}"
        payment = {"invoice": await invoice(north, scooby.client), "amount": "5.00"}
        once = {"Idempotency-Key": "till-1"}
        for _ in range(2):
            answer = await north.post(f"{this}/payments", json=payment, headers=once)
            assert (answer.status_code, answer.json()["open"]) == (201, "15.00")
        # The answer may have been lost before it was kept, or be too old to be kept.
        async with scooby.group.engine.begin() as connection:
            await connection.execute(text("DELETE FROM idempotency"))
        again = await north.post(f"{this}/payments", json=payment, headers=once)
        assert (again.status_code, again.json()["open"]) == (201, "15.00")
        other = await north.post(f"{this}/payments", json={**payment, "amount": "6.00"}, headers=once)
        assert other.status_code == 409
        assert (await north.get(f"{this}/balance")).json()["own"] == "15.00"
        [listed] = (await north.get(f"{this}/invoices")).json()["items"]
        await north.post(f"{this}/payments/{listed['payments'][0]['id']}/void", json={"reason": "By mistake"})
        async with scooby.group.engine.begin() as connection:
            await connection.execute(text("DELETE FROM idempotency"))
        voided = await north.post(f"{this}/payments", json=payment, headers=once)
        assert (voided.status_code, "with this key was voided" in voided.json()["detail"]) == (422, True)
        assert (await north.get(f"{this}/balance")).json()["own"] == "20.00"


async def test_no_more_is_paid_than_is_open_also_at_the_same_moment(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        this = f"/clients/{scooby.client}"
        payment = {"invoice": await invoice(north, scooby.client), "amount": "15.00"}
        answers = await asyncio.gather(*(north.post(f"{this}/payments", json=payment) for _ in range(4)))
        assert sorted(each.status_code for each in answers) == [201, 422, 422, 422]
        refused = next(each.json() for each in answers if each.status_code == 422)
        assert refused["detail"] == "$5.00 of this invoice is open; more cannot be paid."
        [listed] = (await north.get(f"{this}/invoices")).json()["items"]
        assert (listed["amount"], listed["open"]) == ("20.00", "5.00")


@pytest.mark.parametrize("amount", ["-1.00", "0.00", "0", "1e3", "1.5", "20,00", "NaN", "100000.01", "", 20, None])
async def test_an_amount_that_is_none_is_refused(scooby: Family, amount: object) -> None:
    async with scooby.served.at("north") as north:
        this = f"/clients/{scooby.client}"
        made = await north.post(f"{this}/invoices", json={"amount": amount, "text": "x"})
        paid = await north.post(f"{this}/payments", json={"amount": amount, "invoice": "x"})
        assert (made.status_code, paid.status_code) == (422, 422)


async def test_a_payment_and_an_invoice_by_mistake_are_voided_once_and_count_nowhere(scooby: Family) -> None:
    there = f"/clients/north~{scooby.client}"
    async with scooby.served.at("north") as north, scooby.served.at("south") as south:
        this, why = f"/clients/{scooby.client}", {"reason": "Another client's."}
        made = await invoice(north, scooby.client)
        await north.post(f"{this}/payments", json={"invoice": made, "amount": "15.00"})
        [listed] = (await north.get(f"{this}/invoices")).json()["items"]
        payment = f"{this}/payments/{listed['payments'][0]['id']}/void"
        refused = await north.post(f"{this}/invoices/{made}/void", json=why)
        assert (refused.status_code, "Void its payments first" in refused.text) == (409, True)
        answers = await asyncio.gather(*(north.post(payment, json=why) for _ in range(3)))
        assert sorted(each.status_code for each in answers) == [204, 409, 409]
        assert (await south.get(f"{there}/balance")).json()["elsewhere"][0]["amount"] == "20.00"
        for _, status in (("once", 204), ("twice", 409)):
            assert (await north.post(f"{this}/invoices/{made}/void", json=why)).status_code == status
        [listed] = (await north.get(f"{this}/invoices")).json()["items"]
        assert (listed["amount"], listed["open"], listed["voided"]["reason"]) == ("20.00", "0.00", "Another client's.")
        assert [each["voided"]["reason"] for each in listed["payments"]] == ["Another client's."]
        assert (await north.get(f"{this}/balance")).json()["own"] == "0.00"
        assert (await south.get(f"{there}/balance")).json() == {"own": "0.00", "elsewhere": []}
        paid = await north.post(f"{this}/payments", json={"invoice": made, "amount": "1.00"})
        assert (paid.status_code, paid.json()["detail"]) == (422, "This invoice was voided.")
        for program, at in ((south, there), (north, this)):
            path = f"{at}/invoices/{made if program is south else 'x'}/void"
            assert (await program.post(path, json=why)).status_code == 404
        other = await invoice(north, scooby.client)
        assert (await south.post(f"{there}/invoices/{other}/void", json=why)).status_code == 404
        await north.post(f"{this}/payments", json={"invoice": other, "amount": "2.00"})
        found = (await north.get(f"{this}/invoices")).json()["items"][0]["payments"][0]["id"]
        assert (await south.post(f"{there}/payments/{found}/void", json=why)).status_code == 404
        assert (await north.post(f"{this}/payments/{found}/void", json={"reason": " "})).status_code == 422
        assert (await north.get(f"{this}/balance")).json()["own"] == "18.00"


async def test_who_does_not_share_the_client_learns_and_pays_nothing(scooby: Family) -> None:
    """West shares with south, and south with north: never transitively."""
    async with scooby.served.at("north") as north, scooby.served.at("west") as west, scooby.served.at("south") as south:
        of_north = await invoice(north, scooby.client)
        own = (await west.post("/clients", json={"surname": "West"})).json()["id"]
        of_west = await invoice(west, own)
        for client in (scooby.client, f"north~{scooby.client}", f"south~{scooby.client}"):
            assert (await west.get(f"/clients/{client}/balance")).status_code == 404
            assert (await west.get(f"/clients/{client}/invoices")).status_code == 404
            for path, body in (("invoices", {"text": "x"}), ("payments", {"invoice": of_north})):
                asked = await west.post(f"/clients/{client}/{path}", json={"amount": "1.00", **body})
                assert asked.status_code == 404
        guessed = await west.post(f"/clients/{own}/payments", json={"invoice": of_north, "amount": "1.00"})
        assert guessed.status_code == 404, "another client's"
        # South sees a client of west, which north does not.
        shared = f"/clients/west~{own}"
        assert (await south.get(f"{shared}/balance")).json()["elsewhere"][0]["clinic"] == "west"
        assert (await south.post(f"{shared}/payments", json={"invoice": of_west, "amount": "1.00"})).status_code == 409
        wrong = await south.post(f"{shared}/payments", json={"invoice": of_north, "amount": "1.00"})
        assert wrong.status_code == 404


async def test_a_wrong_query_sees_no_invoice_of_another_clinic(scooby: Family) -> None:
    async with scooby.served.at("north") as north:
        await invoice(north, scooby.client)
    elsewhere = text("SELECT count(*) FROM invoices_elsewhere(:looker, 'north', :client)")
    for clinic, looker, count in (
        ("south", "south", 1),
        ("south", "north", 0),
        ("west", "west", 0),
        ("west", "south", 0),
    ):
        async with scooby.group.at(clinic) as connection:
            assert await connection.scalar(text("SELECT count(*) FROM invoices")) == 0
            assert await connection.scalar(elsewhere, {"looker": looker, "client": scooby.client}) == count
    for statement in ("UPDATE invoices SET cents = 1", "DELETE FROM payments", "UPDATE payments SET cents = 1"):
        with pytest.raises(Exception, match="permission denied"):
            async with scooby.group.at("north") as connection:
                await connection.execute(text(statement))
