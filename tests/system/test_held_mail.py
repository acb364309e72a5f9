"""Mails held back on real servers: nothing leaves until a person sends it, and it leaves once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from desk.attention.collect import items_of
from playbooks.engine.onboarding import Command, MailChoice, Report
from store.mail import outbox
from store.mail.rows import Mail
from tests.system.harness import Practice, eventually

HELD = {"queue_confirmation": MailChoice(hold=True, paragraph="We call you <b>on Friday</b>.")}


async def letters(practice: Practice) -> list[Mail]:
    run = (await practice.show()).run
    return await outbox.mails_of(practice.desk.database, practice.identity, run, bodies=True)


async def letter_of(practice: Practice, key: str) -> Mail:
    return next(each for each in await letters(practice) if each.key == key)


async def held_letter(practice: Practice) -> Mail:
    found = await eventually(lambda: letters(practice), lambda found: [each.state for each in found] == ["held"])
    return found[0]


async def record_held(practice: Practice) -> None:
    report = Report(by="sam", mail=HELD, key="the one form")
    for _ in range(2):
        await practice.desk.record(practice.identity, "queued", report)


async def kinds_of_attention(practice: Practice) -> list[str]:
    return [item.kind for item in await items_of(practice.desk.database, practice.identity)]


@pytest.mark.outcome("mail-held")
async def test_a_held_mail_waits_and_leaves_once_with_its_paragraph(practice: Practice) -> None:
    await practice.start()
    await record_held(practice)
    before = await held_letter(practice)
    assert "We call you <b>on Friday</b>." in (before.text or "")
    assert "We call you &lt;b&gt;on Friday&lt;/b&gt;." in (before.html or "")
    assert "held" in await kinds_of_attention(practice)
    # What comes later goes out at once, and says nothing of the one that is held.
    await practice.record("technical_contact_designated", name="Lee Park", email=f"lee@{practice.id}.test")
    await practice.mailbox.wait_for(f"lee@{practice.id}.test")
    assert practice.mailbox.to(practice.contact) == []
    await practice.forward(timedelta(days=3))
    await practice.shown_when(
        lambda detail: ("escalation", "sent") in {(each.kind, each.state) for each in detail.mails}
    )
    assert practice.mailbox.to(practice.contact) == [], "no notice of a breach comes first"
    for _ in range(2):
        await practice.desk.command(practice.identity, "send_held", Command(by="kim", key="one click"))
    [message] = await practice.mailbox.wait_for(practice.contact)
    body = message.get_body(("plain",))
    assert body is not None
    assert "We call you <b>on Friday</b>." in body.get_content()
    after = await eventually(lambda: letter_of(practice, before.key), lambda found: found.state == "sent")
    assert after.message_id == before.message_id == message["Message-ID"]
    assert after.created_at > before.created_at, "it was written anew when it was sent"
    assert "held" not in await kinds_of_attention(practice)
    assert len(practice.mailbox.to(practice.contact)) == 1


async def test_a_dropped_mail_stays_on_record_with_who_and_why(practice: Practice) -> None:
    await practice.start()
    await record_held(practice)
    await held_letter(practice)
    await practice.command("drop_held", why="told by telephone")
    [letter] = await eventually(lambda: letters(practice), lambda found: found[0].state == "cancelled")
    assert letter.note == "dropped by sam: told by telephone"
    await practice.command("withdraw", why="the test is over")
    await practice.handle.result()
    assert practice.mailbox.to(practice.contact) == []


async def test_dp6_an_onboarding_ends_only_once_its_last_mail_is_sent(practice: Practice) -> None:
    await practice.start()
    await practice.register()
    report = Report(by="sam", data={"clients": 3}, mail={"data_received": MailChoice(hold=True)})
    await practice.desk.record(practice.identity, "data_received", report)
    seen = await practice.shown_when(lambda detail: any(mail.state == "held" for mail in detail.mails))
    assert seen.status == "complete"
    assert "held" in await eventually(lambda: kinds_of_attention(practice), lambda kinds: "held" in kinds)
    await practice.command("send_held")
    await practice.handle.result()
    found = await eventually(lambda: letters(practice), lambda all: all[-1].state == "sent")
    assert found[-1].kind == "data_received"
    assert "held" not in await kinds_of_attention(practice)
