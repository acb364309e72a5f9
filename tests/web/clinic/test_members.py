"""Practice accounts are let in by the pharmacy, sign in by a link from a mail, and have a role at each practice."""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import quote

import httpx2
import pytest

from store.accounts import one_time_links
from store.accounts.members import memberships_by_token, memberships_of, vets_decided_for
from store.accounts.tokens import new_secret
from tests.mailing import bodies
from tests.system.harness import Mailbox
from tests.web.browser import PASSWORD, Browser, form_on, next_number, text_of
from tests.web.clinic.conftest import Enter
from tests.web.clinic.staff import Clinic
from tests.web.programs import program

CLINIC = {
    "name": "Riverside Veterinary Clinic",
    "owner": "Riverside Pet Health LLC",
    "account_email": "office@riverside.test",
    "time_zone": "America/Chicago",
    "country": "US",
    "state": "IL",
}
VET = {"name": "Dr. Robin Ames", "role": "vet", "active": True}


async def test_the_pharmacy_lets_a_vet_in_who_chooses_a_password_and_later_another(
    pharmacy: httpx2.AsyncClient, anybody: Browser, mailbox: tuple[Mailbox, int]
) -> None:
    id = f"new-clinic-{next_number()}"
    email = f"Robin.Ames@{id}.test"
    at = f"/api/clinics/{id}"
    assert (await pharmacy.put(f"{at}/members/{email}", json=VET)).status_code == 404
    for _ in range(2):
        assert (await pharmacy.put(at, json=CLINIC)).status_code == 204
        assert (await pharmacy.put(f"{at}/members/{email}", json=VET)).status_code == 204
    invitation = bodies((await mailbox[0].wait_for(email))[0])[0]
    assert "You can sign in for Riverside Veterinary Clinic" in invitation

    await anybody.submit(link_in(invitation), {"password": PASSWORD})
    assert "Dr. Robin Ames" in text_of((await anybody.get(f"/clinic/{id}/account")).text)
    assert (await anybody.get(link_in(invitation))).status_code == 410

    await anybody.client.post("/members/sign-out", data={"csrf": await anybody.token(f"/clinic/{id}/account")})
    assert "Sign in" in (await anybody.get(f"/clinic/{id}/account")).text
    answer = await anybody.submit("/members/new-password", {"email": email.lower()})
    assert "is on its way" in text_of(answer.text)
    mails = await mailbox[0].wait_for(email, 2)
    assert len(mails) == 2, "one invitation, however often the pharmacy says the same"
    await anybody.submit(link_in(bodies(mails[1])[0]), {"password": "another horse battery staple"})
    await anybody.client.post("/members/sign-out", data={"csrf": await anybody.token(f"/clinic/{id}/account")})
    old = await anybody.submit("/members/sign-in", {"name": email, "password": PASSWORD})
    assert (old.status_code, "The e-mail address or password is wrong." in text_of(old.text)) == (422, True)
    await anybody.submit("/members/sign-in", {"name": email, "password": "another horse battery staple"})
    assert (await anybody.get(f"/clinic/{id}/account")).status_code == 200


def link_in(mail: str) -> str:
    (path,) = re.findall(r"https?://[^/\s]+(/members/welcome/\S+)", mail)
    return str(path)


async def test_who_was_switched_off_before_the_first_visit_is_told_so_and_asked_for_nothing(
    clinic: Clinic, anybody: Browser
) -> None:
    nina, secret = await clinic.member("staff"), new_secret()
    await one_time_links.member_link(clinic.database, replace(nina.account, has_password=False), secret, "test")
    page = f"{one_time_links.MEMBER_PATH}{secret}"
    asked = await anybody.get(page)
    form = form_on(asked.text, None) | {"password": PASSWORD}
    assert f"Welcome, {nina.name}" in text_of(asked.text)
    await clinic.member("staff", nina.email, active=False)
    for answer in (await anybody.get(page), await anybody.client.post(page, data=form)):
        said = text_of(answer.text)
        assert (answer.status_code, f"Your access to {nina.clinic_name} was switched off." in said) == (403, True)
        assert "Welcome" not in said and 'type="password"' not in answer.text
    await clinic.member("staff", nina.email)
    assert f"Welcome, {nina.name}" in text_of((await anybody.get(page)).text)


async def test_an_unknown_address_gets_the_same_answer(anybody: Browser) -> None:
    answer = await anybody.submit("/members/new-password", {"email": "nobody@nowhere.test"})
    assert "is on its way" in text_of(answer.text)


async def test_guessing_a_password_is_slowed_down_as_on_the_teams_side(
    clinic: Clinic, enter: Enter, anybody: Browser
) -> None:
    vet = await clinic.member("vet")
    await enter(clinic, vet)
    statuses = []
    for number in range(7):
        answer = await anybody.submit("/members/sign-in", {"name": vet.email, "password": f"no, number {number}"})
        statuses.append(answer.status_code)
    assert statuses[:6] == [422] * 6 and statuses[6] == 429


