"""DataPoint's stand-in in the demo: its clock goes with the practice's, and the practice's people use its pages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2

USUAL_SPEED = 3600.0
"""What the stand-in goes back to after the demo: an hour of its takes a second."""


class DataPointStandIn:
    """The stand-in at `url`, for one practice; `mailbox` is where the mails of this machine land."""

    def __init__(self, url: str, mailbox: Path, practice: str) -> None:
        self.practice = practice
        self._mailbox = mailbox
        self._http = httpx2.AsyncClient(base_url=url, timeout=20, trust_env=False)

    async def close(self) -> None:
        """What comes after the demo goes at its usual speed again."""
        await self._http.post("/control", json={"speed": USUAL_SPEED})
        await self._http.aclose()

    async def prepare(self) -> None:
        """Forgets an earlier demo; from now on an hour is an hour, of the practice's own clock."""
        await self._http.delete(f"/requests/{self.practice}")
        await self._tell("/control", {"speed": 1.0, "automatic": False})

    async def behave(self, fact: str, kind: str) -> None:
        """How a step of the practice's is going to go, for example `untold`: done, but without a word to us."""
        await self._tell(f"/control/practices/{self.practice}/steps/{fact}", {"kind": kind})

    async def go_silent(self) -> None:
        """From now on the agent is not seen any more."""
        await self._tell(f"/control/practices/{self.practice}", {"agent": "silent"})

    async def all_told(self) -> bool:
        """Whether every webhook about the practice has been taken."""
        answer = (await self._http.get("/control")).raise_for_status()
        return all(
            each["practice"] != self.practice or each["state"] != "waiting" for each in answer.json()["webhooks"]
        )

    async def next_due(self) -> datetime | None:
        """When DataPoint does something by itself next, on the practice's clock."""
        answer = (await self._http.get(f"/control/practices/{self.practice}")).raise_for_status()
        coming = answer.json()["next"]
        return datetime.fromisoformat(coming["due"]) if coming else None

    async def go_to(self, now: datetime) -> None:
        """Moves its clock of the practice on to `now`; what is due by then happens."""
        await self._tell(f"/control/practices/{self.practice}", {"now": now.isoformat()})

    async def fill_in(self, reader: str, page: str, part: str, form: Mapping[str, str]) -> None:
        """What `reader` does after a click on the link to `page` in the last mail from DataPoint."""
        link = self._link(reader, page)
        (await self._http.get(link)).raise_for_status()
        answer = await self._http.post(f"{link}/{part}" if part else link, data=dict(form))
        if answer.status_code != 303:
            answer.raise_for_status()

    async def _tell(self, path: str, content: Mapping[str, Any]) -> None:
        (await self._http.post(path, json=dict(content))).raise_for_status()

    def _link(self, reader: str, page: str) -> str:
        # The latest first: an earlier link may be good no more.
        for file in sorted(self._mailbox.glob("*/*"), key=lambda each: each.stat().st_mtime_ns, reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            body = mail.get_body(("plain",))
            found = re.search(rf"/{page}/[\w-]+", body.get_content() if body else "")
            if found and reader in str(mail["to"]):
                return found[0]
        raise LookupError(f"{reader} has no mail with a link to the {page} page")
