"""Returned mail from a mailbox, on a real IMAP server: taken in once, with people's mail left alone."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Iterator
from datetime import timedelta

import pytest
from pydantic import SecretStr

from cli.doctor_check import Check
from cli.doctor_mail import mail_checks
from desk import bounce_mailbox
from desk.bounce_mailbox import read
from desk.problem import NoAnswer
from desk.returned_mail import Outcome
from desk.service import Desk
from partners.bounce_mailbox import MESSAGE_BYTES
from partners.server_url import ImapUrl
from store.journal import journal
from store.mail.bounce_mailbox import Reading, last_reading
from tests.imap_server import ESCAPED, Folder, imap_server, proxy
from tests.system.conftest import next_number
from tests.system.harness import Practice, eventually
from tests.system.test_returned import returned, sent

ORDINARY = b"From: jo@clinic.example\nSubject: A question\n\nWhen do we start?\n"
NOT_OURS = returned("<somebody-else@example.com>", "failed", "550 5.1.1 nobody")
AT_ONCE = timedelta()


@pytest.fixture(scope="module")
def server() -> Iterator[int]:
    with imap_server() as port:
        yield port


@pytest.fixture
def folder(server: int) -> Folder:
    """A folder of the test's own."""
    one = Folder(server, f"Returned-{next_number()}")
    one.create()
    return one


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounce_mailbox, "READ_EVERY", AT_ONCE)
    monkeypatch.setattr(bounce_mailbox, "AFTER_REFUSAL", AT_ONCE)


async def reading(desk: Desk, url: ImapUrl) -> Reading:
    found = await last_reading(desk.database, url.name)
    assert found
    return found


async def times_noted(practice: Practice) -> int:
    """How often the journal says that a mail came back, once it does."""
    seen = await practice.show()
    lines = await eventually(
        lambda: journal.lines(practice.desk.database, practice.identity, seen.run),
        lambda lines: lines[-1].kind == "mail",
    )
    return sum(line.kind == "mail" for line in lines)


async def report_of(practice: Practice) -> bytes:
    return returned(str((await sent(practice)).message_id), "failed", "550 5.1.1 nobody")


async def test_a_report_is_taken_in_and_people_keep_their_mail(practice: Practice, folder: Folder) -> None:
    folder.deliver(ORDINARY, await report_of(practice), NOT_OURS)
    assert await read(practice.desk, folder.url()) is None
    assert (await practice.show()).mails[0].state == "bounced"
    assert folder.unread() == 2
    found = await reading(practice.desk, folder.url())
    assert (found.taken, found.problem) == (1, None)
    assert found.read_at


async def test_a_delay_is_flagged_only_if_it_is_of_our_mail(practice: Practice, folder: Folder) -> None:
    mail = await sent(practice)
    folder.deliver(*(returned(each, "delayed", "451 later") for each in (str(mail.message_id), "<other@x.example>")))
    await read(practice.desk, folder.url())
    assert folder.unread() == 1
    assert (await practice.show()).mails[0].state == "sent"


async def test_nothing_is_fetched_twice(practice: Practice, folder: Folder) -> None:
    folder.deliver(ORDINARY, await report_of(practice))
    async with proxy(folder.port) as between:
        url = folder.url(between.port)
        await read(practice.desk, url)
        fetched = sum(b"BODY" in line for line in between.commands)
        await read(practice.desk, url)
        folder.deliver(ORDINARY)
        await read(practice.desk, url)
    asked = [line for line in between.commands if b"BODY" in line]
    assert (fetched, len(asked)) == (1, 2)
    assert asked[1].split()[3].isdigit()
    assert await times_noted(practice) == 1


async def test_a_process_killed_before_the_flag(practice: Practice, folder: Folder) -> None:
    """It has taken the report in; the next takes it in again, which changes nothing, and flags it."""
    folder.deliver(await report_of(practice))
    client = practice.desk.client
    where = (client.service_client.config.target_host, client.namespace)
    database = practice.desk.settings.required("database_url")
    async with proxy(folder.port, b"STORE", stalls=True) as between:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.system.bounce_reader", str(between.port), folder.name, *where, database)
        )
        await between.broke.wait()
        child.send_signal(signal.SIGKILL)
        await child.wait()
        assert (await practice.show()).mails[0].state == "bounced"
        assert folder.unread() == 1
        between.breaks_at = None
        assert await read(practice.desk, folder.url(between.port)) is None
    assert folder.unread() == 0
    assert await times_noted(practice) == 1


@pytest.mark.parametrize("command", [b"AUTHENTICATE", b"SELECT", b"(UID)", b"BODY.PEEK", b"STORE"])
async def test_a_connection_cut_at_any_command(practice: Practice, folder: Folder, command: bytes) -> None:
    folder.deliver(await report_of(practice))
    async with proxy(folder.port, command) as between:
        url = folder.url(between.port)
        problem = await read(practice.desk, url)
        assert problem and "broke off: the connection was lost" in problem
        assert (await reading(practice.desk, url)).problem == problem
        between.breaks_at = None
        assert await read(practice.desk, url) is None
    assert (await reading(practice.desk, url)).problem is None
    assert folder.unread() == 0
    assert await times_noted(practice) == 1


