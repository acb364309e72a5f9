"""What breaks around an onboarding must neither lose nor repeat anything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiosmtpd.smtp import SMTP
from pydantic import SecretStr

from desk.office import Desk
from machine.ports import any_free
from tests.system.conftest import next_number
from tests.system.world import Mailbox, Practice
from worker import build, mail_server


@asynccontextmanager
async def elsewhere(desk: Desk, box: Mailbox, port: int) -> AsyncIterator[Practice]:
    """A practice served by a worker of its own, whose mail server is on `port`."""
    number = next_number()
    settings = desk.settings.model_copy(
        update={"task_queue": f"queue-{number}", "smtp_url": SecretStr(f"smtp://127.0.0.1:{port}")}
    )
    own = Desk(desk.client, desk.database, settings)
    async with build(desk.client, desk.database, settings, mail_server(settings)):
        yield Practice(own, box, f"practice-{number}")


async def test_smtp_is_down_for_a_day_and_then_everything_goes_out_once(desk: Desk) -> None:
    box, port = Mailbox(), any_free()
    async with elsewhere(desk, box, port) as practice:
        await practice.start()
        await practice.record("queued")
        seen = await practice.shown_when(lambda seen: any(mail.error for mail in seen.mails))
        assert "refuses the connection" in (seen.mails[0].error or "")
        assert (seen.stage, seen.mails[0].state) == ("invitation", "queued"), "a stage never waits for a mail"
        await practice.record("invitation_sent")
        await practice.register()
        server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", port)
        async with server:
            await practice.shown_when(lambda seen: {mail.state for mail in seen.mails} == {"sent"}, 60)
        assert len(box.to(practice.contact)) == 1
        assert len(box.to("lee@clinic.test")) == 0
        assert len(box.messages) == 2