async def test_one_person_has_a_role_at_each_practice_and_one_password(clinic: Clinic, enter: Enter) -> None:
    other = await Clinic.new(clinic.web, clinic.database)
    vet = await clinic.member("vet")
    browser = await enter(clinic, vet)
    owner = await other.member("owner", vet.email)
    assert owner.person == vet.person
    assert [each.role for each in await memberships_of(clinic.database, vet.person)] == ["vet", "owner"]
    assert text_of((await browser.get("/clinic")).text).count("Clinic clinic-") == 2
    assert (await browser.get(f"{clinic.at}/people")).status_code == 403
    assert (await browser.get(f"{other.at}/people")).status_code == 200


async def test_who_left_is_out_at_once_there_and_stays_in_elsewhere(
    clinic: Clinic, enter: Enter, pharmacy: httpx2.AsyncClient
) -> None:
    other = await Clinic.new(clinic.web, clinic.database)
    vet = await clinic.member("vet")
    browser = await enter(clinic, vet)
    await other.member("staff", vet.email)
    made = await pharmacy.post(f"/api/clinics/{clinic.id}/members/{vet.email}/tokens")
    assert made.status_code == 201
    await clinic.member("vet", vet.email, active=False)
    assert (await browser.get(f"{clinic.at}/account")).status_code == 404
    assert (await browser.get(f"{other.at}/account")).status_code == 200
    assert (await pharmacy.post(f"/api/clinics/{clinic.id}/members/{vet.email}/tokens")).status_code == 404
    await other.member("staff", vet.email, active=False)
    assert "Sign in" in (await browser.get("/clinic")).text
    assert await memberships_by_token(clinic.database, made.json()["token"]) == []


async def test_a_member_token_is_worth_nothing_for_the_team(clinic: Clinic, pharmacy: httpx2.AsyncClient) -> None:
    owner = await clinic.member("owner")
    token = (await pharmacy.post(f"/api/clinics/{clinic.id}/members/{owner.email}/tokens")).json()["token"]
    assert [each.person for each in await memberships_by_token(clinic.database, token)] == [owner.person]
    async with program(clinic.web, token) as theirs:
        assert (await theirs.get("/api/onboardings")).status_code == 401
        assert (await theirs.get(f"/api/clinics/{clinic.id}/members")).status_code == 401


async def test_a_handle_names_one_person_within_a_practice(clinic: Clinic, pharmacy: httpx2.AsyncClient) -> None:
    first = await clinic.member("vet", f"r.ames@{clinic.id}.test")
    second = await clinic.member("vet", f"R.Ames@other-{clinic.id}.test")
    assert (first.handle, second.handle) == ("r.ames", "r.ames-2")
    at = f"/api/clinics/{clinic.id}/members"
    taken = await pharmacy.put(f"{at}/kim@{clinic.id}.test", json=VET | {"handle": "r.ames"})
    assert (taken.status_code, "belongs to somebody else" in taken.json()["detail"]) == (422, True)
    # Payments and records say "owner" of a pet's owner.
    reserved = await pharmacy.put(f"{at}/kim@{clinic.id}.test", json=VET | {"handle": "owner"})
    assert (reserved.status_code, "does not stand for a person" in reserved.json()["detail"]) == (422, True)
    boss = await clinic.member("owner", f"owner@{clinic.id}.test")
    assert boss.handle == "owner-2"
    renamed = await pharmacy.put(f"{at}/{first.email}", json=VET | {"handle": "robin"})
    assert (renamed.status_code, "prescriptions use that handle" in renamed.json()["detail"]) == (422, True)
    assert (await pharmacy.put(f"{at}/kim@{clinic.id}.test", json=VET | {"handle": "dr-kim"})).status_code == 204
    listed = (await pharmacy.get(at)).json()["items"]
    assert {each["handle"] for each in listed} == {"r.ames", "r.ames-2", "owner-2", "dr-kim"}


@pytest.mark.parametrize("body", [VET | {"role": "manager"}, VET | {"name": ""}, {"role": "vet"}, VET | {"active": 1}])
async def test_a_wrong_membership_is_refused(
    clinic: Clinic, pharmacy: httpx2.AsyncClient, body: dict[str, object]
) -> None:
    answer = await pharmacy.put(f"/api/clinics/{clinic.id}/members/x@{clinic.id}.test", json=body)
    assert answer.status_code == 422
    assert (await pharmacy.put(f"/api/clinics/{clinic.id}/members/no-address", json=VET)).status_code == 422


