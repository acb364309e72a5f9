"""A worker dies after the mail server accepted a mail, and before that was recorded."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage
from typing import Any

import psycopg

from tests.faults.cluster import Cluster
from tests.system.harness import Practice, eventually

WAITING = "FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'UPDATE mails%'"
NOTE = "may have been delivered twice: the sender died in attempt 1"


@asynccontextmanager
async def mails_locked(cluster: Cluster, practice: Practice) -> AsyncIterator[None]:
    """Locks the practice's mails during the block, and cuts off who tries to write."""
    async with await psycopg.AsyncConnection.connect(cluster.database) as connection:
        rows = await connection.execute("SELECT key FROM mails WHERE onboarding = %s FOR UPDATE", [practice.identity])
        assert await rows.fetchall()
        yield
        assert await (await connection.execute(f"SELECT pg_terminate_backend(pid) {WAITING}")).fetchall()


async def somebody_waits(cluster: Cluster) -> None:
    async with await psycopg.AsyncConnection.connect(cluster.database, autocommit=True) as connection:

        async def waiting() -> list[Any]:
            return await (await connection.execute(f"SELECT pid {WAITING}")).fetchall()

        await eventually(waiting, bool)


async def test_killed_between_acceptance_and_record_sends_one_more_copy_and_says_so(
    cluster: Cluster, practice: Practice, another: Practice
) -> None:
    """One mail's answer is lost with the worker; the other's has arrived, but is not recorded yet."""
    killed: list[float] = []
    locks = mails_locked(cluster, another)

    async def at_the_worst_moment(message: EmailMessage) -> None:
        if another.contact in str(message["To"]) and len(cluster.mail_server.to(another.contact)) == 1:
            await locks.__aenter__()
        if practice.contact in str(message["To"]) and not killed:
            killed.append(time.monotonic())
            cluster.signal("worker")

    cluster.mail_server.then = at_the_worst_moment
    await another.start()
    await another.record("queued")
    await somebody_waits(cluster)
    await practice.start()
    await practice.record("queued")
    await eventually(lambda: _copies(cluster, practice), lambda count: count == 1)
    await cluster.wait_for_output("worker was ended by SIGKILL")
    await locks.__aexit__(None, None, None)

    for one in (practice, another):
        copies = await cluster.mail_server.wait_for(one.contact, 2)
        assert len({copy.as_bytes() for copy in copies}) == 1, "the same mail, with the same Message-ID"
        assert copies[0]["Message-ID"]
    print(f"the second copies came after {time.monotonic() - killed[0]:.1f} s")
    for one in (practice, another):
        seen = await one.shown_when(lambda seen: seen.mails[0].state == "sent")
        assert (seen.mails[0].note, seen.mails[0].attempts) == (NOTE, 2)
        assert len(cluster.mail_server.to(one.contact)) == 2
    status, written = await cluster.onboard("show", practice.identity)
    assert (status, NOTE in written) == (0, True), written


async def _copies(cluster: Cluster, practice: Practice) -> int:
    return len(cluster.mail_server.to(practice.contact))


async def test_a_mails_result_survives_the_database_so_that_no_second_copy_is_sent(
    cluster: Cluster, practice: Practice
) -> None:
    """PostgreSQL dies between acceptance and record, and the worker lives."""

    async def kill_the_database(message: EmailMessage) -> None:
        cluster.signal("postgres")

    cluster.mail_server.then = kill_the_database
    began = len(cluster.said)
    await practice.start()
    await practice.record("queued")
    await cluster.wait_for_output("postgres is back", began)
    seen = await practice.shown_when(lambda seen: not seen.caveat and seen.mails[0].state == "sent")
    assert (seen.mails[0].note, seen.mails[0].attempts) == (None, 1)
    assert len(cluster.mail_server.to(practice.contact)) == 1
