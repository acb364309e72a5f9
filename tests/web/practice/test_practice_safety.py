"""Looking changes nothing, and no program that follows links or sends forms does; a confirmation counts once."""

from __future__ import annotations

import re
import secrets
import time
from datetime import datetime, timedelta

import pytest

from playbooks.engine.idempotency import digest_of
from practice_page.actions import ACTIONS
from store.inbox.idempotency import Answer, KeyReused, once
from tests.moments import CHICAGO
from tests.web.browser import Browser, form_on, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, state
from web.practice import form_tokens

SPENT = "Please confirm this once more"
LEE = {"name": "Lee Park", "email": "lee@elsewhere.test"}


def tomorrow() -> str:
    return f"{datetime.now(CHICAGO) + timedelta(days=1):%A %-d %B %Y}"


async def links_of(phone: Browser, page: str) -> set[str]:
    found = re.findall(r'(?:href|action)="(/p/[^"#]+)"', (await phone.get(page)).text)
    return {address for address in found if address.startswith("/p/")}


async def test_a_scanner_that_follows_every_link_changes_nothing(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    before = await state(registering)
    ahead, seen = {path}, set[str]()
    while ahead:
        page = ahead.pop()
        seen.add(page)
        ahead |= await links_of(phone, page) - seen
    assert len(seen) >= 7
    for action in ACTIONS:
        for page in (f"{path}/{action.name}", f"{path}/{action.name}/confirm"):
            await phone.get(page)
            await phone.client.head(page)
    assert await state(registering) == before


async def test_a_scanner_that_sends_every_form_changes_nothing(registering: Clinic, phone: Browser) -> None:
    """Filled in with something plausible, with the cookies of the page, once for each form that it finds."""
    path = await registering.link(registering.contact)
    before = await state(registering)
    plausible = {**LEE, "text": "Hello", "until": "2099-01-01", "phone": "312 555 0100"}
    for page in await links_of(phone, path):
        found = (await phone.get(page)).text
        for action in re.findall(r'<form method="post" action="([^"]+)"', found):
            answer = await phone.client.post(action, data={**form_on(found, action), **plausible})
            assert answer.status_code in (200, 422), text_of(answer.text)
    assert await state(registering) == before


async def test_nothing_happens_without_the_question(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    csrf = form_on((await phone.get(f"{path}/technical-contact")).text)
    before = await state(registering)
    for value in (
        {},
        {"once": ""},
        {"once": "1.2.3"},
        {"once": f"{int(time.time()) + 60}.abc.{'0' * 64}"},
        {"once": "٣.x.y"},
    ):
        answer = await phone.client.post(f"{path}/technical-contact/confirm", data={**csrf, **LEE, **value})
        assert (answer.status_code, SPENT in text_of(answer.text)) == (409, True), value
    assert await state(registering) == before


async def test_a_confirmation_fits_what_was_asked_and_nothing_else(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "technical-contact", **LEE)
    form = form_on(question.text, f"{path}/technical-contact/confirm")
    before = await state(registering)
    other_words = {**form, "email": "mallory@elsewhere.test"}
    for action, data in (("technical-contact", other_words), ("help", {**form, "text": "x"}), ("not-me", form)):
        answer = await phone.client.post(f"{path}/{action}/confirm", data=data)
        assert answer.status_code == 409, action
    assert await state(registering) == before
    assert "Lee Park is the technical contact now" in text_of((await confirm(phone, question)).text)
    after = await state(registering)
    assert (await phone.client.post(f"{path}/technical-contact/confirm", data=other_words)).status_code == 409
    assert await state(registering) == after


async def test_a_number_that_confirmed_one_thing_confirms_no_other(registering: Clinic) -> None:
    """Behind the signature too: what is kept of a confirmation is of the very words that were confirmed."""

    async def act() -> Answer:
        return Answer(204, {"said": "Done", "leaves": False}, {})

    database, number = registering.desk.database, secrets.token_urlsafe(12)
    owner = f"practice {registering.identity} run-1 primary_contact"
    first = digest_of("help", {"text": "Please call"})
    assert (await once(database, owner, number, first, act)).status == 204
    with pytest.raises(KeyReused):
        await once(database, owner, number, digest_of("help", {"text": "Please do not"}), act)


async def test_a_confirmation_is_of_one_link_and_one_browser(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await registering.command("resend", kind="queue_confirmation")
    newer = await registering.link(registering.contact, 2)
    question = await ask(phone, path, "help", text="Please call")
    form = form_on(question.text, f"{path}/help/confirm")
    before = await state(registering)
    assert (await phone.client.post(f"{newer}/help/confirm", data=form)).status_code == 409
    async with Browser(phone.address) as stranger:
        own = form_on((await stranger.get(f"{path}/help")).text)
        answer = await stranger.client.post(f"{path}/help/confirm", data={**form, **own})
        assert answer.status_code == 409
    assert await state(registering) == before


async def test_a_confirmation_of_another_practice_counts_nothing(registering: Clinic, phone: Browser) -> None:
    other = Clinic(registering.desk, registering.mailbox, f"{registering.id}-b", address=registering.address)
    await other.start()
    await other.record("queued")
    mine, theirs = await registering.link(registering.contact), await other.link(other.contact)
    form = form_on((await ask(phone, theirs, "help", text="Hi")).text, f"{theirs}/help/confirm")
    before = await state(registering)
    assert (await phone.client.post(f"{mine}/help/confirm", data=form)).status_code == 409
    assert await state(registering) == before


async def test_a_confirmation_is_good_for_an_hour(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    assert form_tokens.SECONDS == 3600
    before = await state(registering)
    monkeypatch.setattr(form_tokens, "SECONDS", -1)
    assert (await confirm(phone, question)).status_code == 409
    assert await state(registering) == before


async def test_a_question_that_was_asked_counts_nothing_once_the_link_is_over(
    registering: Clinic, phone: Browser
) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "technical-contact", **LEE)
    await registering.command("correct_contact", contact={"email": f"new@{registering.id}.test"})
    before = await state(registering)
    assert (await confirm(phone, question)).status_code == 410
    assert await state(registering) == before


async def test_forms_of_other_sites_change_nothing(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text="Please call")
    form = form_on(question.text, f"{path}/help/confirm")
    before = await state(registering)
    bare = {name: value for name, value in form.items() if name != "csrf"}
    assert (await phone.client.post(f"{path}/help/confirm", data=bare)).status_code == 403
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    assert (await phone.client.post(f"{path}/help/confirm", data=form, headers=elsewhere)).status_code == 403
    assert await state(registering) == before


async def test_there_is_an_end_to_what_a_day_can_change(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form_tokens, "CHANGES_PER_DAY", 2)
    path = await registering.link(registering.contact)
    for number in range(2):
        await do(phone, path, "help", text=f"Call {number}")
    answer = await confirm(phone, await ask(phone, path, "help", text="Call 3"))
    assert (answer.status_code, "Too many changes for one day" in text_of(answer.text)) == (429, True)


async def test_only_so_many_strangers_get_a_mail_in_a_day(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    for name in ("Ada Osei", "Bo d'Arc", "J.R. Müller-Çelik", "Ada Osei"):
        person = {"name": name, "email": f"{name[:2].lower().strip('.')}@clinic.test"}
        await do(phone, path, "technical-contact", **person)
    answer = await confirm(phone, await ask(phone, path, "technical-contact", name="Di Lund", email="di@clinic.test"))
    assert (answer.status_code, "Too many changes for one day" in text_of(answer.text)) == (429, True)


@pytest.mark.parametrize(
    ("action", "fields", "sentence"),
    [
        ("technical-contact", {"name": "Lee", "email": "no address"}, "is not an e-mail address"),
        ("technical-contact", {"name": "", "email": "lee@x.test"}, "Name is missing"),
        ("technical-contact", {"name": "Lee\x00", "email": "lee@x.test"}, "without control characters"),
        (
            "technical-contact",
            {"name": "x" * 201, "email": "lee@x.test"},
            "Name has 201 characters, and at most 200",
        ),
        ("technical-contact", {**LEE, "phone": "call me maybe"}, "Phone must have at least 5 digits"),
        ("technical-contact", {"name": "Lee"}, "E-mail address is missing."),
        ("technical-contact", {**LEE, "name": "Win a prize at evil.test"}, "Name must be a person's name"),
        ("technical-contact", {**LEE, "name": "Call 555 0100 now"}, "Name must be a person's name"),
        ("technical-contact", {**LEE, "name": "y" * 81}, "Name must be a person's name of at most 80 characters"),
        ("not-me", {"name": "https://evil.test"}, "Name must be a person's name"),
        ("not-me", {"phone": "12"}, "Phone must have at least 5 digits"),
        ("not-me", {"text": "x" * 5000}, "Anything else has 5,000 characters, and at most 1,000 fit"),
        ("address", {"email": "dana@x.test", "phone": "none"}, "Your phone must have at least 5 digits"),
        ("address", {"email": "dana@@x"}, "is not an e-mail address"),
        ("pause-reminders", {"until": ""}, "Choose the day"),
        ("pause-reminders", {"until": "tomorrow"}, "Choose the day until which"),
        ("pause-reminders", {"until": "2020-01-01"}, "Choose a day from TOMORROW to "),
        ("pause-reminders", {"until": "2999-01-01"}, "Choose a day from TOMORROW to "),
        ("help", {"text": "  "}, "Your message is missing"),
        ("help", {"text": "x" * 1001}, "Your message has 1,001 characters, and at most 1,000 fit: please shorten it."),
        ("not-me", {"email": "nobody"}, "is not an e-mail address"),
    ],
)
async def test_bad_input_is_told_in_a_sentence_beside_what_was_written(
    registering: Clinic, phone: Browser, action: str, fields: dict[str, str], sentence: str
) -> None:
    path = await registering.link(registering.contact)
    before = tomorrow()
    answer = await ask(phone, path, action, **fields)
    # Midnight may pass meanwhile.
    sentences = {sentence.replace("TOMORROW", each) for each in (before, tomorrow())}
    told = text_of(answer.text)
    assert (answer.status_code, any(each in told for each in sentences)) == (422, True), told
    assert "/confirm" not in answer.text


async def test_what_people_write_stays_text(registering: Clinic, phone: Browser) -> None:
    evil = '"><script>alert(1)</script>{{7*7}}'
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "help", text=evil)
    assert "<script>" not in question.text and "{{7*7}}" in text_of(question.text)
    await confirm(phone, question)
    # The team may record any name.
    await registering.record("technical_contact_designated", name=evil, email=registering.lee)
    page = await phone.get(path)
    assert "<script>" not in page.text and evil in text_of(page.text)
    lees = await phone.get(await registering.link(registering.lee))
    assert "<script>" not in lees.text and evil in text_of(lees.text)


@pytest.mark.parametrize("name", ["ö" * 100 + "Ω" * 100, "x" * 200])
async def test_names_of_any_length_can_say_anything(clinic: Clinic, phone: Browser, name: str) -> None:
    """The longest there are: nothing that is made of them is too long to be taken."""
    request = clinic.request()
    long = request.primary_contact.model_copy(update={"name": name})
    await clinic.desk.start("datapoint", request.model_copy(update={"primary_contact": long}), "sam")
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    said = await do(phone, path, "not-me", name="n" * 80, email=f"{'e' * 60}@x.test", phone="1" * 200, text="t" * 1000)
    assert "Our team asks the practice" in said
