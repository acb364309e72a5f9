"""What Temporal stores of an onboarding whose payloads are encrypted, and that keys can be changed on the way."""

from __future__ import annotations

import base64
import os

import pytest
from pydantic import SecretStr
from temporalio.api.common.v1 import Payload
from temporalio.client import Client

from desk.codec import Seal
from desk.connection import converter
from desk.service import Desk
from store.secrets.keyring import SealedError
from tests.system.conftest import next_number
from tests.system.harness import Mailbox, Practice
from worker import build, mail_server


def fresh_key() -> SecretStr:
    return SecretStr(base64.urlsafe_b64encode(os.urandom(32)).decode())


async def reading(desk: Desk, *keys: SecretStr) -> Desk:
    """The desk with these payload keys."""
    settings = desk.settings.model_copy(update={"payload_keys": keys, "task_queue": f"sealed-{next_number()}"})
    config = desk.client.config() | {"data_converter": converter(settings)}
    return Desk(Client(**config), desk.database, settings)


async def test_nothing_personal_stands_in_a_history_and_keys_can_change(
    desk: Desk, mailbox: tuple[Mailbox, int]
) -> None:
    first, second = fresh_key(), fresh_key()
    old = await reading(desk, first)
    practice = Practice(old, mailbox[0], f"practice-{next_number()}")
    async with build(old.client, old.database, old.settings, mail_server(old.settings)):
        await practice.start()
        await practice.record("queued")
        await mailbox[0].wait_for(practice.contact)
    history = await desk.client.get_workflow_handle(practice.identity).fetch_history()
    stored = b"".join(event.SerializeToString() for event in history.events)
    assert b"Dana Reyes" not in stored
    assert practice.contact.encode() not in stored

    new = await reading(desk, second, first)
    settings = new.settings.model_copy(update={"task_queue": old.settings.task_queue})
    renewed = Practice(Desk(new.client, new.database, settings), mailbox[0], practice.id)
    async with build(new.client, new.database, settings, mail_server(settings)):
        assert (await renewed.record("invitation_sent")).stage == "registration"
        assert (await renewed.show()).primary_contact.name == "Dana Reyes"
        await renewed.command("withdraw", why="end of the test")
        await renewed.handle.result()


async def test_a_payload_of_another_key_or_an_altered_one_is_refused() -> None:
    seal, other = Seal([fresh_key()]), Seal([fresh_key()])
    plain = Payload(metadata={"encoding": b"json/plain"}, data=b'"Dana"')
    [sealed] = await seal.encode([plain])
    assert await seal.decode([sealed]) == [plain]
    assert await seal.decode([plain]) == [plain]
    with pytest.raises(SealedError, match="ONBOARD_PAYLOAD_KEYS"):
        await other.decode([sealed])
    sealed.data = sealed.data[:-1] + bytes([sealed.data[-1] ^ 1])
    with pytest.raises(SealedError, match="altered"):
        await seal.decode([sealed])
