"""A program that hands in requests for record sharing by e-mail, and the mails of clinics' offices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import httpx2

from tests.signing import mail, signed
from tests.web.browser import next_number
from tests.web.sharing.group import Group


@dataclass(frozen=True)
class Mailroom:
    """The DNS of its web knows the key of north's domain, and not that of south's."""

    program: httpx2.AsyncClient
    group: Group

    async def hand_in(self, raw: bytes) -> tuple[int, dict[str, Any]]:
        answer = await self.program.post("/api/sharing/emails", content=raw, headers={"Content-Type": "message/rfc822"})
        return answer.status_code, answer.json()

    async def decide(self, id: int, *, accept: bool, **more: str) -> httpx2.Response:
        order = {"accept": accept, "why": "Kim called them.", **more}
        return await self.program.post(f"/api/sharing/emails/{id}/decision", json=order)

    def boss(self, name: str = "north") -> str:
        return f"boss@{self.group.id(name)}.test"

    def letter(self, asks: str = "north", text: str | None = None, at: datetime | None = None) -> bytes:
        """A signed request of a clinic's office."""
        number = next_number()
        # The same words within a second are the same mail.
        text = text or f"Please share our records with {self.group.id('south')}. This is letter {number}.\n"
        return signed(mail(self.boss(asks), text, at, number), f"{self.group.id(asks)}.test")

    async def let_ask(self, name: str, boss: str | None = None) -> None:
        """The boss is an owner of the clinic, and theirs is the address on its account."""
        email = boss or self.boss(name)
        await self.group.change(name, account_email=email)
        await self.group.clinics[name].member("owner", email)
