"""What the page tells at each stage: whose turn, since when, by when and why, in the practice's words and zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from integrations.model import Integration
from integrations.registry import INTEGRATIONS
from playbooks.datapoint import DATAPOINT
from tests.moments import CHICAGO
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, card, confirm, do, now, shown
from web.pages import environment
from web.practice.texts import texts_file
from web.practice.times import Clock

FIRST_PAINT = 50_000


async def page(phone: Browser, path: str) -> str:
    return text_of((await phone.get(path)).text)


async def test_the_invitation_is_datapoints_turn_for_48_hours(clinic: Clinic, phone: Browser) -> None:
    queued = datetime.now(UTC) - timedelta(hours=20)
    asked = clinic.request().model_copy(update={"requested_at": queued - timedelta(hours=1)})
    await clinic.desk.start("datapoint", asked, "sam")
    await clinic.record("queued", at=queued)
    path = await clinic.link(clinic.contact)
    told = await now(phone, path)
    assert told.startswith("DataPoint's turn Watch for DataPoint's e-mail")
    assert f"It goes to {clinic.contact} and comes from setup@datapoint.test" in told
    until = shown(queued + timedelta(hours=48))
    assert f"DataPoint has until {until} : 48 hours from {shown(queued)} . There is no deadline on your side." in told
    assert f"It has been DataPoint's turn since {shown(queued)} (20 hours ago)." in told


async def test_before_that_it_is_ours_for_a_business_day(clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    await clinic.command("retract", fact="queued")
    told = await now(phone, path)
    assert told.startswith("Our turn Nothing to do for you now We add Practice")
    assert "We do it by " in told and ": 1 business day of ours from " in told
    assert "There is no deadline on your side." in told
    assert "It has been our turn since " in told


async def test_what_we_are_late_with_is_told_calmly(clinic: Clinic, phone: Browser) -> None:
    asked = clinic.request().model_copy(update={"requested_at": datetime.now(UTC) - timedelta(days=9)})
    await clinic.desk.start("datapoint", asked, "sam")
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    await clinic.command("retract", fact="queued")
    html = (await phone.get(path)).text
    told = card(html)
    assert told.startswith("Our turn Nothing to do for you now")
    assert "We planned to finish by " in told and "you need not do anything." in told
    assert "We are asking for it" not in told and "due late" not in html


async def test_what_is_late_is_told_as_late(clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    queued = datetime.now(UTC) - timedelta(hours=50)
    await clinic.record("queued", at=queued)
    told = await now(phone, await clinic.link(clinic.contact))
    due = queued + timedelta(hours=48)
    late = f"DataPoint should have done it by {shown(due)} : 48 hours from {shown(queued)} . We are asking for it."
    assert f"{late} There is no deadline on your side." in told


async def test_registration_is_the_contacts_turn_without_a_deadline(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    told = await now(phone, path)
    assert told.startswith("Your turn Name your technical contact")
    assert "There is no deadline on your side. You can use home delivery in the meantime: we send what you" in told
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    told = await now(phone, path)
    assert told.startswith("Your turn Answer DataPoint's e-mail")
    assert "information about your practice and your agreement to its license agreement (EULA)" in told
    await registering.record("practice_information_given")
    assert "still needs your agreement to its license agreement (EULA)." in await now(phone, path)
    lees = await now(phone, await registering.link(registering.lee))
    assert lees.startswith("Your turn Tell us that you take it on")
    assert "home delivery" not in lees


async def test_dp4_an_accepted_license_agreement_is_confirmed_to_the_primary_contact(
    registering: Clinic, phone: Browser
) -> None:
    path, accepted = await registering.link(registering.contact), datetime.now(UTC)
    assert "is accepted" not in await now(phone, path)
    await registering.record("eula_accepted", at=accepted, version="3.1", accepted_by="Dana Reyes")
    said = f"DataPoint's license agreement (EULA) is accepted: it has been on record since {shown(accepted)} ."
    assert said in await now(phone, path)
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    assert said in await now(phone, path)
    assert "(EULA)" not in await now(phone, await registering.link(registering.lee))


async def test_dp5_who_installed_it_says_so(registering: Clinic, phone: Browser) -> None:
    await registering.register()
    await registering.record("technical_contact_reached")
    danas, lees = await registering.link(registering.contact), await registering.link(registering.lee)
    assert "I have installed it" in await now(phone, lees)
    assert "I have installed it" not in await page(phone, danas)
    question = await ask(phone, lees, "report-agent_installed")
    assert "We record it in your name: Agent installed ." in text_of(question.text)
    assert "agent_installed" in (await registering.show()).missing
    assert "It is on record: agent installed." in text_of((await confirm(phone, question)).text)
    assert (await registering.show()).stage == "initial_import"
    told = await page(phone, lees)
    assert "Correct: I have installed it" in told and "the first copy is under way" in told
    # DataPoint's own word, which comes later, counts.
    await registering.record("agent_installed", client_count=12_000)
    assert "about two weeks from" in await now(phone, danas)


async def test_installation_import_and_the_end_for_both(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await registering.register()
    lees = await registering.link(registering.lee)
    assert (await now(phone, path)).startswith("DataPoint's turn Nothing to do for you now DataPoint contacts Lee Park")
    told = await now(phone, lees)
    due = (await registering.show()).due_at
    assert due and f"DataPoint contacts you at {registering.lee} to arrange the installation, by {shown(due)}" in told
    await registering.record("technical_contact_reached")
    assert (await now(phone, path)).startswith("Lee Park's turn Nothing to do for you now")
    assert (await now(phone, lees)).startswith("Your turn Tell us that you take it on, and when it suits")
    installed = datetime.now(UTC)
    await registering.record("agent_installed", at=installed)
    day = (installed + timedelta(days=7)).astimezone(CHICAGO)
    told = await now(phone, path)
    around = (
        f"We expect it from DataPoint around {day:%A} {day.day} {day:%B} , about one week from {shown(installed)} ."
    )
    assert f"{around} This is an estimate, not a promise. There is no deadline on your side." in told
    assert "With 10,000 clients or more it can take up to two weeks." in told
    await registering.record("agent_installed", client_count=12_000, at=installed)
    assert "about two weeks from" in await now(phone, path)
    assert "With more than 10,000 clients, as you have" in await now(phone, path)
    await registering.record("data_received", clients=800)
    await registering.handle.result()
    assert (await now(phone, path)).startswith("Nothing to do You are connected")
    assert "is connected Thank you." in await now(phone, lees)


async def test_a_hold_and_more_time_are_told_with_what_they_mean(clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    until = datetime.now(UTC) + timedelta(days=3)
    await clinic.command("hold", until=until)
    told = await now(phone, path)
    assert told.startswith("DataPoint's turn On hold")
    assert f"We have put this on hold until {shown(until)} : until then nothing is due" in told
    await clinic.command("resume")
    assert "; the time on hold is not counted." in await now(phone, path)
    later = datetime.now(UTC) + timedelta(days=9)
    await clinic.command("extend", until=later)
    assert f"DataPoint has until {shown(later)} : we gave it more time on " in await now(phone, path)


async def test_the_way_is_told_as_a_parcels(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    html = (await phone.get(path)).text
    steps = re.findall(r'<li data-state="(\w+)"[^>]*>\s*<span class="step">([^<]+)<', html)
    assert [state for state, _ in steps] == ["done", "done", "current", "ahead", "ahead", "ahead", "ahead"]
    assert steps[2][1] == "The practice answers DataPoint's e-mail"
    assert html.count('aria-current="step"') == 1
    done = text_of(html)
    assert "We put you in DataPoint's queue" in done and "DataPoint e-mailed the primary contact" in done


async def test_what_is_copied_and_what_is_not(registering: Clinic, phone: Browser) -> None:
    told = await page(phone, await registering.link(registering.contact))
    for words in (
        "Clients with name, address, phone and e-mail address; pets with name, species, breed, age and weight.",
        "only a client's e-mail address, a pet's weight and that a pet has died.",
        "A client's name, a client's address and a pet's name. Please confirm the shipping name and",
        "a client's phone, a pet's owner, a pet's species, a pet's breed and a pet's age.",
        "Pet Owner Care at (800) 555-0167",
        "existing prescriptions need a new one under the new name",
        "a person decides",
    ):
        assert words in told


async def test_every_page_says_how_to_reach_a_person(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    for each in (path, f"{path}/help", f"{path}/nonsense", "/p/wrong"):
        answer = await phone.get(each)
        assert 'href="mailto:practice-support@pharmacy.example"' in answer.text
        assert 'href="tel:8005550142"' in answer.text
        assert "https://pharmacy.example/privacy" in answer.text


async def test_the_technical_contact_sees_whom_to_ask(registering: Clinic, phone: Browser) -> None:
    await registering.register()
    lees = (await phone.get(await registering.link(registering.lee))).text
    assert "Ask Dana Reyes, the primary contact of Practice" in text_of(lees) and "312 555 0100" in lees
    assert "or call us, Example Veterinary Pharmacy, at (800) 555-0142" in text_of(lees)
    assert registering.contact not in lees
    danas = (await phone.get(await registering.link(registering.contact))).text
    assert registering.lee in danas


async def test_first_paint_is_small_and_needs_no_script(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    html = (await phone.get(path)).text
    parts = re.findall(r'<link rel="(?:icon|stylesheet)" href="([^"]+)"', html)
    assert len(parts) == 4
    # Nothing else is fetched, by the page or by its styles.
    assert not re.search(r"<script|<link rel=\"preload|\ssrc=|\bsrcset=", html)
    answers = [await phone.get(each) for each in (path, *parts)]
    assert not any(re.search(r"@import|url\((?!#|[\"']?data:)", each.text) for each in answers)
    # As it goes over the wire: what the answers weigh before anything is unpacked.
    sizes = {each.url.path.rpartition("/")[2][:20]: each.num_bytes_downloaded for each in answers}
    assert all(sizes.values()) and sum(sizes.values()) < FIRST_PAINT, sizes


async def test_times_are_those_of_the_practice(clinic: Clinic, phone: Browser) -> None:
    await clinic.start(time_zone="America/Anchorage", state="AK")
    await clinic.record("queued")
    told = await page(phone, await clinic.link(clinic.contact))
    assert re.search(r"\d (AM|PM) AK[SD]T", told)
    assert "CST" not in told and "CDT" not in told


def test_moments_are_told_in_words() -> None:
    clock = Clock(CHICAGO, datetime(2026, 3, 5, tzinfo=UTC))
    noon = datetime(2026, 3, 3, 18, 5, tzinfo=UTC)
    assert text_of(clock.moment(noon)) == "Tuesday 3 March, 12:05 PM CST"
    assert text_of(clock.moment(datetime(2027, 1, 1, 6, 0, tzinfo=UTC))) == "Friday 1 January 2027, 12:00 AM CST"
    assert text_of(clock.day(noon)) == "Tuesday 3 March"
    assert f'datetime="{noon.isoformat()}"' in clock.moment(noon)
    assert (clock.ago(noon), clock.ago(clock.now)) == ("29 hours ago", "just now")
    nepal = Clock(ZoneInfo("Asia/Kathmandu"), clock.now)
    assert text_of(nepal.moment(noon)).endswith("11:50 PM UTC+0545")


def test_datapoint_has_words_for_all_that_can_be_told() -> None:
    words = vars(environment().get_template(texts_file("datapoint")).module)
    assert words["STEPS"].keys() == {stage.name for stage in DATAPOINT.stages}
    assert words["DONE"].keys() == {fact.name for fact in DATAPOINT.facts}
    assert words["ASKS"].keys() == set(DATAPOINT.stage("registration").until)


def test_an_integration_without_words_of_its_own_has_the_plain_ones() -> None:
    assert texts_file("storefront") == "practice/texts/any.html"


async def test_the_plain_words_do_for_every_stage_and_role(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("web.practice.texts.texts_file", lambda playbook: "practice/texts/any.html")
    monkeypatch.setitem(INTEGRATIONS, "datapoint", Integration(playbook=DATAPOINT))
    path = await registering.link(registering.contact)
    told = await now(phone, path)
    assert told.startswith("Your turn It is your turn Fill in DataPoint's form")
    assert "Name the technical contact" in await page(phone, path)
    await registering.register()
    assert "Nothing to do for you now" in await now(phone, path)
    assert "DataPoint contacts the technical contact" in await now(phone, await registering.link(registering.lee))
    for fact in ("technical_contact_reached", "agent_installed", "data_received"):
        await registering.record(fact)
    await registering.handle.result()
    assert "Everything is done." in await now(phone, path)


async def test_what_was_done_is_told_once_on_the_next_page(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "Our team has your message" in await do(phone, path, "help", text="Please call")
    assert "Our team has your message" not in await page(phone, path)
