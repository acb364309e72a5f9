"""What a contact said is known afterwards: to the other contact's page, to an old link, and to a second window."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from desk.feed_status import watched
from tests.mailing import bodies
from tests.web.browser import Browser, form_on, text_of
from tests.web.looking import PHONE, look
from tests.web.practice.world import Clinic, ask, confirm, do, lose, now, technical


async def test_dp7_who_declines_is_not_named_any_more_and_another_is_asked_for(
    registering: Clinic, phone: Browser
) -> None:
    danas, lees = await registering.link(registering.contact), await technical(registering)
    question = await ask(phone, lees, "not-me", name="Uma Cho")
    assert "We ask Dana Reyes, the primary contact, to name somebody else." in text_of(question.text)
    await confirm(phone, question)
    told = await now(phone, danas)
    assert told.startswith("Your turn Name another technical contact")
    assert "Lee Park" not in text_of((await phone.get(danas)).text)
    mail = (await registering.mailbox.wait_for(registering.contact, 2))[-1]
    assert str(mail["Subject"]) == f"Practice {registering.id}: please name another technical contact"
    assert "Lee Park" not in bodies(mail)[0]
    left = text_of((await phone.get(lees)).text)
    assert left.startswith("Skip to the content") and "You told us that you are not the right person" in left
    await registering.told("we ask Dana Reyes, the primary contact, to name somebody")


async def test_a_primary_contact_who_declines_is_named_to_nobody(registering: Clinic, phone: Browser) -> None:
    danas, lees = await registering.link(registering.contact), await technical(registering)
    assert "Primary contact Dana Reyes" in text_of((await phone.get(lees)).text)
    await do(phone, danas, "not-me", name="Uma Cho")
    page = text_of((await phone.get(lees)).text)
    assert "Primary contact Nobody at the moment" in page and "Dana Reyes" not in page
    assert "Dana Reyes" not in text_of((await ask(phone, lees, "ready", times="Fridays")).text)


async def test_of_two_windows_the_second_asks_before_it_replaces(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    first = await ask(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    uma = {"name": "Uma Cho", "email": f"uma@{registering.id}.test"}
    page = f"{path}/technical-contact"
    second, form = await ask(phone, path, "technical-contact", **uma), (await phone.get(page)).text
    await confirm(phone, first)
    for stale in (
        await confirm(phone, second),
        await phone.client.post(page, data={**form_on(form, page), **uma}),
    ):
        told = text_of(stale.text)
        assert stale.status_code == 409
        assert f"Lee Park, {registering.lee}, was named as the technical contact" in told
        assert "Continue only if you want to replace Lee Park." in told and 'value="Uma Cho"' in stale.text
    lees = await registering.link(registering.lee)
    again = {**form_on(stale.text, page), **uma}
    await confirm(phone, await phone.client.post(page, data=again))
    gone = (await registering.mailbox.wait_for(registering.lee, 2))[-1]
    assert "you are no longer its technical contact" in str(gone["Subject"]) and "/p/" not in bodies(gone)[0]
    left = await phone.get(lees)
    assert (left.status_code, "Somebody else is the technical contact" in text_of(left.text)) == (410, True)


async def test_times_of_two_windows_do_not_replace_each_other_silently(registering: Clinic, phone: Browser) -> None:
    lees = await technical(registering)
    second = await ask(phone, lees, "ready", times="Fridays")
    await do(phone, lees, "ready", times="Mondays at 8 AM")
    stale = await confirm(phone, second)
    assert (stale.status_code, "You named these times: Mondays at 8 AM." in text_of(stale.text)) == (409, True)
    assert "Fridays</textarea>" in stale.text


@pytest.mark.parametrize("step", ["form", "question"])
async def test_what_was_typed_survives_a_link_that_ended_meanwhile(
    registering: Clinic, phone: Browser, step: str
) -> None:
    path, new = await registering.link(registering.contact), f"dana2@{registering.id}.test"
    text = "Our server is in <the cellar>.\nPlease call before noon."
    form, question = (await phone.get(f"{path}/help")).text, await ask(phone, path, "help", text=text)
    await do(phone, path, "address", email=new, phone="312 555 0100")
    data = {**form_on(form, f"{path}/help"), "text": text}
    lost = await (confirm(phone, question) if step == "question" else phone.client.post(f"{path}/help", data=data))
    told = text_of(lost.text)
    assert lost.status_code == 410
    assert "What you typed" in told and "Our server is in <the cellar>. Please call before noon." in told
    assert "mailto:practice-support@pharmacy.example?body=Our%20server" in lost.text
    renewed = await registering.link(new)
    again = await phone.get(f"{renewed}/help")
    assert "Our server is in &lt;the cellar&gt;.\nPlease call before noon.</textarea>" in again.text.replace("\r", "")
    assert "has not reached us yet" in text_of(again.text)
    assert "Our team has your message" in await do(phone, renewed, "help", text=text)
    assert "cellar" not in (await phone.get(f"{renewed}/help")).text
    # Another's form does not show it.
    assert "cellar" not in (await phone.get(f"{renewed}/not-me")).text


async def test_a_question_that_was_open_too_long_is_asked_again_with_what_was_typed(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    with monkeypatch.context() as patch:
        patch.setattr("web.practice.form_tokens.SECONDS", -1)
        again = await confirm(phone, question)
    assert (again.status_code, "Please confirm this once more" in text_of(again.text)) == (409, True)
    assert "Our team has your message" in text_of((await confirm(phone, again)).text)


async def test_a_request_for_help_and_a_pause_are_shown(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await do(phone, path, "help", text="Please call")
    assert "You asked us for help on " in await now(phone, path)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    await do(phone, path, "pause-reminders", until=day.isoformat())
    assert "We do not remind you before" in await now(phone, path)
    await registering.register()
    await registering.record("data_received", clients=800)
    await registering.handle.result()
    assert "We do not remind you before" not in text_of((await phone.get(path)).text)


async def test_dp7_connected_contacts_correct_their_address_and_are_told_the_truth(
    connected: Clinic, phone: Browser
) -> None:
    lees = await connected.link(connected.lee)
    missed = text_of((await phone.get(f"{lees}/not-received")).text)
    assert "You have told us already" not in missed and "is connected. Is something wrong?" in missed
    new = f"lee2@{connected.id}.test"
    assert f"From now on we reach you at {new}" in await do(phone, lees, "address", email=new)
    assert new in text_of((await phone.get(lees)).text)
    assert "Our team has your message" in await do(phone, lees, "help", text="Is the server still needed?")
    mail = await connected.told("Is the server still needed?")
    assert f"/onboardings/datapoint/{connected.id}" in bodies(mail)[0]
    await do(phone, lees, "not-me", name="Uma Cho")
    await connected.told("Named instead: Uma Cho.")
    watch = await watched(connected.desk, connected.id)
    assert watch and watch.subject.technical_contact is None
    assert (await phone.get(lees)).status_code == 410


async def test_dp7_while_the_connection_is_lost_help_and_address_concern_the_reconnection(
    connected: Clinic, phone: Browser
) -> None:
    danas, lees = await connected.link(connected.contact), await connected.link(connected.lee)
    reconnection = await lose(connected)
    assert "Our team has your message" in await do(phone, lees, "help", text="Which server?")
    await connected.told("Which server?")
    assert {"help", "address", "not-me", "technical-contact"} <= set(
        re.findall(f'href="{danas}/([^"]+)"', (await phone.get(danas)).text)
    )
    await do(phone, lees, "not-me")
    mail = (await connected.mailbox.wait_for(connected.contact, 3))[-1]
    assert "please name another technical contact" in str(mail["Subject"])
    assert (await reconnection.show()).stage == "technical_contact"
    assert (await now(phone, danas)).startswith("Your turn The connection is lost")


@pytest.mark.parametrize(
    ("action", "fields", "wrong"),
    [
        ("help", {"text": ""}, "text"),
        ("technical-contact", {"name": "Lee", "email": "lee at home"}, "email"),
        ("technical-contact", {"name": "www.x.test", "email": "lee@x.test"}, "name"),
        ("address", {"email": "dana@x.test", "phone": "12"}, "phone"),
        ("pause-reminders", {"until": "2020-01-01"}, "until"),
    ],
)
async def test_errors_mark_their_field(
    registering: Clinic, phone: Browser, action: str, fields: dict[str, str], wrong: str
) -> None:
    path = await registering.link(registering.contact)
    answer = await ask(phone, path, action, **fields)
    marked = re.findall(r'<(?:input|textarea) id="f-(\w+)"[^>]*aria-invalid="true"[^>]*>', answer.text)
    assert (answer.status_code, marked) == (422, [wrong])
    field = re.search(rf'<(?:input|textarea) id="f-{wrong}"[^>]*>', answer.text)
    assert field and f'aria-describedby="f-{wrong}-about"' in field[0] and "autofocus" in field[0]
    assert re.search(rf'<span id="f-{wrong}-about"><span class="error">[^<]+', answer.text)


LONG = "Bartholomew Featherstonehaugh-Cholmondeley"


async def test_print_shows_everything_and_twice_the_size_overflows_nothing(
    chromium: Chromium, registering: Clinic, phone: Browser
) -> None:
    email = f"bartholomew.featherstonehaugh-cholmondeley@{registering.id}.veterinary-computers.test"
    await registering.record("technical_contact_designated", name=LONG, email=email)
    danas, theirs = await registering.link(registering.contact), await registering.link(email)
    async with look(chromium, phone, size=PHONE, scripts=False) as seen:
        for path in (danas, theirs, f"{danas}/technical-contact", f"{danas}/not-me", f"{theirs}/ready", "/p/wrong"):
            await seen.go(path)
            await seen.page.emulate_media(media="print")
            for each in await seen.page.locator("details > :not(summary), footer a[href^='tel:']").all():
                await expect(each).to_be_visible()
            await seen.page.emulate_media(media="screen")
            await seen.page.evaluate("document.documentElement.style.fontSize = '200%'")
            wide = await seen.page.evaluate(TOO_WIDE)
            assert wide == [], path


TOO_WIDE = """[document.documentElement, ...document.querySelectorAll('main *, footer *')]
    .filter(each => each.getBoundingClientRect().right > window.innerWidth + 1 && !each.closest('.sr-only, .skip'))
    .map(each => each.outerHTML.slice(0, 80))"""