async def test_a_folder_made_anew_is_read_from_its_beginning(practice: Practice, folder: Folder) -> None:
    report = await report_of(practice)
    folder.deliver(report, ORDINARY)
    await read(practice.desk, folder.url())
    folder.delete()
    folder.create()
    folder.deliver(report)
    await read(practice.desk, folder.url())
    assert folder.unread() == 0
    assert await times_noted(practice) == 1


async def test_one_reader_at_a_time(practice: Practice, folder: Folder) -> None:
    folder.deliver(await report_of(practice))
    async with proxy(folder.port) as between:
        await asyncio.gather(*(read(practice.desk, folder.url(between.port)) for _ in range(4)))
    assert sum(b"SELECT" in line for line in between.commands) == 1
    assert folder.unread() == 0


@pytest.mark.parametrize(
    ("login", "name", "said"),
    [
        ("returns%40pharmacy.example:wrong-se%25cret", "INBOX", "refuses our sign-in: check the user and password"),
        (ESCAPED, "Nowhere", "opens no 'Nowhere': correct its name"),
        (ESCAPED, 'Rück"lauf', "opens no 'Rück\"lauf'"),
    ],
)
async def test_a_mailbox_that_lets_nobody_in(desk: Desk, server: int, login: str, name: str, said: str) -> None:
    problem = await read(desk, Folder(server, name).url(login=login))
    assert problem and said in problem
    assert "se%cret" not in problem
    assert (await reading(desk, Folder(server, name).url(login=login))).problem == problem


async def test_a_message_as_long_as_it_likes(practice: Practice, folder: Folder) -> None:
    attachment = b"\n--B\nContent-Type: application/octet-stream\n\n" + b"A" * 76 * 60_000
    folder.deliver((await report_of(practice)).replace(b"\n--B--", attachment + b"\n--B--"))
    async with proxy(folder.port) as between:
        assert await read(practice.desk, folder.url(between.port)) is None
    assert any(str(MESSAGE_BYTES).encode() in line for line in between.commands)
    assert (await practice.show()).mails[0].state == "bounced"


async def test_many_that_were_there_before(practice: Practice, folder: Folder) -> None:
    await asyncio.to_thread(folder.deliver, *[ORDINARY] * 60, await report_of(practice), *[NOT_OURS] * 30)
    assert await read(practice.desk, folder.url()) is None
    assert (await practice.show()).mails[0].state == "bounced"
    assert folder.unread() == 90


async def said_by_doctor(desk: Desk, url: str) -> Check:
    settings = desk.settings.model_copy(update={"bounce_mailbox": SecretStr(url)})
    _, check = await mail_checks(desk.database, settings)
    assert "se%cret" not in check.sentence
    return check


async def test_doctor_says_when_it_was_read_and_what_is_wrong(desk: Desk, folder: Folder) -> None:
    url = f"imap://{ESCAPED}@127.0.0.1:{folder.port}/{folder.name}"
    name = folder.url().name
    assert await said_by_doctor(desk, url.replace("returns%40", "%40")) == Check(
        "returned mail",
        False,
        f"{name.replace('returns@', '@')} was never read: start a worker that has ONBOARD_BOUNCE_MAILBOX set, or wait"
        " for a minute.",
    )
    await read(desk, folder.url())
    check = await said_by_doctor(desk, url)
    assert check.ok
    assert check.sentence.startswith(f"{name} was last read at ")
    folder.delete()
    await read(desk, folder.url())
    check = await said_by_doctor(desk, url)
    assert not check.ok
    assert "correct its name in BOUNCE_MAILBOX" in check.sentence
    assert "; it was last read at " in check.sentence
    assert (await said_by_doctor(desk, "imap://127.0.0.1")).sentence.startswith("BOUNCE_MAILBOX must look like")


async def test_without_a_mailbox_doctor_says_nothing(desk: Desk) -> None:
    assert [check.name for check in await mail_checks(desk.database, desk.settings)] == ["mail"]


async def test_a_report_that_no_worker_answers_waits_and_holds_up_no_other(
    practice: Practice, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = await report_of(practice)
    folder.deliver(report, report, report, report)
    asked = []

    async def no_answer(_desk: Desk, content: bytes, _patience: timedelta) -> list[Outcome]:
        asked.append(content)
        raise NoAnswer("No worker answered.")

    with monkeypatch.context() as patch:
        patch.setattr(bounce_mailbox, "take_in", no_answer)
        for tries in (3, 6):
            assert await read(practice.desk, folder.url()) is None
            assert len(asked) == tries
    assert folder.unread() == 4
    assert await read(practice.desk, folder.url()) is None
    assert folder.unread() == 0
    assert await times_noted(practice) == 1
