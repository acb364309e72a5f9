"""What breaks around an onboarding must neither lose nor repeat anything, and nobody gets a burst when it is mended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from desk.explain import explain
from desk.journal_fallback import journal_copy
from desk.problem import NoAnswer
from desk.service import Desk
from desk.time_travel import Stuck, fast_forward, present_time
from machine.ports import free_port
from store.database import DatabaseDown
from store.journal import journal
from store.journal.listing import list_onboardings
from store.mail import outbox
from tests.mailing import smtp_server
from tests.system.broken import apart, line_to_database
from tests.system.harness import Mailbox, Practice, eventually


def days_ago(days: float) -> datetime:
    return datetime.now(UTC) - timedelta(days=days)


async def tries(practice: Practice) -> int:
    """How often the activity under way has been tried."""
    described = await practice.handle.describe()
    return max((each.attempt for each in described.raw_description.pending_activities), default=0)


async def settled(practice: Practice) -> Counter[tuple[str, str]]:
    """Which mails were sent and which cancelled, once none waits."""
    seen = await practice.shown_when(
        lambda seen: all(mail.state not in ("queued", "sending") for mail in seen.mails), 60
    )
    return Counter((mail.kind, mail.state) for mail in seen.mails)


async def test_smtp_down_for_days_and_then_everybody_gets_what_still_matters_once(desk: Desk) -> None:
    box, port = Mailbox(), free_port()
    async with apart(desk, box, smtp_url=f"smtp://127.0.0.1:{port}") as practice:
        request = practice.request().model_copy(update={"requested_at": days_ago(9)})
        await practice.desk.start("datapoint", request, "sam")
        await practice.shown_when(lambda seen: seen.sla == "breached" and bool(seen.mails))
        await practice.record("queued", at=days_ago(5))
        seen = await practice.shown_when(lambda seen: "invitation_overdue" in {mail.kind for mail in seen.mails})
        waits = await practice.shown_when(lambda seen: any(mail.error for mail in seen.mails))
        assert "refuses the connection" in next(mail.error for mail in waits.mails if mail.error)
        assert (seen.stage, seen.sla) == ("invitation", "breached"), "a stage never waits for a mail"
        await practice.record("invitation_sent")
        await practice.register()
        await practice.record("agent_installed")
        await practice.record("agent_installed", client_count=12_000)

        async with smtp_server(box, port):
            sent = await settled(practice)
        assert sent == {
            ("escalation", "cancelled"): sent[("escalation", "cancelled")],
            ("invitation_overdue", "cancelled"): 1,
            ("queue_confirmation", "sent"): 1,
            ("technical_briefing", "sent"): 1,
            ("import_begun", "cancelled"): 1,
            ("import_begun", "sent"): 1,
        }
        assert sent[("escalation", "cancelled")] > 0
        arrived = Counter((to, str(message["Subject"])) for to, message in box.messages)
        assert set(arrived.values()) == {1}
        assert {to for to, _ in arrived} == {practice.contact, f"lee@{practice.id}.test"}


async def test_a_clock_cannot_be_moved_past_a_mail_that_waits_and_says_so(desk: Desk) -> None:
    box, port = Mailbox(), free_port()
    async with apart(desk, box, smtp_url=f"smtp://127.0.0.1:{port}") as practice:
        await practice.start()
        await practice.record("queued")
        # From the second try on Temporal knows what became of the one before.
        await eventually(lambda: tries(practice), lambda count: count >= 2)
        began = (await practice.show()).now
        with pytest.raises(Stuck, match=r"send_mail \(attempt \d+: .*refuses the connection.*continues by itself"):
            await fast_forward(desk.client, practice.identity, timedelta(days=1), timedelta(seconds=2))
        async with smtp_server(box, port):
            await settled(practice)
            # The workflow learns a moment later that the mail is sent, and only then does its clock go on.
            day_later = began + timedelta(days=1)
            reached = await eventually(
                lambda: present_time(desk.client, practice.identity), lambda now: now is not None and now >= day_later
            )
            later = await fast_forward(desk.client, practice.identity, timedelta(minutes=1), timedelta(seconds=20))
        assert reached and later >= reached + timedelta(minutes=1), "the rest of the way was gone by itself"


async def test_mail_stopped_while_facts_come_in_then_in_their_order_and_once(
    desk: Desk, new_database: Callable[[], str], mailbox: tuple[Mailbox, int]
) -> None:
    async with apart(desk, mailbox[0], database_url=new_database()) as practice:
        database = practice.desk.database
        await outbox.pause(database, "sam", "wrong address of ours in the footer")
        await practice.start()
        await practice.record("queued")
        # What was tried a few times waits longer for its next turn than what comes after it.
        await eventually(lambda: tries(practice), lambda count: count >= 3)
        await practice.register()
        await practice.record("agent_installed")
        receipt = await practice.record("data_received", clients=10)
        assert receipt.status == "complete", "a stage never waits for a mail"
        await eventually(lambda: outbox.pending_count(database), lambda count: count == 4)
        assert not mailbox[0].to(practice.contact)
        await outbox.resume(database, "sam")
        assert set(await settled(practice)) == {
            (kind, "sent") for kind in ("queue_confirmation", "technical_briefing", "import_begun", "data_received")
        }
        await practice.handle.result()
        seen = await practice.show()
        order = [mail.message_id for mail in seen.mails if mail.to == practice.contact]
        assert [str(mail["Message-ID"]) for mail in mailbox[0].to(practice.contact)] == order
        assert len(mailbox[0].to(f"lee@{practice.id}.test")) == 1


async def test_the_database_is_down_when_facts_are_recorded(
    desk: Desk, new_database: Callable[[], str], mailbox: tuple[Mailbox, int]
) -> None:
    async with (
        line_to_database(new_database()) as (address, line),
        apart(desk, mailbox[0], database_url=address) as practice,
    ):
        await practice.start()
        await practice.record("queued")
        assert await settled(practice) == {("queue_confirmation", "sent"): 1}
        await line.cut()
        await practice.record("invitation_sent")
        await practice.register()
        for number in range(50):
            await practice.command("note", why=f"{number} " + "🐾" * 3_900)
        dark = await practice.show()
        assert (dark.stage, dark.mails[0].state, dark.mails[0].subject) == ("installation_contact", "sent", None)
        assert dark.caveat and "The state of some mails is not known" in dark.caveat
        assert dark.caveat == explain(dark)[-1]
        with pytest.raises(DatabaseDown, match="start it, or correct"):
            await list_onboardings(practice.desk.database)

        await line.mend()
        await settled(practice)
        state = await practice.desk.state(practice.identity)
        lines = await eventually(
            lambda: journal.lines(practice.desk.database, practice.identity, state.onboarding.run),
            lambda lines: len(lines) == state.onboarding.entry_count,
            60,
        )
        assert [line.number for line in lines] == list(range(1, state.onboarding.entry_count + 1))
        assert len(mailbox[0].to(f"lee@{practice.id}.test")) == 1
        assert (await practice.show()).caveat is None


async def test_an_onboarding_that_was_terminated_is_not_denied(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    await settled(practice)
    await practice.handle.terminate("by a person, in Temporal UI")
    for act in (practice.show, partial(practice.record, "invitation_sent")):
        with pytest.raises(NoAnswer, match="was ended in Temporal; start the practice again"):
            await act()
    kept, _, _ = await journal_copy(practice.desk.database, practice.identity)
    assert kept.stage == "invitation"
    await practice.start()
    assert (await practice.show()).stage == "queue_entry"


async def test_an_onboarding_that_ends_while_the_database_is_down_is_kept(
    desk: Desk, new_database: Callable[[], str], mailbox: tuple[Mailbox, int]
) -> None:
    async with (
        line_to_database(new_database()) as (address, line),
        apart(desk, mailbox[0], database_url=address) as practice,
    ):
        await practice.start()
        await practice.record("queued")
        await settled(practice)
        await line.cut()
        receipt = await practice.command("withdraw", why="the practice was sold")
        assert receipt.status == "withdrawn"
        assert (await practice.show()).status == "withdrawn"
        await line.mend()
        await practice.handle.result()
        assert (await practice.show()).status == "withdrawn"
