"""The technical contact's answer: asked for first, kept in sight, and told to the primary contact (DP5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, now, shown, technical


async def test_the_request_is_the_head_of_the_page_until_it_is_answered(registering: Clinic, phone: Browser) -> None:
    lees = await technical(registering)
    html = (await phone.get(lees)).text
    told = await now(phone, lees)
    assert told.startswith("Your turn Tell us that you take it on Practice ")
    assert html.index("Accept and get ready") < html.index("What is this?")
    assert "Dana Reyes's turn" not in text_of(html)
    await do(phone, lees, "ready")
    told = await now(phone, lees)
    assert told.startswith("Dana Reyes's turn Nothing to install yet You accepted on ")
    assert "Tell us that you take it on" not in told


async def test_dp5_named_times_are_told_and_not_asked_for_again(registering: Clinic, phone: Browser) -> None:
    await registering.register()
    await registering.record("technical_contact_reached")
    lees = await registering.link(registering.lee)
    assert (await now(phone, lees)).startswith("Your turn Tell us that you take it on, and when it suits")
    await do(phone, lees, "ready")
    told = await now(phone, lees)
    assert told.startswith("Your turn Install the agent, together with DataPoint You accepted on ")
    assert "Name times that suit me" in told
    said = await do(phone, lees, "ready", times="Thursdays after 5 PM")
    assert "DataPoint or our team comes back to you with a fixed time." in said
    told = await now(phone, lees)
    assert told.startswith("You have answered We have your times You accepted on ")
    assert ", and named times that suit you: Thursdays after 5 PM ." in told
    assert "DataPoint or our team comes back to you with a fixed time." in told and "You answered on " in told
    assert "Answer DataPoint's message" not in told and "Your turn" not in told
    danas = await now(phone, await registering.link(registering.contact))
    assert danas.startswith("Lee Park has answered Nothing to do for you now") and "Lee Park answered on " in danas
    await registering.record("agent_installed")
    assert "Still open" not in text_of((await phone.get(lees)).text)
    assert (await now(phone, lees)).startswith("DataPoint's turn Nothing to do for you now")


async def test_the_primary_contact_sees_who_accepted_and_when(registering: Clinic, phone: Browser) -> None:
    danas, lees = await registering.link(registering.contact), await technical(registering)
    assert "Lee Park lee@" in text_of((await phone.get(danas)).text)
    assert "Has not answered us yet" in text_of((await phone.get(danas)).text)
    await do(phone, lees, "ready", times="Mondays")
    page = text_of((await phone.get(danas)).text)
    assert "Has not answered us yet" not in page
    assert "Lee Park accepted on " in await now(phone, danas)
    assert "and named times for the installation" in page and "Mondays" not in page
    await registering.register()
    assert "Lee Park accepted on " in await now(phone, danas)


async def test_what_is_still_open_is_told_to_who_ticked_nothing(registering: Clinic, phone: Browser) -> None:
    lees = await technical(registering)
    question = await ask(phone, lees, "ready")
    assert "You name no times yet." in text_of(question.text)
    page = text_of((await confirm(phone, question)).text)
    assert "Your page shows what is still open." in page
    assert page.count("Still open") == 4 and "You have named no times that suit you yet." in page


async def test_the_clock_of_named_times_is_the_practices_by_name(clinic: Clinic, phone: Browser) -> None:
    await clinic.start(time_zone="America/Anchorage", state="AK")
    lees = await technical(clinic)
    assert "by the practice's clock: AKST (America/Anchorage)." in text_of((await phone.get(f"{lees}/ready")).text)


async def test_the_technical_contact_corrects_the_own_address_and_keeps_the_answers(
    registering: Clinic, phone: Browser
) -> None:
    lees, new = await technical(registering), f"lee.park@{registering.id}.test"
    await do(phone, lees, "ready", server="ready")
    question = await ask(phone, lees, "address", email=new, phone="312 555 0177")
    assert f"From now on we write to {new} instead of {registering.lee}" in text_of(question.text)
    assert "no longer works" in text_of((await confirm(phone, question)).text)
    assert (await phone.get(lees)).status_code == 410
    page = text_of((await phone.get(await registering.link(new))).text)
    assert "You accepted on " in page and "I can access the server Ready" in page
    fact = next(fact for fact in (await registering.show()).facts[::-1] if fact.name == "technical_contact_designated")
    assert (fact.by, fact.data) == ("contact:lee", {"name": "Lee Park", "email": new, "phone": "312 555 0177"})
    danas = text_of((await phone.get(await registering.link(registering.contact))).text)
    assert new in danas and "Accepted " in danas


async def test_the_technical_contact_corrects_the_own_phone(registering: Clinic, phone: Browser) -> None:
    lees = await technical(registering)
    said = await do(phone, lees, "address", email=registering.lee, phone="312 555 0177")
    assert "Your phone number was changed." in said and "312 555 0177" in said
    assert len(registering.mailbox.to(registering.lee)) == 1


async def test_what_did_not_come_is_reported_once_and_stays_in_sight(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "not-received")
    late = await ask(phone, path, "not-received")
    assert "You can tell us again after 12 hours." in text_of(question.text)
    page = text_of((await confirm(phone, question)).text)
    assert "that an e-mail has not reached you. Our team looks into it." in page
    assert "I have not received" not in page
    # Another tab, or the address by hand: nothing is sent.
    again = await confirm(phone, late)
    assert (again.status_code, "You have told us already" in text_of(again.text)) == (409, True)
    assert (await phone.get(f"{path}/not-received")).status_code == 409
    assert len(await registering.mailbox.wait_for(registering.contact, 2)) == 2
    await registering.forward(timedelta(hours=11))
    await registering.command("note")
    assert "I have not received" not in text_of((await phone.get(path)).text)
    await registering.forward(timedelta(hours=2))
    await registering.command("note")
    page = text_of((await phone.get(path)).text)
    assert "I have not received an e-mail" in page and "Our team looks into it." in page
    await registering.register()
    await registering.record("data_received")
    await registering.handle.result()
    assert "Our team looks into it." not in text_of((await phone.get(path)).text)


async def test_one_contacts_report_does_not_brake_the_other(registering: Clinic, phone: Browser) -> None:
    danas, lees = await registering.link(registering.contact), await technical(registering)
    await do(phone, danas, "not-received")
    page = text_of((await phone.get(lees)).text)
    assert "I have not been contacted" in page and "Our team looks into it" not in page


async def test_dp5_who_has_not_answered_yet_is_told_what_datapoint_is_late_with(clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    before = datetime.now(UTC) - timedelta(hours=30)
    for fact in ("queued", "invitation_sent", "practice_information_given"):
        await clinic.record(fact, at=before)
    await clinic.record("technical_contact_designated", at=before, name="Lee Park", email=clinic.lee)
    await clinic.record("eula_accepted", at=before, version="3.1", accepted_by="Dana Reyes")
    told = await now(phone, await clinic.link(clinic.lee))
    assert told.startswith("Your turn Tell us that you take it on, and when it suits")
    assert f"It should have done so by {shown(before + timedelta(hours=24))} : we are asking for it." in told
