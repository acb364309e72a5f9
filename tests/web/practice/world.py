"""A practice as its contacts meet it: a mail in a mailbox, the link in it, and pages."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from typing import Any

import httpx2
from sqlalchemy import text

from configuration.settings import Settings
from playbooks.engine.onboarding import Entry
from store.accounts import practice_links
from store.accounts.people import Role
from store.journal import journal
from tests.mailing import bodies
from tests.moments import CHICAGO
from tests.patience import PATIENCE
from tests.system.feeds import Reconnection
from tests.system.harness import Practice, eventually
from tests.web.browser import Browser, form_on, next_number, text_of
from web.practice.times import Clock


@dataclass
class Clinic(Practice):
    """`address` is that of the web; `lee` the technical contact that tests name."""

    address: str = ""
    settings: Settings | None = None

    @property
    def lee(self) -> str:
        return f"lee@{self.id}.test"

    async def link(self, to: str, count: int = 1) -> str:
        """The path that the link in the newest mail to somebody leads to, once there are `count` of them."""
        mails = await self.mailbox.wait_for(to, count)
        return path_in(mails[-1])

    async def told(self, about: str = "", to: str = "sam@pharmacy.test", seconds: float = PATIENCE) -> EmailMessage:
        """The newest mail to the assignee about this practice, once there is one that speaks of `about`."""

        def found() -> list[EmailMessage]:
            mails = [mail for mail in self.mailbox.to(to) if f"Practice {self.id}:" in str(mail["Subject"])]
            return [mail for mail in mails if about in bodies(mail)[0]]

        async with self.mailbox.arrived, asyncio.timeout(seconds):
            await self.mailbox.arrived.wait_for(found)
        return found()[-1]


def path_in(mail: EmailMessage) -> str:
    """Where the link in a mail leads: the same in both parts, and nowhere else in it."""
    plain, page = bodies(mail)
    (found,) = set(re.findall(r"https?://[^/\s]+(/p/[^\s\"<]+)", plain))
    assert set(re.findall(r'href="https?://[^/"]+(/p/[^"]+)"', page)) == {found}
    return str(found)


async def ask(browser: Browser, page: str, action: str, **fields: Any) -> httpx2.Response:
    """Fills in an action's form and sends it: what is shown is the question whether it shall happen."""
    return await browser.submit(f"{page}/{action}", fields, f"{page}/{action}")


async def confirm(browser: Browser, question: httpx2.Response) -> httpx2.Response:
    """Says yes."""
    action = re.search(r'action="(/p/[^"]+/confirm)"', question.text)
    assert action, text_of(question.text)
    return await browser.client.post(action[1], data=form_on(question.text, action[1]))


async def do(browser: Browser, page: str, action: str, **fields: Any) -> str:
    """Does it, the way a person does; what the page says then."""
    return text_of((await confirm(browser, await ask(browser, page, action, **fields))).text)


def shown(at: datetime) -> str:
    return str(text_of(Clock(CHICAGO, datetime.now(UTC)).moment(at)))


def card(html: str) -> str:
    """What stands under "now"."""
    found = re.search(r'<section class="card now".*?</section>', html, re.DOTALL)
    assert found
    return text_of(found[0])


async def now(phone: Browser, path: str) -> str:
    return card((await phone.get(path)).text)


async def journal_of(clinic: Clinic) -> list[Entry]:
    run = (await clinic.show()).run
    return await journal.lines(clinic.desk.database, clinic.identity, run)


async def technical(clinic: Clinic) -> str:
    """A technical contact is named; the path of the link that came with the briefing."""
    await clinic.record("technical_contact_designated", name="Lee Park", email=clinic.lee)
    return await clinic.link(clinic.lee)


async def state(clinic: Clinic) -> Any:
    """All that a change would leave a trace in, once all of it is in the journal."""
    onboarding = (await clinic.desk.state(clinic.identity)).onboarding
    lines = await eventually(
        lambda: journal.lines(clinic.desk.database, clinic.identity, onboarding.run),
        lambda lines: len(lines) >= onboarding.entry_count,
    )
    async with clinic.desk.database.connect() as connection:
        revoked = await connection.scalar(text("SELECT count(*) FROM practice_links WHERE revoked_at IS NOT NULL"))
    settled = onboarding.model_copy(update={"version": 0, "mails": ()})
    return settled, [(said.key, said.kind) for said in onboarding.mails], len(lines), revoked


HEARD = datetime(2026, 11, 18, 10, tzinfo=UTC)


async def lose(clinic: Clinic, technical: bool = True) -> Reconnection:
    """The connection is lost, as the watch opens it."""
    lost = Reconnection(clinic.desk, clinic.mailbox, clinic.id)
    await lost.desk.start("datapoint-reconnection", lost.request(), "sam")
    if technical:
        await lost.record("technical_contact_designated", name="Lee Park", email=clinic.lee)
    await lost.record("connection_lost", reason="silent", last_heard_at=HEARD.isoformat())
    return lost


async def change(clinic: Clinic, assignment: str) -> None:
    async with clinic.desk.database.begin() as connection:
        query = text(f"UPDATE practice_links SET {assignment} WHERE onboarding = :id")
        assert (await connection.execute(query, {"id": clinic.identity})).rowcount


async def expired(clinic: Clinic) -> None:
    await change(clinic, "expires_at = now()")


async def revoked(clinic: Clinic) -> None:
    await practice_links.revoke(clinic.desk.database, clinic.identity, (await clinic.show()).run, "primary_contact")


async def address_corrected(clinic: Clinic) -> None:
    await clinic.command("correct_contact", contact={"email": f"new@{clinic.id}.test"})


async def withdrawn(clinic: Clinic) -> None:
    await clinic.command("withdraw")


async def member(clinic: Clinic, role: Role) -> Browser:
    return await Browser.of_new_person(clinic.address, clinic.desk.database, role, f"{role}-links-{next_number()}")
