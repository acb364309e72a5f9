"""Starting one practice by the form: what is wrong is one sentence, and a form that is sent twice starts one."""

from __future__ import annotations

import asyncio
import html
import re
from typing import Any

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.service import Desk
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
from tests.web.looking import PHONE, TWO_WINDOWS, look

SCRIPT = "<script>alert(1)</script>"


def filled(number: int, **more: str) -> dict[str, str]:
    """What a specialist types."""
    return {
        "playbook": "datapoint",
        "name": f"O'Brien's Vets {number}",
        "time_zone": "America/Chicago",
        "country": "US",
        "state": "IL",
        "contact_name": "Dana Reyes",
        "contact_email": f"dana@obrien-{number}.test",
        **more,
    }


def answer_to(page: str) -> str:
    """What the button says that starts it anyway."""
    [said] = re.findall(r'name="anyway" value="([^"]*)"', page)
    return html.unescape(said)


async def test_a_practice_is_started_by_whoever_is_signed_in(specialist: Browser, desk: Desk) -> None:
    number = next_number()
    given = filled(number, assignee=specialist.handle, client_count="12000", requested_at="2026-03-02T09:30")
    answer = await specialist.submit("/start", given, "/start", follow_redirects=False)
    identity = f"datapoint/obriens-vets-{number}"
    assert (answer.status_code, answer.headers["location"]) == (303, f"/onboardings/{identity}")
    said = text_of((await specialist.get(answer.headers["location"])).text)
    assert f"The onboarding of {given['name']} has started." in said
    there = (await desk.state(identity)).onboarding
    assert (there.practice.client_count, there.assignee) == (12_000, specialist.handle)
    assert there.primary_contact.email == f"dana@obrien-{number}.test"
    assert there.requested_at.isoformat() == "2026-03-02T15:30:00+00:00", "the time is read by the team's clocks"


async def test_the_mails_of_a_start_are_shown_before_it(specialist: Browser, admin: Browser) -> None:
    async def ahead(**more: str) -> str:
        given = filled(next_number(), assignee=specialist.handle) | more
        form = {**form_on((await specialist.get("/start")).text, "/start"), **given}
        return text_of((await specialist.client.post("/start/mails", data=form, headers={"HX-Request": "true"})).text)

    assert await ahead() == "No mail goes out."
    assert await ahead(contact_email="") == "Fill in the form to see which mails go out."
    two_zones = "Time zone is missing, as TX has more than one"
    assert (await ahead(time_zone="", country="US", state="TX")).startswith(two_zones)
    assert (await ahead(contact_email="dana", contact_name="")).endswith("must have an @-sign.")
    late = await ahead(requested_at="2026-03-02T09:30")
    assert late.startswith("Mail at once: escalation") and "Overdue: O'Brien's Vets" in late
    assert "do not send it yet" not in late, "it cannot be held back"
    assert re.search(rf"Assigned to:? {specialist.name}", late), "by name"
    told = await ahead(assignee=admin.handle)
    assert told.startswith("Mail at once: assigned") and re.search(r"started O'Brien's Vets \d+ for you", told)


async def test_what_is_not_filled_in_again_is_offered(specialist: Browser) -> None:
    page = (await specialist.get("/start")).text
    assert page.count(f'<option value="{specialist.handle}" selected>') == 2, "for one practice as for many"
    assert 'value="America/Chicago"' not in page.partition('id="zones"')[0], "the state tells the time zone"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"contact_email": "nowhere"}, "E-mail address: 'nowhere' is not an e-mail address"),
        ({"contact_email": ""}, "E-mail address is missing."),
        ({"name": ""}, "Name is missing."),
        ({"id": "No Blanks"}, "ID: 'No Blanks' must be"),
        ({"time_zone": "Mars/Base"}, "Time zone: There is no time zone 'Mars/Base'; give one such as"),
        ({"contact_phone": "call me"}, "Phone: 'call me' has no telephone number; write one, as in 312 555 0100"),
        ({"country": "XX"}, "Country: There is no country 'XX'"),
        ({"client_count": "many"}, "Number of clients 'many' must be a whole number."),
        ({"requested_at": "soon"}, "When the request came 'soon' must be a day of the calendar such as 2026-11-24"),
        ({"requested_at": "1950-01-01 10:00"}, "'1950-01-01 10:00' must lie in the years 2000 to 2099."),
        ({"requested_at": "2096-01-01T10:00"}, "is in the future; give the time of the request."),
        ({"playbook": "zebra"}, "There is no playbook 'zebra'; choose one of "),
    ],
)
async def test_a_mistake_is_one_sentence_and_nothing_typed_is_lost(
    specialist: Browser, change: dict[str, str], sentence: str
) -> None:
    given = filled(0, **{"contact_phone": "312 555 0117 ext. 4, ask for Jo", "id": "never-started", **change})
    answer = await specialist.submit("/start", given, "/start")
    said = text_of(answer.text.partition('role="alert">')[2].partition("</div>")[0])
    assert (answer.status_code, sentence in said) == (422, True), said
    assert f'value="{given["contact_phone"]}"' in answer.text
    assert "_" not in said and "validation" not in said
    assert (await specialist.get("/onboardings/datapoint/never-started")).status_code == 404


