"""The secrets of a fact: the plain text is nowhere but, encrypted, in their own table, and reaches who uses it."""

from __future__ import annotations

import logging

import pytest
from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from desk.service import Desk
from migrations.tables import metadata
from playbooks.engine.transition import Refused
from store.secrets.tables import secrets
from tests.system.conftest import next_number, replay
from tests.system.harness import Mailbox, Practice
from tests.system.histories import WORKFLOWS
from tests.system.trial_activities import TryKey
from worker import activities, build, mail_server

HUSH, HUSH2 = "hush-0123456789-hush", "hush-9876543210-hush"


async def stored(engine: AsyncEngine) -> str:
    """All that the database holds, as text."""
    async with engine.connect() as connection:
        rows = [await connection.execute(text(f'SELECT t::text FROM "{name}" t')) for name in metadata.tables]
    return "\n".join(str(value) for found in rows for value in found.scalars())


def serialized(history: object) -> bytes:
    return b"".join(event.SerializeToString() for event in history.events)  # type: ignore[attr-defined]


@pytest.mark.outcome("secret")
async def test_the_plain_text_is_nowhere_and_a_workflow_reads_it_back(
    desk: Desk, mailbox: tuple[Mailbox, int], caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    caplog.set_level(logging.DEBUG)
    key = SecretStr("a-secret-key-for-tests-only-0123456789")
    own = desk.settings.model_copy(update={"secret_key": key, "task_queue": f"secrets-{next_number()}"})
    tried = TryKey(desk.database, own)
    doing = [*activities(desk.database, own, mail_server(own)), tried.try_key]
    practice = Practice(
        Desk(desk.client, desk.database, own), mailbox[0], f"practice-{next_number()}", playbook="vault"
    )
    async with build(desk.client, desk.database, own, mail_server(own), workflows=WORKFLOWS, activities=doing):
        await practice.start()
        receipt = await practice.record("key_given", client_id="abc", client_secret=f" {HUSH} ", note=HUSH2, key="one")
        again = await practice.record("key_given", client_id="abc", client_secret=HUSH, note=HUSH2)
        assert again.outcome == "already_known"
        with pytest.raises(Refused, match="which this report contradicts") as refusal:
            await practice.record("key_given", client_id="abc", client_secret=HUSH2)
        tried.released.set()
        result = await practice.handle.result()
        seen = await practice.show()
        [letter] = await mailbox[0].wait_for(practice.contact)
    assert tried.read == [{"client_id": "abc", "client_secret": HUSH, "note": HUSH2}]
    histories = [
        await desk.client.get_workflow_handle(identity).fetch_history()
        for identity in (practice.identity, f"key/{practice.id}")
    ]
    everywhere = [
        *(serialized(history).decode(errors="replace") for history in histories),
        *(history.to_json() for history in histories),
        await stored(desk.database),
        caplog.text,
        receipt.model_dump_json() + again.model_dump_json() + seen.model_dump_json() + str(result),
        str(refusal.value),
        letter.as_string(),
    ]
    for place in everywhere:
        assert HUSH not in place
        assert HUSH2 not in place
    (given,) = [fact for fact in seen.facts if fact.name == "key_given"]
    assert given.data["client_secret"].startswith("secret:")
    async with desk.database.connect() as connection:
        kept = (await connection.execute(secrets.select().where(secrets.c.onboarding == practice.identity))).all()
    assert len(kept) == 2, "what was refused is kept no more"
    outcome = request.node.get_closest_marker("outcome")
    await replay(desk.client, practice.identity, outcome.args[0])


async def test_without_any_key_a_secret_is_refused_with_what_to_set(practice: Practice) -> None:
    practice.playbook = "vault"
    await practice.start()
    with pytest.raises(Refused, match="set ONBOARD_PAYLOAD_KEYS, or ONBOARD_SECRET_KEY") as refusal:
        await practice.record("key_given", client_id="abc", client_secret=HUSH)
    assert HUSH not in str(refusal.value)
    assert HUSH not in await stored(practice.desk.database)
