"""What `onboard doctor` and the commands say while something is broken: what is wrong, and what to do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.faults.cluster import Cluster
from tests.system.harness import Practice

SEEN = "This is the last known state."


@asynccontextmanager
async def frozen(cluster: Cluster, name: str) -> AsyncIterator[None]:
    """A process that is there and does not answer."""
    cluster.signal(name, signal.SIGSTOP)
    try:
        yield
    finally:
        cluster.signal(name, signal.SIGCONT)


async def begun(practice: Practice) -> None:
    await practice.start()
    await practice.record("queued")
    await practice.shown_when(lambda seen: bool(seen.mails) and seen.mails[0].state == "sent")


def assert_refused(answer: tuple[int, str], *words: str) -> None:
    """One sentence, no traceback, exit status 1."""
    status, written = answer
    assert status == 1, written
    assert len(written.strip().splitlines()) == 1, written
    assert all(each in written for each in words), written


async def test_the_mail_server_is_down(cluster: Cluster, practice: Practice) -> None:
    await cluster.mail_server.close()
    try:
        await practice.start()
        await practice.record("queued")
        await practice.shown_when(lambda seen: any(mail.error for mail in seen.mails))
        wrong, (status, explained) = await asyncio.gather(
            cluster.doctor(), cluster.onboard("explain", practice.identity)
        )
    finally:
        await cluster.mail_server.open()
    where = f"127.0.0.1:{cluster.mail_server.port}"
    assert wrong == {
        "mail server": f"{where} does not answer: start it, or correct ONBOARD_SMTP_URL; mail waits until then."
    }
    assert status == 0
    assert "has not been sent yet; we try again automatically" in explained
    assert "it refuses the connection" in explained
    await practice.shown_when(lambda seen: seen.mails[0].state == "sent")
    assert len(cluster.mail_server.to(practice.contact)) == 1


async def test_all_mail_is_stopped(cluster: Cluster) -> None:
    await cluster.onboard("mail", "pause", "--why", "a wrong footer")
    wrong = await cluster.doctor()
    await cluster.onboard("mail", "resume")
    assert wrong == {"mail": "All mail is paused by sam (a wrong footer): resume it with `onboard mail resume`."}


async def test_temporal_does_not_answer(cluster: Cluster, practice: Practice) -> None:
    await begun(practice)
    async with frozen(cluster, "temporal"):
        wrong, shown, explained, recorded, listed = await asyncio.gather(
            cluster.doctor(),
            cluster.onboard("show", practice.identity),
            cluster.onboard("explain", practice.identity),
            cluster.onboard("record", practice.identity, "invitation_sent"),
            cluster.onboard("list"),
        )
    assert set(wrong) <= {"temporal", "web"}
    assert "start it with `onboard up`" in wrong["temporal"]
    for status, written in (shown, explained):
        assert status == 0
        assert SEEN in written and "Invitation from DataPoint" in written, written
    assert_refused(recorded, "Temporal does not answer", "('onboard doctor' checks that.)")
    assert listed[0] == 0 and practice.identity in listed[1]
    assert (await practice.record("invitation_sent")).outcome == "recorded"


async def test_the_database_does_not_answer(cluster: Cluster, practice: Practice) -> None:
    await begun(practice)
    async with frozen(cluster, "postgres"):
        wrong, shown, recorded, listed = await asyncio.gather(
            cluster.doctor(),
            cluster.onboard("show", practice.identity),
            cluster.onboard("record", practice.identity, "invitation_sent"),
            cluster.onboard("list"),
        )
    assert set(wrong) == {"database"}
    assert "cannot be used (connection timeout expired): start it" in wrong["database"]
    assert shown[0] == 0 and "Invitation from DataPoint" in shown[1]
    assert "The state of some mails is not known" in shown[1]
    assert recorded[0] == 0 and "Recorded" in recorded[1]
    assert_refused(listed, "cannot be used", "start it")


async def test_no_worker_answers(cluster: Cluster, practice: Practice) -> None:
    await begun(practice)
    async with frozen(cluster, "worker"):
        shown, recorded = await asyncio.gather(
            cluster.onboard("show", practice.identity),
            cluster.onboard("record", practice.identity, "invitation_sent", "--key", "once"),
        )
    assert shown[0] == 0 and SEEN in shown[1]
    assert_refused(recorded, "No worker answered within", "check with 'onboard show' before you repeat it")
    await practice.record("invitation_sent", key="once")
    seen = await practice.show()
    assert [fact.name for fact in seen.facts] == ["queued", "invitation_sent"]


async def test_nothing_runs_after_the_supervisor_was_killed(cluster: Cluster, practice: Practice) -> None:
    await begun(practice)
    await cluster.down(signal.SIGKILL)
    wrong, shown = await asyncio.gather(cluster.doctor(), cluster.onboard("show", practice.identity))
    assert "start it with `onboard up`" in wrong["system"]
    assert_refused(shown, "Nothing runs in", "start it with `onboard up`")
    await cluster.up()
    assert await cluster.doctor() == {}
    assert (await practice.show()).stage == "invitation"