async def test_on_a_telephone_the_table_is_one_step_away(chromium: Chromium, signed_in: SignedIn) -> None:
    async with look(chromium, await signed_in("specialist"), size=PHONE) as seen:
        await seen.go("/start")
        await expect(seen.page.get_by_label("Table (CSV)")).not_to_be_in_viewport()
        await seen.page.get_by_role("link", name="Many, from a table").click()
        await expect(seen.page.get_by_label("Table (CSV)")).to_be_in_viewport()


async def test_all_that_is_wrong_is_said_at_once_at_its_field(chromium: Chromium, signed_in: SignedIn) -> None:
    specialist = await signed_in("specialist")
    async with look(chromium, specialist, windows=TWO_WINDOWS) as seen:
        page = seen.page
        await seen.go("/start")
        await page.get_by_label("Time zone").first.fill("Chicago")
        await page.get_by_label("State (").fill("ZZ")
        await page.get_by_label("E-mail address").fill("nowhere")
        await page.get_by_label("Phone").fill("312 555 0117")
        await page.get_by_role("button", name="Start the onboarding").click()
        alert = page.get_by_role("alert")
        await expect(alert.get_by_role("listitem")).to_have_count(5)
        wrong = page.locator("[aria-invalid=true]")
        names = [await each.get_attribute("name") for each in await wrong.all()]
        assert names == ["name", "time_zone", "state", "contact_name", "contact_email"]
        await expect(page.get_by_label("Name", exact=True)).to_be_focused()
        state = page.get_by_label("State (")
        await expect(state).to_have_value("ZZ")
        await expect(state).to_have_accessible_description(re.compile("There is no state of US 'ZZ'"))
        await expect(page.get_by_label("Phone")).to_have_value("312 555 0117")
        await alert.get_by_role("link", name="State: There is no state").click()
        await expect(state).to_be_focused()
        seen.complaints.clear()  # a refusal is told as such
        await seen.check()


async def test_half_a_date_is_not_taken_for_none(chromium: Chromium, signed_in: SignedIn) -> None:
    async with look(chromium, await signed_in("specialist")) as seen:
        await seen.go("/start")
        came = seen.page.get_by_label("When the request came")
        await came.press_sequentially("0302")
        assert await came.evaluate("field => field.validity.badInput")
        await seen.page.get_by_role("button", name="Start the onboarding").click()
        await expect(came).to_be_focused()
        await expect(seen.page.get_by_role("alert")).to_have_count(0)


async def test_a_form_that_is_sent_twice_starts_one(specialist: Browser) -> None:
    number = next_number()
    form = {**form_on((await specialist.get("/start")).text, "/start"), **filled(number)}
    answers = await asyncio.gather(
        *(specialist.client.post("/start", data=form, follow_redirects=False) for _ in range(3))
    )
    assert {(each.status_code, each.headers["location"]) for each in answers} == {
        (303, f"/onboardings/datapoint/obriens-vets-{number}")
    }
    again = text_of((await specialist.client.post("/start", data=form)).text)
    assert re.search(
        rf"The onboarding of {form['name']} has started already, on [^.]+\. Nothing was started twice\.", again
    )
    other = await specialist.client.post("/start", data={**form, "contact_name": "Somebody Else"})
    assert other.status_code == 422
    assert "This practice has an open onboarding already. If another" in text_of(other.text)
    assert "give it an ID of its own. See where it stands" in text_of(other.text)
    assert f'href="/onboardings/datapoint/obriens-vets-{number}"' in other.text


