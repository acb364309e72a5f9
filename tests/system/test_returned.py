"""Mail that comes back: of an onboarding that is open, closed or past, unknown, and twice."""

from __future__ import annotations

import pytest

from desk.explain import explain
from desk.onboarding_detail import MailDetail
from desk.returned_mail import mail_returned, take_in
from store.journal import journal
from tests.returned_mail import report
from tests.system.harness import Practice, eventually


def returned(message_id: str, action: str, answer: str) -> bytes:
    """A delivery report about one of our mails."""
    return report(action, "", answer, message_id=message_id)


async def sent(practice: Practice) -> MailDetail:
    """The confirmation, once it is sent."""
    await practice.start()
    await practice.record("queued")
    seen = await practice.shown_when(lambda seen: bool(seen.mails) and seen.mails[0].state == "sent")
    return seen.mails[0]


async def test_of_an_open_onboarding_is_a_line_in_the_journal_once(practice: Practice) -> None:
    mail = await sent(practice)
    assert mail.message_id
    for _ in range(2):
        returned = await mail_returned(practice.desk, [mail.message_id], "The mailbox does not exist.")
        assert returned and (returned.onboarding, returned.reported) == (practice.identity, True)
    seen = await practice.show()
    assert seen.mails[0].state == "bounced"
    assert any("came back: The mailbox does not exist." in line for line in explain(seen))
    lines = await eventually(
        lambda: journal.lines(practice.desk.database, practice.identity, seen.run),
        lambda lines: lines[-1].kind == "mail",
    )
    assert [line.name for line in lines if line.kind == "mail"] == ["queue_confirmation"]


@pytest.mark.parametrize(
    ("action", "answer", "advice"),
    [
        ("failed", "552 5.2.2 over quota", "onboard resend datapoint/"),
        ("failed", "550 5.7.26 unauthenticated", "Fix our mail sending"),
        ("failed", "550 5.1.1 nobody", "onboard correct-contact datapoint/"),
    ],
)
async def test_what_to_do_follows_the_reason(practice: Practice, action: str, answer: str, advice: str) -> None:
    mail = await sent(practice)
    (outcome,) = await take_in(practice.desk, returned(str(mail.message_id), action, answer))
    assert outcome.noted and outcome.noted.reported
    assert advice in "\n".join(explain(await practice.show()))


async def test_a_complaint_is_told_to_the_team_once(practice: Practice) -> None:
    mail = await sent(practice)
    content = returned(str(mail.message_id), "failed", "550").replace(b"delivery-status", b"feedback-report")
    for _ in range(2):
        (outcome,) = await take_in(practice.desk, content)
        assert "was marked as spam" in outcome.sentence
    detail = await practice.shown_when(lambda detail: any(each.kind == "practice_said" for each in detail.mails))
    assert [each.kind for each in detail.mails].count("practice_said") == 1
    assert detail.mails[0].state == "sent"


@pytest.mark.parametrize("message_id", ["<nobody@sent.test>", "", "<>", "\0", "x" * 100_000, "%_'\";--"])
async def test_of_a_message_that_is_not_ours_changes_nothing(practice: Practice, message_id: str) -> None:
    assert await mail_returned(practice.desk, [message_id], "gone") is None


async def test_of_a_closed_onboarding_is_kept_in_the_ledger(practice: Practice) -> None:
    mail = await sent(practice)
    await practice.command("withdraw", why="the practice was sold")
    await practice.handle.result()
    for _ in range(2):
        returned = await mail_returned(practice.desk, [str(mail.message_id)], "The mailbox is full.")
        assert returned and (returned.onboarding, returned.reported) == (practice.identity, False)
    seen = await practice.show()
    assert [(mail.state, mail.error) for mail in seen.mails] == [("bounced", "The mailbox is full.")]


async def test_of_an_earlier_onboarding_is_not_told_to_the_one_that_is_open_now(practice: Practice) -> None:
    mail = await sent(practice)
    await practice.command("withdraw", why="the practice was sold")
    await practice.handle.result()
    await practice.start()
    returned = await mail_returned(practice.desk, [str(mail.message_id)], "The mailbox is full.")
    assert returned and (returned.onboarding, returned.reported) == (practice.identity, False)
    assert (await practice.show()).mails == ()
