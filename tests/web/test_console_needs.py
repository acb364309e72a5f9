"""What needs a person: each thing with why and the action at hand, gone once it is seen to."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from urllib.parse import quote

from sqlalchemy.ext.asyncio import AsyncEngine

from configuration.settings import Settings
from desk.service import Desk
from store.database import connect
from store.inbox.inbox import Arrival
from store.inbox.inbox import store as store_events
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, SignedIn, form_on, next_number, text_of
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
    calls, anomalies, mails = (text_of(part(page, name)) for name in ("call", "missing", "mail"))
    assert "Orchard Park Animal Hospital Asked for something Jo Bell (primary contact): asks for help" in calls
    assert "Could somebody call me?" in calls
    assert "Granite Falls Vets Record incomplete Data received, but this is not on record: EULA accepted." in anomalies
    assert "Brook Lane Vets Mail did not arrive Queue confirmation to jo@brook.example: 550 5.1.1 No such" in mails
    assert "Fern Hill Pets Mail may not have arrived Import begun" in mails
    assert "'agent.upgraded' is not known." in text_of(part(page, "events"))


async def test_what_is_overdue_comes_first_and_longest_overdue_before_all(busy: Busy) -> None:
    page = (await busy.manager.get("/needs")).text
    assert re.findall(r'<h2 id="([a-z]+)"', page)[:3] == ["overdue", "call", "ours"]
    late = text_of(part(page, "overdue"))
    practices = (
        "Maple Street Veterinary",
        "Cedar Creek Animal Hospital",
        "Riverside Veterinary Clinic",
        "North Shore Pet Care",
    )
    places = [late.index(each) for each in practices]
    assert places == sorted(places)
    said = (
        "Riverside Veterinary Clinic Overdue Entry in DataPoint's queue due 7 hours ago , assigned to Ana Ruiz To do:"
    )
    assert said in late
    assert "Bayou Cat Hospital Our turn Entry in DataPoint's queue since" in text_of(part(page, "ours"))


async def test_actions_lead_to_forms_and_who_only_looks_has_none(busy: Busy) -> None:
    page = (await busy.manager.get("/needs")).text
    links = {unescape(each) for each in re.findall(r'class="button (?:main )?small" href="([^"]+)"', page)}
    for practice, form in (
        ("brook-lane-vets", "commands/correct_contact"),
        ("granite-falls-vets", "facts/eula_accepted"),
        ("orchard-park-animal-hospital", "commands/note"),
        ("riverside-veterinary-clinic", "facts/queued"),
        ("maple-street-veterinary", "commands/extend"),
    ):
        assert f"/onboardings/datapoint/{practice}/{form}?back=/needs" in links
    assert "/onboardings/datapoint/granite-falls-vets/commands/retract?fact=data_received&back=/needs" in links
    ask = "/onboardings/datapoint/riverside-veterinary-clinic#partner"
    assert f'<a class="button main small" href="{ask}">Go to “Ask for a place”</a>' in page, "asking comes first"
    record = "Show the form: In DataPoint's request queue (only if somebody has asked already)"
    assert f"Go to “Ask for a place” {record}" in text_of(page)
    assert any(each.startswith("/onboardings/datapoint/fern-hill-pets/commands/resend?mail=") for each in links)
    assert 'class="button small"' not in (await busy.viewer.get("/needs")).text


async def test_a_quiet_day(desk: Desk, web_settings: Settings, new_database: Callable[[], str]) -> None:
    database = connect(new_database())
    async with (
        serving(create_app(Desk(desk.client, database, web_settings), web_settings), web_settings) as address,
        await Browser.of_new_person(address, database, "viewer", f"v-{next_number()}") as viewer,
    ):
        assert "Nothing needs a person" in text_of((await viewer.get("/needs")).text)
        board = text_of((await viewer.get("/")).text)
        assert "Needs a person now" not in board
    await database.dispose()


async def test_data_without_a_eula_until_it_is_on_record(practice: Practice, specialist: Browser) -> None:
    await practice.start(name=f"Practice {practice.id} {SCRIPT}")
    await practice.record("data_received", clients=10, patients=12)

    async def missing() -> str:
        return part((await specialist.get("/needs")).text, "missing")

    found = await eventually(missing, lambda html: practice.id in html)
    assert SCRIPT not in found
    form = f"/onboardings/{practice.identity}/facts/eula_accepted"
    assert f'href="{form}?back=/needs"' in found
    asked = (await specialist.get(f"{form}?back=/needs")).text
    given = {**form_on(asked, form), "d_version": "2026-01", "d_accepted_by": "Dana Reyes"}
    answer = await specialist.client.post(form, data=given, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/needs"), "one is back where one was"
    told = (
        f'<a href="/onboardings/{practice.identity}">To Practice {practice.id} {SCRIPT}, where you can take it back</a>'
    )
    assert told in unescape(page := (await specialist.get("/needs")).text) and SCRIPT not in page
    await eventually(missing, lambda html: practice.id not in html)


async def test_what_the_partner_has_to_be_told_until_it_was(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.mailbox.wait_for(practice.contact)
    new = f"d.reyes@{practice.id}.test"
    await practice.command("correct_contact", contact={"email": new})
    home, form = f"/onboardings/{practice.identity}", f"/onboardings/{practice.identity}/facts/contact_known"

    async def listed() -> str:
        return part((await specialist.get(f"/needs?q={practice.id}")).text, "partner")

    said = text_of(await eventually(listed, lambda html: practice.id in html))
    assert f"Tell DataPoint DataPoint may still write to {practice.contact}." in said
    assert f"To do: Ask DataPoint to write to {new}." in said
    assert f"Ask DataPoint to write to {new}." in text_of((await specialist.get(home)).text).partition("Journal")[0]
    done = await specialist.submit(f"/needs?q={practice.id}", {}, form)
    assert done.url.path == "/needs"
    assert "Recorded: DataPoint was told of the contact (primary contact)." in text_of(done.text)
    page = (await specialist.get(home)).text
    assert form not in part(page, "now"), "it is gone there before the journal has it"
    await eventually(listed, lambda html: practice.id not in html)

    back = f"{home}/commands/retract"
    slip = {"fact": "contact_known primary contact", "why": "It was another"}
    assert "Taken back: " in text_of((await specialist.submit(back, slip, back)).text)
    await eventually(listed, lambda html: practice.id in html)


async def test_a_contact_whom_the_practice_has_to_name_is_asked_of_the_practice(
    practice: Practice, specialist: Browser
) -> None:
    await practice.start()
    for fact in ("queued", "invitation_sent"):
        await practice.record(fact)
    for name in ("Lee Park", "Kim Vale"):
        email = f"{name[:3].lower()}@{practice.id}.test"
        await practice.record("technical_contact_designated", name=name, email=email)

    async def listed() -> str:
        return text_of(part((await specialist.get(f"/needs?q={practice.id}")).text, "named"))

    said = await eventually(listed, lambda text: "Kim Vale" in text)
    assert "Contacts whom a partner does not know" in said and "Ask the practice DataPoint contacts only" in said
    assert "Tell DataPoint" not in said


async def test_whom_to_ask_at_the_partner_and_that_it_was_asked(practice: Practice, asking: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.forward(timedelta(days=4))
    home = f"/onboardings/{practice.identity}"

    async def shown() -> str:
        return part((await asking.get(home)).text, "now")

    to_do = await eventually(shown, lambda html: "Ask DataPoint whether" in text_of(html))
    subject = quote(f"Practice {practice.id} ({practice.id})")
    assert f'href="mailto:help@datapoint.test?subject={subject}&amp;body=Hello' in to_do
    assert "DataPoint: help@datapoint.test , (312) 555-0188" in text_of(to_do)
    await asking.client.post(f"{home}/commands/note", data=form_on(to_do, f"{home}/commands/note"))
    assert "Asked on" not in text_of(to_do)
    await eventually(shown, lambda html: re.search(rf"Asked on .+ by {asking.name}\.", text_of(html)) is not None)
    assert "Ask DataPoint whether" not in text_of(await shown()), "now the answer is awaited"
    listed = part((await asking.get(f"/needs?q={practice.id}")).text, "overdue")
    assert re.search(rf"Asked on .+ by {asking.name}\.", text_of(listed)), "a colleague need not ask again"
    assert "To do: Wait for DataPoint's answer, and ask again if none comes." in text_of(listed)
    assert "We have asked DataPoint again" in listed and "mailto:help@datapoint.test" in listed


async def test_a_call_for_help_until_one_of_us_answers(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.command("tell", why=f"Please call {SCRIPT}", kind="help")

    async def page() -> str:
        return part((await specialist.get(f"/needs?q={practice.id}")).text, "call")

    found = await eventually(page, lambda html: practice.id in html)
    assert SCRIPT not in found and f"Please call {SCRIPT}" in unescape(found)
    form = f"/onboardings/{practice.identity}/commands/note"
    await specialist.submit(f"{form}?back=/needs", {"why": "I called Dana"}, form)
    await eventually(page, lambda html: practice.id not in html)


async def test_every_request_of_every_contact_until_it_is_settled(practice: Practice, specialist: Browser) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.record("technical_contact_designated", name="Lee Park", email=f"lee@{practice.id}.test")
    people = {"technical_contact": f"lee@{practice.id}.test", "primary_contact": practice.contact}
    for why in ("Where is the form?", "Which server?"):
        await practice.command("tell", why=why, kind="Dana asks for help")
    for role, email in people.items():
        said = {"role": role, "contact": {"email": email}, "reply": "declined"}
        await practice.command("tell", why=f"Not the {role}", kind="Somebody is not the right person", **said)

    async def page() -> str:
        return unescape(part((await specialist.get(f"/needs?q={practice.id}")).text, "call"))

    found = await eventually(page, lambda html: html.count(f"/onboardings/{practice.identity}/") >= 4)
    for why in ("Where is the form?", "Which server?", "Not the technical_contact", "Not the primary_contact"):
        assert why in found
    form = f"/onboardings/{practice.identity}/commands/note"
    await specialist.submit(f"{form}?back=/needs", {"why": "I called Dana"}, form)
    found = await eventually(page, lambda html: "Which server?" not in html)
    assert "Not the technical_contact" in found and "Not the primary_contact" in found
    await practice.record("technical_contact_designated", name="Uma Cho", email=f"uma@{practice.id}.test")
    await eventually(page, lambda html: "Not the technical_contact" not in html)
    await practice.command("correct_contact", contact={"name": "Max Bell", "email": f"max@{practice.id}.test"})
    await eventually(page, lambda html: practice.id not in html)


async def test_a_refused_mail_until_the_address_is_corrected(practice: Practice, specialist: Browser) -> None:
    practice.mailbox.refused.add(practice.contact)
    await practice.start()
    await practice.record("queued")

    async def page() -> str:
        return part((await specialist.get(f"/needs?q={practice.id}")).text, "mail")

    found = text_of(await eventually(page, lambda html: practice.id in html))
    assert f"Queue confirmation to {practice.contact}" in found
    assert "No such mailbox here" in found
    form = f"/onboardings/{practice.identity}/commands/correct_contact"
    home = (await specialist.get(f"/onboardings/{practice.identity}")).text
    assert f'<a class="button main small" href="{form}">' in home
    assert '<button class="main small">Record it' not in home, "what has to be done is the main thing"
    right = f"right@{practice.id}.test"
    done = await specialist.submit(f"{form}?back=/needs", {"name": "Dana", "email": right, "why": "A slip"}, form)
    assert f"Sending: “queue confirmation” to {right}." in text_of(done.text)
    await practice.mailbox.wait_for(right)
    await eventually(page, lambda html: practice.id not in html)


async def test_an_event_that_fits_nowhere(specialist: Browser, database: AsyncEngine) -> None:
    event = Arrival("datapoint", f"evt_{next_number()}", SCRIPT, {}, state="refused", error=f"Refused: {SCRIPT}")
    await store_events(database, [event])
    page = (await specialist.get("/needs")).text
    assert SCRIPT not in page
    assert f"Refused: {SCRIPT}" in unescape(part(page, "events"))


async def test_an_event_that_was_not_recorded_is_dismissed_with_a_reason(
    specialist: Browser, signed_in: SignedIn, database: AsyncEngine
) -> None:
    id = f"evt_{next_number()}"
    await store_events(database, [Arrival("datapoint", id, f"type of {id}", {}, state="refused", error="It is odd.")])
    page = (await specialist.get("/needs")).text
    row = next(each for each in page.split("<tr>") if f"type of {id}" in each)
    found = re.search(r'action="(/needs/events/\d+/dismiss)"', row)
    assert found
    assert "Dismiss" not in part((await (await signed_in("viewer")).get("/needs")).text, "events")
    assert (await specialist.submit("/needs", {"why": "  "}, found[1])).status_code >= 400
    assert f"type of {id}" in (await specialist.get("/needs")).text
    await specialist.submit("/needs", {"why": "Their own test"}, found[1])
    assert f"type of {id}" not in (await specialist.get("/needs")).text


def named(page: str) -> list[tuple[str, str]]:
    """Why each is named on the page, and who, in the order of the page."""
    listed = re.search(r'<section class="card flush attention".*?</section>', page, re.DOTALL)
    html = listed[0] if listed else page[page.index('id="needs"') :].partition('id="events"')[0]
    items = re.findall(r"<li.*?</li>", html, re.DOTALL)
    why = [re.search(r'<span class="pill [a-z]+">([^<]+)</span>', each) for each in items]
    who = [re.search(r'<a [^>]*href="/onboardings/[^"]+">([^<]+)</a>', each) for each in items]
    return [(a[1], b[1]) for a, b in zip(why, who, strict=True) if a and b]


def marked(page: str) -> set[tuple[str, str]]:
    """What the rows of the board say that there is to do, and where."""
    rows = [each.partition("</tr>")[0] for each in page.split("<tr ")[1:] if "<strong>To do:</strong>" in each]
    whys = [(re.findall(r'class="pill (?:bad|warn|calm)">([^<]+)</span><br>', each), each) for each in rows]
    names = {each: re.search(r'class="name"><a [^>]*>([^<]+)<', each) for each in rows}
    days = ("Due today", "Due tomorrow")
    return {(why, name[1]) for found, each in whys if (name := names[each]) for why in found if why not in days}


async def test_the_board_its_rows_and_the_page_of_all_say_the_same(busy: Busy) -> None:
    board, page = (await busy.viewer.get("/")).text, (await busy.viewer.get("/needs")).text
    everything = named(page)
    count = f"Needs a person now: {len(everything)}"
    assert count in text_of(board)
    assert marked(board) == set(everything)
    first = named(board)
    assert [each for each in everything if each in first] == first, "in the same order"
    assert [why for why, _ in first][:2] == ["Overdue", "Overdue"]
    kinds = {"Overdue", "Asked for something", "Our turn", "Mail did not arrive", "Record incomplete"}
    assert kinds <= {why for why, _ in first}, "none of the kinds is hidden"


async def test_each_persons_own(busy: Busy) -> None:
    for path in ("/", "/needs"):
        assert {name for _, name in named((await busy.viewer.get(f"{path}?assignee=sam")).text)} == {
            "North Shore Pet Care"
        }
    assert ("Overdue", "Maple Street Veterinary") in named((await busy.viewer.get("/needs")).text)
    nothing = (await busy.viewer.get("/?assignee=me")).text
    assert "Nothing matches" in text_of(nothing) and "Overdue" not in nothing.partition('id="board"')[2]
    assert '<option value="bo">bo</option>' in nothing, "whoever is assigned can be chosen, also without an account"


async def test_a_search_names_what_needs_a_person_there_and_whose_it_is(busy: Busy) -> None:
    page = (await busy.viewer.get("/?q=brook")).text
    assert named(page) == [("Mail did not arrive", "Brook Lane Vets")]
    assert "Needs a person now: 1 " in text_of(page) and "assigned to Ana Ruiz" in text_of(page)
    assert page.index("data-row") < page.index("Needs a person now"), "the hits come first"
    assert named((await busy.viewer.get("/needs?q=brook")).text) == named(page)