async def test_a_practice_that_is_probably_there_already_is_asked_about(specialist: Browser) -> None:
    number = next_number()
    await specialist.submit("/start", filled(number, id=f"first-{number}"), "/start")
    again = filled(number, name=f"OBriens Vets, {number}", id=f"second-{number}")
    asked = await specialist.submit("/start", again, "/start")
    assert asked.status_code == 422
    assert (
        f"It is probably there already: O'Brien's Vets {number} (datapoint/first-{number}) has the same name and e-mail"
        f" address. See where datapoint/first-{number} stands"
    ) in text_of(asked.text)
    assert (await specialist.get(f"/onboardings/datapoint/second-{number}")).status_code == 404
    assert 'button class="main"' not in asked.text, "seeing where the other stands is the main way"
    anyway = form_on(asked.text, "/start") | again | {"anyway": answer_to(asked.text)}
    answer = await specialist.client.post("/start", data=anyway)
    assert f"The onboarding of {again['name']} has started." in text_of(answer.text)


async def test_a_time_zone_that_is_none_of_the_state_is_asked_about(specialist: Browser, desk: Desk) -> None:
    number = next_number()
    typed = filled(number, id=f"zone-{number}", time_zone="America/New_York")
    asked = await specialist.submit("/start", typed, "/start")
    said = "The time zone may be wrong: IL has the clocks of America/Chicago, not of America/New_York."
    assert (asked.status_code, said in text_of(asked.text)) == (422, True)
    assert (await specialist.get(f"/onboardings/datapoint/zone-{number}")).status_code == 404
    form = form_on(asked.text, "/start") | typed
    answer = await specialist.client.post("/start", data={**form, "zone": "America/Chicago"})
    assert f"The onboarding of {typed['name']} has started." in text_of(answer.text)
    assert (await desk.state(f"datapoint/zone-{number}")).onboarding.practice.time_zone == "America/Chicago"
    other = filled(next_number(), id=f"anyway-{number}", name=f"Anyway {number}", time_zone="America/New_York")
    anyway = await specialist.client.post("/start", data=form | other | {"anyway": answer_to(asked.text)})
    assert f"The onboarding of {other['name']} has started." in text_of(anyway.text)


async def test_a_state_with_one_time_zone_needs_none(specialist: Browser, desk: Desk) -> None:
    number = next_number()
    await specialist.submit("/start", filled(number, id=f"only-{number}", time_zone="", state="California"), "/start")
    assert (await desk.state(f"datapoint/only-{number}")).onboarding.practice.time_zone == "America/Los_Angeles"
    typed = filled(number := next_number(), id=f"two-{number}", time_zone="", state="TX")
    misspelt = text_of((await specialist.submit("/start", typed | {"state": "Texs"}, "/start")).text)
    assert "did you mean TX (Texas)?" in misspelt and "Time zone is missing, as TX has more than one" in misspelt
    both = await specialist.submit("/start", typed, "/start")
    said = "Time zone is missing, as TX has more than one: give America/Chicago or America/Denver."
    assert said in text_of(both.text)
    no_such = await specialist.submit("/start", typed | {"time_zone": "Mars"}, "/start")
    for asked in (both, no_such):
        assert "Start it in America/Chicago Start it in America/Denver" in text_of(asked.text)
    chosen = form_on(both.text, "/start") | typed | {"zone": "America/Denver"}
    await specialist.client.post("/start", data=chosen)
    assert (await desk.state(f"datapoint/two-{number}")).onboarding.practice.time_zone == "America/Denver"


async def test_either_time_zone_or_state_is_needed_and_a_wrong_state_is_one_mistake(specialist: Browser) -> None:
    asked = text_of((await specialist.get("/start")).text)
    assert "Time zone (this or the state)" in asked and "State (this or the time zone)" in asked
    typed = filled(next_number(), time_zone="", state="ZZ", country="US")
    said = text_of((await specialist.submit("/start", typed, "/start")).text)
    assert "There is no state of US 'ZZ'; give its code, for example AK." in said
    assert "Time zone is missing" not in said


async def test_names_are_never_markup(specialist: Browser) -> None:
    number = next_number()
    typed = filled(number, name=SCRIPT, id=f"script-{number}", owner="{{ 7*7 }}")
    wrong = await specialist.submit("/start", {**typed, "contact_email": SCRIPT}, "/start")
    right = await specialist.submit("/start", typed, "/start")
    for page in (wrong, right):
        assert SCRIPT not in page.text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert 'value="{{ 7*7 }}"' in wrong.text


@pytest.mark.parametrize("path", ["/start", "/start/many"])
async def test_who_only_looks_starts_nothing(signed_in: SignedIn, path: str) -> None:
    viewer = await signed_in("viewer")
    assert 'href="/start"' not in (await viewer.get("/")).text
    data: dict[str, Any] = {"csrf": await viewer.token(), **filled(next_number())}
    assert (await viewer.get("/start")).status_code == 403
    assert (await viewer.client.post(path, data=data)).status_code == 403
