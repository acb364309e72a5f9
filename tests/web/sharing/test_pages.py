"""RS1 to RS4 in the browser: two clinics go from request to sharing, and see what would follow before."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import partial

from playbooks.record_sharing import IRREVERSIBLE
from store.accounts.members import MemberRole, Membership, put_member
from tests.system.harness import eventually
from tests.web.browser import Browser, form_on, next_number, text_of
from tests.web.clinic.conftest import Enter
from tests.web.sharing.group import Group


async def test_rs3_two_clinics_ask_look_confirm_and_share_on_their_pages(group: Group, enter: Enter) -> None:
    at = {name: f"/clinic/{group.id(name)}/sharing" for name in group.clinics}
    north, south = [await enter(group.clinics[name], group.members[name]) for name in ("north", "south")]
    assert "shares with no other clinic" in await text(north, at["north"])
    wrong = await north.submit(at["north"], {"clinics": "nowhere"}, action=f"{at['north']}/requests")
    assert (wrong.status_code, "same owner" in text_of(wrong.text)) == (422, True)
    ask = f"{at['north']}/requests"
    stale = form_on((await north.get(at["north"])).text, ask) | {"clinics": group.id("south")}
    await north.submit(at["north"], {"clinics": group.id("south")}, action=ask)
    late = (await north.client.post(ask, data=stale)).text
    assert "takes part in a request that is open" in text_of(late)
    assert 'aria-invalid="true"' not in late, "no field is wrong"

    for browser, name in ((north, "north"), (south, "south")):
        home = f"/clinic/{group.id(name)}"
        assert "See what would follow" in await text(browser, home), "the first page says that it waits for them"
        shown = await text(browser, at[name])
        assert "What would follow" in shown
        assert "It cannot be fully undone." in shown
        assert "Who will see more" in shown
        wrong = await browser.submit(at[name], {"words": "yes"}, action=f"{at[name]}/confirm")
        assert (wrong.status_code, "Type this sentence" in text_of(wrong.text)) == (422, True)
        assert 'aria-invalid="true"' in wrong.text
        words = "I understand that record sharing cannot be fully undone"
        form = form_on((await browser.get(at[name])).text, f"{at[name]}/confirm") | {"words": words}
        last = text_of((await browser.client.post(f"{at[name]}/confirm", data=form)).text)
        again = text_of((await browser.client.post(f"{at[name]}/confirm", data=form)).text)
        assert f"{group.members[name].name} has confirmed for " in again and "nothing has changed." in again
        assert "See what would follow" not in await text(browser, home)
    assert re.search("Confirmed for .*[.] Sharing begins .*, unless somebody withdraws[.]", last), (
        "the day is known now"
    )
    assert "Begins within a day" in await text(north, at["north"])
    for browser, name in ((north, "north"), (south, "south")):
        shown = (await browser.get(at[name])).text
        [begins] = re.findall('Sharing begins on <time datetime="([^"]+)"', shown)
        assert timedelta(hours=23) < datetime.fromisoformat(begins) - datetime.now(UTC) <= timedelta(hours=24)

    await group.pass_time("north", timedelta(hours=25))
    late = text_of((await south.client.post(f"{at['south']}/confirm", data=form)).text)
    assert "The request is no longer open" in late and "are shared by hand." in late
    assert "those who are added" not in late, "the same for both is said once"
    await south.submit(at["south"], {"mode": "automatic"}, action=f"{at['south']}/{group.id('north')}/mode")
    assert "at once; those who are added" in await text(south, at["south"])
    shown = await text(south, at["south"])
    assert "keep updating at both clinics" in shown and "To unlink the clinics" in shown, "said before it is ended"
    end = f"{at['south']}/{group.id('north')}/remove"
    form = form_on((await south.get(at["south"])).text, end)
    await south.client.post(end, data=form)
    shown = await text(north, at["north"])
    assert "Those that were shared before keep updating" in shown and "A shared client cannot be unlinked." in shown
    assert "To unlink the clinics" not in shown and "ended on" in shown, "that has been done"
    again = text_of((await south.client.post(end, data=form)).text)
    assert f"Sharing has ended already, by {group.members['south'].name} of " in again

    await north.submit(at["north"], {"clinics": group.id("south")}, action=f"{at['north']}/requests")
    shown = await text(north, at["north"])
    assert "Then nothing more is shared; what is shared stays shared." in shown, "sharing had been enabled before"
    late = text_of((await south.client.post(end, data=form)).text)
    assert "somebody has asked for it again; that request stays open" in late, "what the page showed ended sharing"
    assert await group.states("north") == {"south": "requested"}
    assert "is asked for and has not begun" in shown and "To unlink the clinics" not in shown
    new = shown.index("New clients : once sharing begins, clients who are added at ")
    assert new < shown.index("Type this to confirm") and "at once. Who has appeared there stays shared." in shown
    withdraw = f"{at['north']}/{group.id('south')}/remove"
    form = form_on((await north.get(at["north"])).text, withdraw)
    await north.client.post(withdraw, data=form)
    again = text_of((await north.client.post(withdraw, data=form)).text)
    assert f"The request was withdrawn already, by {group.members['north'].name} of " in again


async def test_a_request_that_was_withdrawn_on_a_page_from_before_ends_no_sharing(group: Group, enter: Enter) -> None:
    at, withdraw = (
        f"/clinic/{group.id('north')}/sharing",
        f"/clinic/{group.id('north')}/sharing/{group.id('south')}/remove",
    )
    await group.ask("north", "south")
    north = await enter(group.clinics["north"], group.members["north"])
    stale = form_on((await north.get(at)).text, withdraw)
    for name in ("north", "south"):
        await group.confirm(name)
    await group.pass_time("north", timedelta(hours=25))
    assert "The request is no longer open" in text_of((await north.client.post(withdraw, data=stale)).text)
    assert await group.states("north") == {"south": "enabled"}


async def test_rs3_who_may_confirm_at_the_other_clinic_too_is_led_there(group: Group, enter: Enter) -> None:
    at = {name: f"/clinic/{group.id(name)}/sharing" for name in group.clinics}
    await group.ask("north", "south")
    await group.confirm("north")
    person = group.members["north"]
    browser = await enter(group.clinics["north"], person)
    there = f'not yet, <a href="{at["south"]}">confirm there</a>'
    roles: tuple[tuple[MemberRole | None, bool], ...] = ((None, False), ("staff", False), ("admin", True))
    for role, led in roles:
        if role:
            given = Membership(name=person.name, role=role)
            await put_member(group.desk.database, group.id("south"), person.email, given, "test")
        assert (there in (await browser.get(at["north"])).text) == led, role
    assert "Confirm for" in await text(browser, at["south"])
    await group.confirm("south")
    assert "confirm there" not in await text(browser, at["north"])


async def test_rs3_who_has_confirmed_is_led_to_another_clinic_of_theirs(group: Group, enter: Enter) -> None:
    at = {name: f"/clinic/{group.id(name)}/sharing" for name in group.clinics}
    await group.ask("north", "south")
    person = group.members["north"]
    await put_member(
        group.desk.database, group.id("south"), person.email, Membership(name=person.name, role="admin"), "t"
    )
    browser = await enter(group.clinics["north"], person)
    await browser.get(at["north"])
    for name, led in (("north", True), ("south", False)):
        done = await browser.submit(at[name], {"words": IRREVERSIBLE}, action=f"{at[name]}/confirm")
        assert ("Confirmed for" in done.text, f'<a href="{at["south"]}">Confirm for ' in done.text) == (True, led)


async def test_the_console_names_who_asked_and_withdrew(group: Group) -> None:
    await group.ask("north", "south")
    await group.people["south"].delete(group.at("south", f"/{group.id('north')}"))
    ana = await Browser.of_new_person(group.web, group.desk.database, "admin", f"ana-{next_number()}")
    async with ana:
        name = group.members["north"].name
        for page in (f"/onboardings/{group.onboarding('north')}", f"/practices/{group.id('north')}/sharing", "/people"):
            assert "member:" not in await eventually(partial(text, ana, page), lambda shown: name in shown), page


async def text(browser: Browser, address: str) -> str:
    answer = await browser.get(address)
    assert answer.status_code == 200
    return text_of(answer.text)
