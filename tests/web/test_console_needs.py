"""What needs a person: each thing with why and the action at hand, gone once it is seen to."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from html import unescape

from sqlalchemy.ext.asyncio import AsyncEngine

from desk.office import Desk
from pharmacy.database import connect
from pharmacy.inbox import Arrival
from pharmacy.inbox import store as store_events
from pharmacy.settings import Settings
from tests.system.world import Practice, eventually
from tests.web.browser import Browser, form_on, next_number, text_of
from tests.web.busy_day import Busy
from tests.web.serving import serving
from web.app import create_app

SCRIPT = "<script>alert(1)</script>"


def part(page: str, name: str) -> str:
    """One section of the page, by its heading's ID; empty if it is not there."""
    found = re.search(rf'<section[^>]*aria-labelledby="{name}">.*?</section>', page, re.DOTALL)
    return found[0] if found else ""


async def test_everything_that_needs_a_person_is_there_with_why(busy: Busy) -> None:
    page = (await busy.manager.get("/needs")).text
    calls, anomalies, mails = (text_of(part(page, name)) for name in ("calls", "anomalies", "mails"))
    assert "Orchard Park Animal Hospital Jo Bell (primary contact): asks for help" in calls
    assert "Could somebody call me?" in calls
    assert "Granite Falls Vets Data received, while this is not on record: EULA accepted." in anomalies
    assert "Brook Lane Vets Refused queue confirmation to jo@brook.example, 3 hours ago" in mails
    assert "550 5.1.1 No such mailbox here" in mails
    assert "Fern Hill Pets Not certain import begun" in mails
    assert "'agent.upgraded' is not known here." in text_of(part(page, "events"))


async def test_what_is_overdue_stands_by_whose_turn_it_is_ours_first(busy: Busy) -> None:
    page = (await busy.manager.get("/needs")).text
    ours, theirs = text_of(part(page, "late-1")), text_of(part(page, "late-2"))
    assert ours.startswith("Overdue: the onboarding team Riverside Veterinary Clinic Entry in DataPoint's queue, due 7")
    assert "assigned to ana Add the practice to DataPoint's request queue now" in ours
    assert theirs.startswith("Overdue: DataPoint")
    practices = ("Maple Street Veterinary", "Cedar Creek Animal Hospital", "North Shore Pet Care")
    places = [theirs.index(each) for each in practices]
    assert places == sorted(places), "overdue longest comes first"
    assert part(page, "late-3") == ""


async def test_actions_lead_to_forms_and_who_only_looks_has_none(busy: Busy) -> None:
    page = (await busy.manager.get("/needs")).text
    links = {unescape(each) for each in re.findall(r'class="button small" href="([^"]+)"', page)}
    for practice, form in (
        ("brook-lane-vets", "commands/correct_contact"),
        ("fern-hill-pets", "commands/resend"),
        ("granite-falls-vets", "facts/eula_accepted"),
        ("granite-falls-vets", "commands/retract"),
        ("orchard-park-animal-hospital", "commands/note"),
        ("riverside-veterinary-clinic", "facts/queued"),
        ("maple-street-veterinary", "commands/extend"),
    ):
        assert f"/onboardings/datapoint/{practice}/{form}?back=/needs" in links
    assert 'class="button small"' not in (await busy.viewer.get("/needs")).text


async def test_a_quiet_day(desk: Desk, web_settings: Settings, new_database: Callable[[], str]) -> None:
    database = connect(new_database())
    async with (
        serving(create_app(Desk(desk.client, database, web_settings), web_settings), web_settings) as address,
        await Browser.of_new_person(address, database, "viewer", f"v-{next_number()}") as viewer,
    ):
        assert "Nothing needs a person" in text_of((await viewer.get("/needs")).text)
        board = text_of((await viewer.get("/")).text)
        assert "Needs a person now" not in board and "To decide" not in board
    await database.dispose()


async def test_data_without_a_eula_until_it_is_on_record(practice: Practice, specialist: Browser) -> None:
    await practice.start(name=f"Practice {practice.id} {SCRIPT}")
    await practice.record("data_received", clients=10, patients=12)

    async def page() -> str:
        return part((await specialist.get("/needs")).text, "anomalies")

    found = await eventually(page, lambda html: practice.id in html)
    assert SCRIPT not in found
    form = f"/onboardings/{practice.identity}/facts/eula_accepted"
    assert f'href="{form}?back=/needs"' in found
    asked = (await specialist.get(f"{form}?back=/needs")).text
    given = {**form_on(asked, form), "d_version": "2026-01", "d_accepted_by": "Dana Reyes"}
    answer = await specialist.client.post(form, data=given, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/needs"), "one is back where one was"
    await eventually(page, lambda html: practice.id not in html)


async def test_a_call_for_help_until_one_of_us_answers(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.command("tell", why=f"Please call {SCRIPT}", kind="help")

    async def page() -> str:
        return part((await specialist.get("/needs")).text, "calls")

    found = await eventually(page, lambda html: practice.id in html)
    assert SCRIPT not in found and f"Please call {SCRIPT}" in unescape(found)
    form = f"/onboardings/{practice.identity}/commands/note"
    await specialist.submit(f"{form}?back=/needs", {"why": "I called Dana"}, form)
    await eventually(page, lambda html: practice.id not in html)


async def test_a_refused_mail_until_the_address_is_corrected(practice: Practice, specialist: Browser) -> None:
    practice.mailbox.refused.add(practice.contact)
    await practice.start()
    await practice.record("queued")

    async def page() -> str:
        return part((await specialist.get("/needs")).text, "mails")

    found = text_of(await eventually(page, lambda html: practice.id in html))
    assert f"queue confirmation to {practice.contact}" in found
    assert "No such mailbox here" in found
    form = f"/onboardings/{practice.identity}/commands/correct_contact"
    right = f"right@{practice.id}.test"
    await specialist.submit(f"{form}?back=/needs", {"name": "Dana", "email": right, "why": "A slip"}, form)
    await practice.mailbox.wait_for(right)
    await eventually(page, lambda html: practice.id not in html)


async def test_an_event_that_fits_nowhere(specialist: Browser, database: AsyncEngine) -> None:
    event = Arrival("datapoint", f"evt_{next_number()}", SCRIPT, {}, state="refused", error=f"Refused: {SCRIPT}")
    await store_events(database, [event])
    page = (await specialist.get("/needs")).text
    assert SCRIPT not in page
    assert f"Refused: {SCRIPT}" in unescape(part(page, "events"))


async def test_the_board_names_them_and_leads_there(busy: Busy, signed_in: Callable[..., Awaitable[Browser]]) -> None:
    page = (await busy.viewer.get("/")).text
    for why, name in (
        ("Asked for something", "Orchard Park Animal Hospital"),
        ("Record incomplete", "Granite Falls Vets"),
        ("Mail did not arrive", "Brook Lane Vets"),
        ("Mail may not have arrived", "Fern Hill Pets"),
    ):
        address = f"/onboardings/datapoint/{name.lower().replace(' ', '-')}"
        assert f'<li><span class="pill bad">{why}</span> <a href="{address}">{name}</a>' in page
    assert '<a href="/needs">All of it' in page
