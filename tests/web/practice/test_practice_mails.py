"""The links in mails: each mail's own, the same in every copy, and kept nowhere but in the mail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from pydantic import SecretStr
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import ActivityEnvironment

from activities.mail import Mail
from activities.mail_rendering import render_letter
from configuration.settings import Settings
from playbooks.datapoint import DATAPOINT
from playbooks.engine.model import PHARMACY_ROLES, Role
from playbooks.engine.onboarding import MailOrder
from playbooks.engine.practice_commands import PRACTICE_SAID
from store.accounts import practice_links
from store.accounts.tokens import hash_of
from store.mail import ledger
from store.mail.rows import Letter
from tests.mail_samples import sample_context
from tests.mailing import Mailbox, bodies, mail_server
from tests.store.samples import MONDAY, letter
from tests.web.browser import Browser, next_number, text_of
from tests.web.practice.world import Clinic, path_in
from worker import mail_server as smtp_of


def ordered(settings: Settings, kind: str, to: str) -> Letter:
    """The letter of a kind, as the worker writes it."""
    words = sample_context(kind)
    key = f"datapoint/riverside-vet/run-1/{kind}/{to}/{next_number()}"
    email = "dana@riverside.test" if to not in PHARMACY_ROLES else None
    return render_letter(
        MailOrder(key=key, kind=kind, to=to, email=email, at=MONDAY, context=words), settings, "datapoint/x", "1"
    )


def test_every_mail_to_a_practice_has_the_button_and_no_other_has(linked_settings: Settings) -> None:
    settings = linked_settings.model_copy(update={"public_url": "https://onboarding.pharmacy.test"})
    wanted = "https://onboarding.pharmacy.test/p/only-in-the-mail-itself"
    kinds = {message.kind: message.to for message in DATAPOINT.mail_rules}
    for stage in DATAPOINT.stages:
        kinds |= dict(stage.target.notify) if stage.target else {}
        kinds |= {stage.reminders.kind: stage.reminders.to} if stage.reminders else {}
    kinds |= {"escalation": Role.MANAGER, PRACTICE_SAID: Role.ASSIGNEE}
    assert kinds.keys() == {*DATAPOINT.mail_kinds, PRACTICE_SAID}
    for kind, to in kinds.items():
        written = ordered(settings, kind, to)
        assert written.state == "queued", written.error
        there = to not in PHARMACY_ROLES
        label = "Accept, tick what is ready, name times" if kind == "technical_briefing" else "See where you stand"
        assert (f"{label}: {wanted}" in written.text, f'href="{wanted}"' in written.html) == (there, there)


def test_without_an_address_or_a_key_there_is_no_button(linked_settings: Settings) -> None:
    for missing in ({"public_url": None}, {"public_url": "https://x.test", "secret_key": None}):
        written = ordered(linked_settings.model_copy(update=missing), "queue_confirmation", Role.PRIMARY_CONTACT)
        assert (written.state, "See where you stand" in written.text) == ("queued", False)


async def test_the_link_in_a_mail_opens_the_page_and_is_kept_only_as_a_hash(
    registering: Clinic, phone: Browser, database: AsyncEngine
) -> None:
    path = await registering.link(registering.contact)
    assert "Name your technical contact" in text_of((await phone.get(path)).text)
    secret = path.removeprefix("/p/")
    (link,) = await practice_links.of(database, registering.identity, (await registering.show()).run)
    assert (link.hash, link.role, link.email) == (hash_of(secret), "primary_contact", registering.contact)
    assert link.mail.endswith("/queue_confirmation/primary_contact/1")
    assert link.expires_at - link.created_at == timedelta(days=60)
    async with database.connect() as connection:
        for table in ("mails", "practice_links", "entries", "onboardings"):
            rows = (await connection.execute(text(f"SELECT t::text FROM {table} t"))).scalars().all()
            assert rows and not any(secret in row for row in rows), table


async def test_every_mail_has_a_link_of_its_own_and_the_older_ones_stay_good(
    registering: Clinic, phone: Browser
) -> None:
    first = await registering.link(registering.contact)
    await registering.command("resend", kind="queue_confirmation")
    second = await registering.link(registering.contact, 2)
    assert first != second
    assert [(await phone.get(path)).status_code for path in (first, second)] == [200, 200]


async def test_every_copy_of_a_mail_carries_the_same_link(
    database: AsyncEngine, linked_settings: Settings, phone: Browser
) -> None:
    """The first copy arrives, and its sender never hears so."""
    settings = linked_settings.model_copy(update={"public_url": "https://onboarding.pharmacy.test"})
    key = f"datapoint/copies-{next_number()}/run-1/queue_confirmation/primary_contact/1"
    written = replace(ordered(settings, "queue_confirmation", Role.PRIMARY_CONTACT), key=key, message_id=f"<{key}@x>")
    await ledger.store(database, [replace(written, onboarding="datapoint/copies", run="run-1")])
    paths = []
    for _ in range(2):
        async with mail_server(Mailbox()) as box:
            smtp = smtp_of(settings.model_copy(update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{box.port}")}))
            assert (await ActivityEnvironment().run(Mail(database, settings, smtp).send, key)).state == "sent"
            paths.append(path_in(box.last()))
        if len(paths) == 1:
            async with database.begin() as connection:
                for change in (
                    "mails SET state = 'queued' WHERE key",
                    "practice_links SET revoked_at = now() WHERE mail",
                ):
                    await connection.execute(text(f"UPDATE {change} = :key"), {"key": key})
    assert paths[0] == paths[1] != "/p/only-in-the-mail-itself"
    # Nor does sending again make a link good that was ended meanwhile.
    (link,) = await practice_links.of(database, "datapoint/copies", "run-1")
    assert link.revoked_at is not None
    assert await practice_links.find(database, paths[0].removeprefix("/p/")) is None


def test_a_link_tells_nothing_without_the_key() -> None:
    mail = "datapoint/riverside-vet/run-1/queue_confirmation/primary_contact/1"
    made = {practice_links.secret_of(key, each) for key in ("k" * 32, "l" * 32) for each in (mail, f"{mail}1")}
    assert len(made) == 4
    assert all(len(secret) == 43 for secret in made)


async def test_whoever_is_named_like_a_link_gets_none_for_others(
    database: AsyncEngine, linked_settings: Settings
) -> None:
    """A name is data: in a mail to the team it is no link of the team's."""
    evil = f"https://x.test{practice_links.PATH}{practice_links.PLACEHOLDER}"
    key = f"datapoint/evil-{next_number()}/run-1/escalation/manager/1"
    own = letter(key, role="manager", kind="escalation", message_id=f"<{key}@x>", text=evil, html=evil)
    await ledger.store(database, [own])
    async with mail_server(Mailbox()) as box:
        smtp = smtp_of(linked_settings.model_copy(update={"smtp_url": SecretStr(f"smtp://127.0.0.1:{box.port}")}))
        await ActivityEnvironment().run(Mail(database, linked_settings, smtp).send, key)
        assert evil in bodies(box.last())[0]
    async with database.connect() as connection:
        made = text("SELECT count(*) FROM practice_links WHERE mail = :key")
        assert await connection.scalar(made, {"key": key}) == 0


async def test_mails_to_the_team_carry_no_link(registering: Clinic) -> None:
    await registering.command("tell", kind="Dana asks for help", why="Please call.")
    plain, page = bodies(await registering.told())
    assert "Please call." in plain
    assert "/p/" not in plain + page