async def test_an_admin_lets_people_in_and_only_an_owner_makes_owners(clinic: Clinic, enter: Enter) -> None:
    owner, admin = await clinic.member("owner"), await clinic.member("admin")
    browser = await enter(clinic, admin)
    people = f"{clinic.at}/people"
    email = f"new@{clinic.id}.test"
    answer = await browser.submit(people, {"name": "Kim Low", "email": email, "role": "vet"})
    assert "Kim Low may sign in" in text_of(answer.text)
    assert "Then Kim Low is: staff : sees prescriptions" in text_of(answer.text), "said before a role is changed"
    again = await browser.submit(people, {"name": "Kim Low", "email": email, "role": "staff"})
    assert f"{email} belongs to Kim Low, who is on the list as vet" in text_of(again.text)
    own = await browser.submit(people, {"name": admin.name, "email": admin.email.upper(), "role": "owner"})
    assert "You are in the list above already, as admin" in text_of(own.text)
    other = await Clinic.new(clinic.web, clinic.database)
    known = await other.member("vet")
    answer = await browser.submit(people, {"name": "Another Name", "email": known.email, "role": "staff"})
    assert f"{known.email} is already known as {known.name}: that name stays" in text_of(answer.text)
    assert "Another Name" not in text_of(answer.text)
    for path, data in (
        (people, {"name": "X", "email": f"x@{clinic.id}.test", "role": "owner"}),
        (f"{people}/{owner.handle}", {"act": "shut-out"}),
        (f"{people}/new", {"role": "owner"}),
    ):
        csrf = await browser.token(people)
        assert (await browser.client.post(path, data={"csrf": csrf, **data})).status_code == 403, path
    own = await browser.client.post(
        f"{people}/{admin.handle}", data={"csrf": await browser.token(people), "role": "owner"}
    )
    assert own.status_code == 422
    await browser.client.post(f"{people}/new", data={"csrf": await browser.token(people), "act": "shut-out"})
    assert "Deactivated" in text_of((await browser.get(people)).text)


async def test_who_is_deactivated_is_reactivated_on_purpose_only(
    clinic: Clinic, enter: Enter, pharmacy: httpx2.AsyncClient
) -> None:
    tess = await clinic.member("vet")
    browser = await enter(clinic, await clinic.member("admin"))
    people, at = f"{clinic.at}/people", f"/api/clinics/{clinic.id}/members"
    await clinic.member("vet", tess.email, active=False)
    why = f"{tess.email} belongs to {tess.name}, who is on the list as vet and deactivated: "
    answer = await browser.submit(people, {"name": "Tess Ray", "email": tess.email, "role": "staff"})
    assert (answer.status_code, f"{why}press Reactivate there." in text_of(answer.text)) == (422, True)
    refused = await pharmacy.put(f"{at}/{tess.email}", json={"name": "Tess Ray", "role": "staff"})
    assert (refused.status_code, f"{why}give active as true" in refused.json()["detail"]) == (422, True)
    listed = {each["handle"]: each for each in (await pharmacy.get(at)).json()["items"]}
    assert [listed[tess.handle][name] for name in ("name", "role", "active")] == [tess.name, "vet", False]
    again = await browser.submit(people, {"act": "let-in"}, f"{people}/{tess.handle}")
    assert f"{tess.name} can enter {tess.clinic_name} again, as a vet." in text_of(again.text)
    await clinic.member("vet", tess.email, active=False)
    given = {"name": tess.name, "role": "staff", "active": True}
    assert (await pharmacy.put(f"{at}/{tess.email}", json=given)).status_code == 204


async def test_a_vet_names_delegates_and_nobody_else_does(clinic: Clinic, enter: Enter) -> None:
    vet, staff = await clinic.member("vet"), await clinic.member("staff")
    browser = await enter(clinic, vet)
    answer = await browser.submit(
        f"{clinic.at}/account", {"delegate": [staff.handle]}, action=f"{clinic.at}/account/delegates"
    )
    assert f"Saved: {staff.name} decides in your name." in text_of(answer.text)
    assert await vets_decided_for(clinic.database, staff) == {vet.handle}
    await clinic.member("admin", vet.email)
    assert await vets_decided_for(clinic.database, staff) == set(), "who is no vet decides nothing, and lets nobody"
    await clinic.member("vet", vet.email)
    other = await enter(clinic, staff)
    csrf = await other.token(f"{clinic.at}/account")
    refused = await other.client.post(f"{clinic.at}/account/delegates", data={"csrf": csrf, "delegate": vet.handle})
    assert (refused.status_code, "Only a vet names delegates" in text_of(refused.text)) == (422, True)


async def test_whoever_signs_in_where_another_person_left_a_page_gets_to_their_own_clinics(
    clinic: Clinic, enter: Enter, anybody: Browser
) -> None:
    other = await Clinic.new(clinic.web, clinic.database)
    second = await other.member("staff")
    await enter(other, second)
    left = f"{clinic.at}/tasks?whose=all"
    assert "Sign in" in text_of((await anybody.get(left)).text), "as with the browser's Back after signing out"
    page = f"/members/sign-in?next={quote(left)}"
    answer = await anybody.submit(page, {"name": second.email, "password": PASSWORD}, "/members/sign-in")
    assert (answer.status_code, answer.url.path) == (200, other.at)
    assert "a clinic that you do not belong to, so your own opened instead" in text_of(answer.text)
    assert (await anybody.get(page)).url.path == other.at, "also who is signed in already"
    await anybody.client.post("/members/sign-out", data={"csrf": await anybody.token(f"{other.at}/account")})
    mine = f"/members/sign-in?next={quote(f'{other.at}/account')}"
    answer = await anybody.submit(mine, {"name": second.email, "password": PASSWORD}, "/members/sign-in")
    assert (answer.url.path, "your own opened" in text_of(answer.text)) == (f"{other.at}/account", False)
