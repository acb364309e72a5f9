"""What a contact can do about it, as the practice, the team and the journal see it afterwards."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from playbooks.engine.model import Role
from store.accounts import practice_links
from tests.mailing import bodies
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, ask, confirm, do, journal_of, technical

LEAVES = "no longer works"


async def test_naming_the_technical_contact_briefs_that_person(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    question = await ask(phone, path, "technical-contact", name="Lee Park", email=registering.lee, phone="312 555 0199")
    told = text_of(question.text)
    assert f"Lee Park , {registering.lee}, 312 555 0199, becomes the technical contact" in told
    assert "We e-mail Lee Park at once" in told
    assert "Lee Park is the technical contact now" in text_of((await confirm(phone, question)).text)
    (fact,) = [fact for fact in (await registering.show()).facts if fact.name == "technical_contact_designated"]
    assert (fact.data["phone"], fact.by) == ("312 555 0199", "contact:dana")
    (briefing,) = await registering.mailbox.wait_for(registering.lee)
    assert f"Technical contact for Practice {registering.id}" in briefing["Subject"]


async def test_replacing_tells_who_goes_and_the_same_again_is_refused(registering: Clinic, phone: Browser) -> None:
    path, lees = await registering.link(registering.contact), await technical(registering)
    same = await ask(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    assert (same.status_code, "is already the technical contact" in text_of(same.text)) == (422, True)
    question = await ask(phone, path, "technical-contact", name="Uma", email=f"uma@{registering.id}.test")
    assert "Lee Park is no longer the technical contact, and their link to this page ends." in text_of(question.text)
    await confirm(phone, question)
    assert (await phone.get(lees)).status_code == 410
    await registering.mailbox.wait_for(f"uma@{registering.id}.test")


async def test_a_corrected_address_gets_a_link_and_the_old_one_ends(registering: Clinic, phone: Browser) -> None:
    path, new = await registering.link(registering.contact), f"dana.reyes@{registering.id}.test"
    question = await ask(phone, path, "address", email=new, phone="312 555 0100")
    assert f"From now on we write to {new} instead of {registering.contact}" in text_of(question.text)
    answer = await confirm(phone, question)
    assert LEAVES in text_of(answer.text)
    assert (await phone.get(path)).status_code == 410
    assert (await phone.get(await registering.link(new))).status_code == 200
    line = next(line for line in await journal_of(registering) if line.name == "correct_contact")
    assert (line.by, line.data["contact"]["email"]) == ("contact:dana", new)
    assert (await registering.show()).primary_contact.email == new


async def test_a_new_phone_number_ends_no_link(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "Your phone number was changed." in await do(
        phone, path, "address", email=registering.contact, phone="312 555 0111"
    )
    assert (await registering.show()).primary_contact.phone == "312 555 0111"
    assert "312 555 0111" in text_of((await phone.get(path)).text)
    await do(phone, path, "address", email=registering.contact, phone="")
    assert (await registering.show()).primary_contact.phone is None
    same = await ask(phone, path, "address", email=registering.contact, phone="")
    assert "We already have these details" in text_of(same.text)


async def test_what_came_back_from_the_old_address_is_sent_once_to_the_new_one(
    registering: Clinic, phone: Browser
) -> None:
    path, new = await registering.link(registering.contact), f"dana2@{registering.id}.test"
    (mail,) = (await registering.show()).mails
    await registering.handle.execute_update("mail_outcome", {"key": mail.key, "state": "bounced", "reason": "full"})
    await do(phone, path, "address", email=new, phone="312 555 0100")
    await registering.link(new)
    mails = (await registering.show()).mails
    assert [each.kind for each in mails if each.to == new] == ["queue_confirmation"]


async def test_not_received_sends_again_and_alerts_the_team(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "We have sent you our last mail again." in await do(phone, path, "not-received")
    assert len(await registering.mailbox.wait_for(registering.contact, 2)) == 2
    alert = await registering.told("has not received what was announced")
    assert alert["Subject"] == f"Practice {registering.id}: Dana Reyes has not received it"
    names = [(line.name, line.by) for line in await journal_of(registering) if line.kind == "command"]
    assert names[-2:] == [("tell", "contact:dana"), ("resend", "contact:dana")]


async def test_not_the_right_person_tells_the_team_and_ends_the_link(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    right = {"name": "Max Bell", "email": "max@elsewhere.test", "text": "He runs the office."}
    question = await ask(phone, path, "not-me", **right)
    assert "that Max Bell may be" in text_of(question.text)
    assert LEAVES in text_of((await confirm(phone, question)).text)
    assert (await phone.get(path)).status_code == 410
    alert = bodies(await registering.told("Max Bell, max@elsewhere.test"))[0]
    # Their words and ours do not run into each other.
    assert "\n\nIn their words: “He runs the office”.\n\nTheir links no longer work" in alert.replace("\r", "")
    await registering.forward(timedelta(days=30))
    assert len(registering.mailbox.to(registering.contact)) == 1, "no reminder"
    # A stranger does not decide whom the practice's mails go to.
    assert (await registering.show()).primary_contact.email == registering.contact
    assert registering.mailbox.to("max@elsewhere.test") == []
    # If the team finds that it is the right person after all, the next mail brings a new way in.
    await registering.command("resend", kind="queue_confirmation")
    assert (await phone.get(await registering.link(registering.contact, 2))).status_code == 200


async def test_nobody_need_be_named_but_not_oneself(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    own = await ask(phone, path, "not-me", email=registering.contact)
    assert (own.status_code, "That is your own address" in text_of(own.text)) == (422, True)
    assert LEAVES in await do(phone, path, "not-me")
    await registering.told("Nobody was named instead.")


async def test_reminders_stop_until_the_day_and_start_again(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    question = await ask(phone, path, "pause-reminders", until=day.isoformat())
    assert f"before {day:%A} {day.day} {day:%B}" in text_of(question.text)
    assert "We do not remind you before" in text_of((await confirm(phone, question)).text)
    onboarding = (await registering.desk.state(registering.identity)).onboarding
    until = onboarding.reminders_off_until[registering.contact].astimezone(onboarding.practice_calendar.zone)
    assert (until.date(), until.hour) == (day, 0)
    await registering.forward(timedelta(days=30))
    assert len(registering.mailbox.to(registering.contact)) == 1
    assert "We remind you again" in await do(phone, path, "remind-again")
    # In working hours, and no weekend with holidays is as long as this.
    await registering.forward(timedelta(days=5))
    await registering.mailbox.wait_for(registering.contact, 2)
    assert (await phone.get(f"{path}/remind-again")).status_code == 409


async def test_who_is_not_reminded_now_is_offered_no_pause(clinic: Clinic, phone: Browser) -> None:
    await clinic.start()
    await clinic.record("queued")
    path = await clinic.link(clinic.contact)
    assert "Pause reminders" not in text_of((await phone.get(path)).text)
    assert (await phone.get(f"{path}/pause-reminders")).status_code == 409


async def test_a_question_reaches_the_team_in_the_contacts_words(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert "answers to" in await do(phone, path, "help", text="Where is the form?\n\nThank you!")
    plain, page = bodies(await registering.told("Where is the form?"))
    assert "Thank you!" in plain and "Thank you!" in page
    line = next(line for line in await journal_of(registering) if line.name == "tell")
    assert (line.by, line.why) == ("contact:dana", "Where is the form?\n\nThank you!")


async def test_the_technical_contact_takes_it_on_ticks_off_and_gives_times(registering: Clinic, phone: Browser) -> None:
    path = await technical(registering)
    assert "Accept and get ready" in text_of((await phone.get(path)).text)
    question = await ask(phone, path, "ready", server="ready", rights="ready", times="Thursdays after 5 PM")
    told = text_of(question.text)
    assert "I can access the server: ready" in told and "It can connect to the internet: not yet" in told
    page = text_of((await confirm(phone, question)).text)
    assert "I can access the server Ready" in page and "It can connect to the internet Still open" in page
    clock = f"{datetime.now(ZoneInfo('America/Chicago')):%Z}"
    assert f"by the practice's clock ({clock} (America/Chicago)): Thursdays after 5 PM" in page
    mail = bodies(await registering.told("Thursdays after 5 PM"))[0]
    assert "Lee Park takes on the role of technical contact" in mail
    assert "Not yet: It can connect to the internet; I can take part in one session." in " ".join(mail.split())
    line = next(line for line in await journal_of(registering) if line.name == "tell")
    assert line.by == "contact:lee"
    assert line.data["answers"]["times"] == "Thursdays after 5 PM"
    form = (await phone.get(f"{path}/ready")).text
    assert form.count(" checked") == 2 and "Thursdays after 5 PM" in form


async def test_answers_can_be_changed_and_the_last_ones_count(registering: Clinic, phone: Browser) -> None:
    path = await technical(registering)
    await do(phone, path, "ready", server="ready", times="Mondays")
    await do(phone, path, "ready", network="ready")
    page = text_of((await phone.get(path)).text)
    assert "It can connect to the internet Ready" in page
    assert "I can access the server Ready" not in page and "Mondays" not in page
    assert "Lee Park has news for the installation" in bodies(await registering.told("has news"))[0]


async def test_answers_are_the_persons_and_not_the_successors(registering: Clinic, phone: Browser) -> None:
    path = await technical(registering)
    await do(phone, path, "ready", server="ready")
    await registering.record("technical_contact_designated", name="Uma", email=f"uma@{registering.id}.test")
    umas = text_of((await phone.get(await registering.link(f"uma@{registering.id}.test"))).text)
    assert "Accept and get ready" in umas and "Ready The machine" not in umas


async def test_the_technical_contact_has_a_say_too(registering: Clinic, phone: Browser) -> None:
    path = await technical(registering)
    assert "We have sent you our last mail again." in await do(phone, path, "not-received")
    await registering.mailbox.wait_for(registering.lee, 2)
    await registering.told("Lee Park has not received it")
    assert LEAVES in await do(phone, path, "not-me", name="Uma")
    await registering.told("Lee Park is not the right person")
    assert (await phone.get(path)).status_code == 410
    # The primary contact's link is not concerned.
    assert (await phone.get(await registering.link(registering.contact))).status_code == 200


async def test_once_it_is_over_contacts_can_be_changed_and_the_team_told(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    day = (datetime.now(UTC) + timedelta(days=40)).date()
    question = await ask(phone, path, "pause-reminders", until=day.isoformat())
    await registering.register()
    for fact in ("technical_contact_reached", "agent_installed", "data_received"):
        await registering.record(fact)
    await registering.handle.result()
    page = (await phone.get(path)).text
    assert "You are connected" in text_of(page)
    assert set(re.findall(f'href="{path}/([^"]+)"', page)) <= {"technical-contact", "address", "not-me", "help"}
    answer = await confirm(phone, question)
    assert (answer.status_code, "That is not possible now" in text_of(answer.text)) == (409, True)


async def test_what_the_rules_refuse_is_told_in_words(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Something changed between the question and the answer, and not what the page looks at."""
    path = await registering.link(registering.contact)
    assert (await phone.get(f"{path}/remind-again")).status_code == 409
    monkeypatch.setattr("practice_page.actions.reminders.RemindAgain.is_for", lambda self, visitor: True)
    answer = await confirm(phone, await ask(phone, path, "remind-again"))
    assert answer.status_code == 422
    assert "is reminded as usual" in text_of(answer.text)


async def test_revoking_ends_the_links_of_one_role_only(registering: Clinic, phone: Browser) -> None:
    path, lees = await registering.link(registering.contact), await technical(registering)
    run = (await registering.show()).run
    database = registering.desk.database
    assert await practice_links.revoke(database, registering.identity, run, Role.PRIMARY_CONTACT, "other@x.test") == 0
    assert await practice_links.revoke(database, registering.identity, run, Role.PRIMARY_CONTACT) == 1
    assert [(await phone.get(each)).status_code for each in (path, lees)] == [410, 200]
