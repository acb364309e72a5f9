"""Who gets in: nobody whose link is wrong, over or not theirs any more, and all of them are answered alike."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy import text

from store.accounts.tokens import new_secret
from tests.patience import PATIENCE
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic, address_corrected, change, do, expired, revoked, withdrawn
from web.practice import errors
from web.practice.access import GUESSES
from web.security import HEADERS
from web.server import configuration

NO_ENTRY = "This link does not open a page"


async def for_something_else(clinic: Clinic) -> None:
    await change(clinic, "purpose = 'another'")


async def for_nobody_at_the_practice(clinic: Clinic) -> None:
    await change(clinic, "role = 'assignee'")


async def started_again(clinic: Clinic) -> None:
    """A later onboarding of the same practice, with the same contact."""
    await clinic.command("withdraw")
    await clinic.handle.result()
    await clinic.start()


async def of_an_onboarding_that_never_was(clinic: Clinic) -> None:
    await change(clinic, "onboarding = 'datapoint/never-was'")


OVER = [
    expired,
    revoked,
    for_something_else,
    for_nobody_at_the_practice,
    address_corrected,
    withdrawn,
    started_again,
]


@pytest.mark.parametrize("end", OVER, ids=lambda end: end.__name__)
async def test_a_link_that_is_over_opens_nothing(
    registering: Clinic, phone: Browser, end: Callable[[Clinic], Awaitable[None]]
) -> None:
    path = await registering.link(registering.contact)
    assert (await phone.get(path)).status_code == 200
    await end(registering)
    for page in (path, f"{path}/help", f"{path}/technical-contact"):
        answer = await phone.get(page)
        assert (answer.status_code, NO_ENTRY in text_of(answer.text)) == (410, True)
        assert registering.id not in answer.text


async def test_a_link_checker_finds_the_page_alive(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    answer = await phone.client.head(path)
    assert (answer.status_code, answer.content) == (200, b"")


async def test_a_link_to_an_onboarding_that_is_gone_opens_nothing(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await of_an_onboarding_that_never_was(registering)
    assert (await phone.get(path)).status_code == 410


async def test_of_two_technical_contacts_the_present_one_gets_in(registering: Clinic, phone: Browser) -> None:
    await registering.record("technical_contact_designated", name="Lee Park", email=registering.lee)
    lees = await registering.link(registering.lee)
    assert (await phone.get(lees)).status_code == 200
    await registering.record("technical_contact_designated", name="Uma", email=f"uma@{registering.id}.test")
    umas = await registering.link(f"uma@{registering.id}.test")
    assert [(await phone.get(path)).status_code for path in (lees, umas)] == [410, 200]
    await registering.command("retract", fact="technical_contact_designated")
    assert [(await phone.get(path)).status_code for path in (lees, umas)] == [200, 410]


async def test_every_refusal_looks_the_same_and_takes_the_same_time(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    await address_corrected(registering)
    pages = {await timed(registering, phone, path)}
    await expired(registering)
    for secret in (new_secret(), "x", "x" * 300, "only-in-the-mail-itself", "%00"):
        pages.add(await timed(registering, phone, f"/p/{secret}"))
    pages.add(await timed(registering, phone, path))
    assert len(pages) == 1


async def timed(clinic: Clinic, phone: Browser, path: str) -> str:
    """A refusal that came when all of them come. What this machine does besides makes single ones late."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with clinic.desk.database.begin() as connection:
                await connection.execute(text("DELETE FROM throttles WHERE key LIKE 'link %'"))
            began = time.perf_counter()
            answer = await phone.get(path)
            took = time.perf_counter() - began
            assert answer.status_code == 410
            assert took >= errors.REFUSAL_SECONDS
            if took < errors.REFUSAL_SECONDS + 0.15:
                # The page links to itself in other languages.
                return answer.text.replace(answer.request.url.path, "/p/SECRET")


async def test_a_link_opens_one_practice_for_one_role(registering: Clinic, phone: Browser, clinic: Clinic) -> None:
    other = Clinic(clinic.desk, clinic.mailbox, f"{clinic.id}-other", address=clinic.address, settings=clinic.settings)
    await other.start()
    await other.record("queued")
    mine, theirs = await registering.link(registering.contact), await other.link(other.contact)
    for path, its, others in ((mine, registering, other), (theirs, other, registering)):
        page = (await phone.get(path)).text
        assert its.contact in page
        assert others.contact not in page
    # What only the technical contact may do is not there for the primary one.
    assert (await phone.get(f"{mine}/ready")).status_code == 404


async def test_guessing_is_slowed_down_and_keeps_nobody_else_out(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(errors, "REFUSAL_SECONDS", 0.0)
    path = await registering.link(registering.contact)
    statuses = [(await phone.get(f"/p/{new_secret()}")).status_code for _ in range(GUESSES.free + 2)]
    assert statuses == [410] * (GUESSES.free + 1) + [429]
    # Others of the clinic come from the same address.
    assert (await phone.get(path)).status_code == 200
    answer = await phone.get(f"/p/{new_secret()}")
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "Please try again in" in text_of(answer.text)


async def test_right_links_are_not_counted(registering: Clinic, phone: Browser) -> None:
    path = await registering.link(registering.contact)
    assert {(await phone.get(path)).status_code for _ in range(GUESSES.free + 5)} == {200}


async def test_no_link_gets_into_a_log_or_to_another_site(
    registering: Clinic, phone: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    path = await registering.link(registering.contact)
    caplog.set_level(logging.DEBUG)
    for page in (path, f"{path}/help", f"{path}/nonsense"):
        answer = await phone.get(page)
        assert answer.headers["Referrer-Policy"] == HEADERS["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
    await do(phone, path, "help", text="Please call")
    secret = path.removeprefix("/p/")
    # uvicorn's own access log would tell it, and is off: here pytest itself listens to it.
    assert not configuration(object(), registering.desk.settings).access_log
    others = ("httpcore", "httpx", "uvicorn.access")
    ours = [record for record in caplog.records if not record.name.startswith(others)]
    assert any("GET /p/{token} 200" in record.getMessage() for record in ours)
    assert not any(secret in record.getMessage() + str(record.exc_text) for record in ours)
    assert secret not in (await phone.get("/metrics")).text


@pytest.mark.parametrize(
    ("name", "by"), [("Émile Durand", "contact:emile"), ("佐藤", "contact:primary_contact"), ("Dr. Who", "contact:dr")]
)
async def test_who_does_something_is_known_by_name_and_not_by_address(
    registering: Clinic, phone: Browser, name: str, by: str
) -> None:
    path = await registering.link(registering.contact)
    await registering.command("correct_contact", contact={"name": name})
    await do(phone, path, "technical-contact", name="Lee Park", email=registering.lee)
    fact = next(fact for fact in (await registering.show()).facts if fact.name == "technical_contact_designated")
    assert fact.by == by


async def test_a_contact_is_told_when_nobody_answers(
    registering: Clinic, phone: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await registering.link(registering.contact)
    monkeypatch.setattr("practice_page.visitor.PATIENCE", 0.0)
    answer = await phone.get(path)
    assert answer.status_code == 503
    assert "Please try again in a few minutes: nothing is lost" in text_of(answer.text)
    assert "worker" not in answer.text and "Temporal" not in answer.text
