"""The pharmacy's admins give a practice an account and let its first people in, without a program."""

from __future__ import annotations

from playwright.async_api import Browser as Chromium

from store.accounts.members import members_of
from tests.web.browser import Browser, next_number, text_of
from tests.web.clinic.conftest import Linked
from tests.web.looking import TWO_WINDOWS, look

ACCOUNT = {
    "name": "Lakeside Vets",
    "owner": "Lakeside LLC",
    "account_email": "office@lakeside.test",
    "time_zone": "America/Chicago",
    "country": "US",
    "state": "",
}


async def test_an_admin_gives_a_practice_an_account_and_lets_people_in(linked_web: Linked, chromium: Chromium) -> None:
    address, desk, _ = linked_web
    id = f"lakeside-{next_number()}"
    admin = await Browser.of_new_person(address, desk.database, "admin", f"admin-{next_number()}")
    async with admin:
        wrong = await admin.submit("/clinics", {**ACCOUNT, "id": id, "time_zone": "Mars"})
        assert (wrong.status_code, "'Mars' is not a time zone" in text_of(wrong.text)) == (422, True)
        made = await admin.submit("/clinics", {**ACCOUNT, "id": id})
        assert "Lakeside Vets has an account." in text_of(made.text)
        at = f"/clinics/{id}"
        vet = {"name": "Dr. Kim Low", "email": f"kim@{id}.test", "role": "vet", "handle": "dr-low"}
        assert "Dr. Kim Low can sign in" in text_of((await admin.submit(at, vet, action=at)).text)
        taken = await admin.submit(at, {**vet, "email": f"lee@{id}.test"}, action=at)
        assert (taken.status_code, "belongs to somebody else" in text_of(taken.text)) == (422, True)
        csrf = await admin.token(at)
        await admin.client.post(f"{at}/dr-low", data={"csrf": csrf, "role": "admin"})
        await admin.client.post(f"{at}/dr-low", data={"csrf": csrf, "act": "shut-out"})
        [member] = await members_of(desk.database, id)
        assert (member.role, member.active) == ("admin", False)
        async with look(chromium, admin, windows=TWO_WINDOWS) as one:
            for path in ("/clinics", at):
                await one.go(path)
                await one.check()
