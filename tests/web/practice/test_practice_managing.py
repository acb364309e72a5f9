"""The team's view of the links, and their end by a manager."""

from __future__ import annotations

import re

import pytest

from store.accounts import audit
from store.accounts.people import Role
from store.journal import journal
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, address_corrected, expired, member, revoked, withdrawn


async def test_a_manager_ends_the_links_of_a_role_on_record(
    registering: Clinic, phone: Browser, manager: Browser
) -> None:
    path, page = await registering.link(registering.contact), f"/links/{registering.identity}"
    seen = await manager.get(page)
    assert f"primary contact {registering.contact} queue confirmation" in text_of(seen.text)
    assert path.removeprefix("/p/") not in seen.text
    answer = await manager.submit(page, {"why": "The phone was stolen"}, f"{page}/revoke")
    assert "1 link of the primary contact ended" in text_of(answer.text)
    assert "Revoked" in text_of(answer.text)
    assert (await phone.get(path)).status_code == 410
    lines = await journal.lines(registering.desk.database, registering.identity, (await registering.show()).run)
    assert (lines[-1].name, lines[-1].by) == ("note", manager.handle)
    assert lines[-1].why == "Ended: all links of the primary contact to the practice's page. The phone was stolen"


async def test_links_of_a_closed_onboarding_are_ended_on_record_too(
    registering: Clinic, phone: Browser, manager: Browser
) -> None:
    await registering.register()
    for fact in ("technical_contact_reached", "agent_installed", "data_received"):
        await registering.record(fact)
    await registering.handle.result()
    path, page = await registering.link(registering.contact, 3), f"/links/{registering.identity}"
    assert (await phone.get(path)).status_code == 200
    await manager.submit(page, {"why": "Over"}, f"{page}/revoke")
    form = {"csrf": await manager.token(), "role": "primary_contact"}
    await manager.client.post(f"{page}/revoke", data=form)
    assert (await phone.get(path)).status_code == 410
    logged = await audit.logged(registering.desk.database)
    assert (logged[0]["by"], logged[0]["what"]) == (manager.handle, "links revoked")


@pytest.mark.parametrize("role", ["viewer", "specialist"])
async def test_others_see_them_and_cannot_end_them(registering: Clinic, phone: Browser, role: Role) -> None:
    path, page = await registering.link(registering.contact), f"/links/{registering.identity}"
    async with await member(registering, role) as one:
        assert "Valid" in text_of((await one.get(page)).text)
        form = {"csrf": await one.token(), "role": "primary_contact"}
        assert (await one.client.post(f"{page}/revoke", data=form)).status_code == 403
    assert (await phone.get(path)).status_code == 200


async def test_nobody_else_sees_them(registering: Clinic, phone: Browser) -> None:
    answer = await phone.get(f"/links/{registering.identity}", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"].startswith("/sign-in")) == (303, True)


async def test_what_is_wrong_is_said(registering: Clinic, manager: Browser) -> None:
    page = f"/links/{registering.identity}/revoke"
    csrf = await manager.token()
    for form, sentence in (
        ({"role": "team"}, "Choose whose links are to end"),
        ({"role": "primary_contact", "why": "\x00"}, "must not contain control characters"),
        ({"role": "primary_contact", "why": "x" * 1001}, "Why has 1,001 characters, and at most 1,000 fit"),
    ):
        answer = await manager.client.post(page, data={**form, "csrf": csrf})
        assert (answer.status_code, sentence in text_of(answer.text)) == (422, True)
    assert (await manager.get("/links/datapoint/never-was")).status_code == 404
    assert (await manager.get("/links/nonsense/never-was")).status_code == 404


ENDS = {"Expired": expired, "Revoked": revoked, "Replaced": address_corrected}


async def told(manager: Browser, clinic: Clinic) -> set[str]:
    """What the team's page says of the practice's links."""
    rows = re.findall(r"<tr\b.*?</tr>", (await manager.get(f"/links/{clinic.identity}")).text, re.DOTALL)
    said = [text_of(row) for row in rows if clinic.contact in text_of(row)]
    assert said
    return {state for state in (*ENDS, "Valid") for row in said if state in row}


@pytest.mark.parametrize("state", ENDS)
async def test_the_team_is_told_what_the_door_does(
    registering: Clinic, phone: Browser, manager: Browser, state: str
) -> None:
    path = await registering.link(registering.contact)
    assert ((await phone.get(path)).status_code, await told(manager, registering)) == (200, {"Valid"})
    await ENDS[state](registering)
    assert ((await phone.get(path)).status_code, await told(manager, registering)) == (410, {state})


async def test_no_link_of_a_withdrawn_onboarding_is_told_to_be_good(
    registering: Clinic, phone: Browser, manager: Browser
) -> None:
    path = await registering.link(registering.contact)
    await withdrawn(registering)
    assert ((await phone.get(path)).status_code, await told(manager, registering)) == (410, {"Replaced"})


async def test_whoever_holds_the_role_again_gets_in_again_but_not_by_what_was_revoked(
    registering: Clinic, phone: Browser, manager: Browser
) -> None:
    path, email = await registering.link(registering.contact), registering.contact
    await address_corrected(registering)
    assert (await phone.get(path)).status_code == 410
    await registering.command("correct_contact", contact={"email": email})
    assert ((await phone.get(path)).status_code, await told(manager, registering)) == (200, {"Valid"})
    await revoked(registering)
    await address_corrected(registering)
    await registering.command("correct_contact", contact={"email": email})
    assert (await phone.get(path)).status_code == 410


async def test_a_replaced_link_is_told_as_such(registering: Clinic, manager: Browser) -> None:
    page = f"/links/{registering.identity}"
    await registering.link(registering.contact)
    await registering.command("correct_contact", contact={"email": f"new@{registering.id}.test"})
    assert "Replaced" in text_of((await manager.get(page)).text)
