"""The pages of ezyVet's simulator, on which a demo shows what the practice's vets see."""

from __future__ import annotations

import re

import httpx2

from integrations.ezyvet.credentials_file import read_credentials_file
from tests.simulators.ezyvet.running import Client, RunningEzyvet, an_item


async def page(client: Client, query: str = "") -> str:
    return (await client.running.http.get(f"/sites/{client.site}{query}")).raise_for_status().text


async def press(client: Client, path: str, **fields: str) -> httpx2.Response:
    headers = {"sec-fetch-site": "same-origin"}
    return await client.running.http.post(path, data=fields, headers=headers, follow_redirects=True)


async def test_a_vet_sees_the_word_pending_and_none_once_it_is_dispensed(client: Client) -> None:
    uid = await client.created(external_prescription_item_list=[an_item(instructions="<b>&")])
    shown = await page(client)
    assert "<strong>PENDING</strong>" in shown
    assert "Biscuit" in shown
    assert "&lt;b&gt;&amp;" in shown
    assert 'class="button" href="https://www.ezyvet.com" target="_blank" rel="noreferrer"' in shown
    await client.update(uid, {"external_product_reference": "TestProd", "date_of_lastdispense": 1720588651})
    shown = await page(client)
    assert "PENDING" not in shown
    assert "CURRENT" not in shown
    assert "None" not in shown
    await client.call("DELETE", f"externalprescription/{uid}")
    assert "disabled</span>" in await page(client)


async def test_days_are_those_of_the_practice(ezyvet: RunningEzyvet) -> None:
    # 2024-07-09T01:30:51Z
    for site, zone, day in (
        ("west", "Pacific/Pago_Pago", "08 Jul 2024"),
        ("east", "Pacific/Kiritimati", "09 Jul 2024"),
    ):
        client = await ezyvet.signed_in(site, time_zone=zone)
        await client.created(date_of_prescription=1720488651)
        assert re.search(rf"<td>{day}<br>", await page(client))


async def test_only_the_patients_that_are_searched_for(client: Client) -> None:
    await client.created()
    assert "Test Product" in (await page(client, "?patient=bisc")).partition("Products created")[0]
    shown = await page(client, "?patient=juno")
    assert "No prescription of such a patient." in shown


async def test_the_buttons(client: Client) -> None:
    path = f"/sites/{client.site}"
    assert "the practice took the access back" in (await press(client, path, state="revoked")).text
    assert (await client.call("GET", "user")).status_code == 401
    assert (await press(client, path, state="asleep")).status_code == 409
    await press(client, path, state="live")
    await press(client, f"{path}/user/10", active="0")
    await press(client, f"{path}/animal/8", is_dead="1")
    assert (await client.create()).json()["messages"][0]["text"] == "User 10 is disabled."
    assert "Not dead" in await page(client, "?patient=juno")


async def test_the_credentials_are_those_that_the_product_reads(client: Client) -> None:
    answer = await client.running.http.get(f"/sites/{client.site}/credentials.txt")
    found = read_credentials_file(answer.content)
    assert found.values == {
        **{name: client.seeded[name] for name in ("client_id", "client_secret", "partner_id")},
        "site_uid": client.site,
    }


async def test_a_practice_is_added_by_its_name(ezyvet: RunningEzyvet) -> None:
    answer = await ezyvet.http.post("/sites", data={"name": "Lakeside Animal Hospital"}, follow_redirects=True)
    assert str(answer.url).endswith("/sites/lakeside-animal-hospital")
    assert "Lakeside Animal Hospital" in (await ezyvet.http.get("/")).text
    refused = await ezyvet.http.post("/sites", data={"name": "!"})
    assert (refused.status_code, "give the practice a name" in refused.text) == (409, True)
    foreign = await ezyvet.http.post("/sites", data={"name": "x"}, headers={"sec-fetch-site": "cross-site"})
    assert foreign.status_code == 403
    assert (await ezyvet.http.get("/sites/nobody")).status_code == 404
