"""A practice as its contacts meet it: a mail in a mailbox, the link in it, and pages."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Any

import httpx2

from configuration.settings import Settings
from tests.mailing import bodies
from tests.patience import PATIENCE
from tests.system.harness import Practice
from tests.web.browser import Browser, form_on, text_of


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
