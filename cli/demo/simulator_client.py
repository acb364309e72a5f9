"""The demo's client of the DataPoint simulator: sets its clock, and submits its forms for the practice's people."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx2

from machine.datapoint_simulator import SPEED


class SimulatorClient:
    """A client of the simulator at `url` for one practice. `mailbox` is the Maildir of this machine's mail."""

    def __init__(self, url: str, mailbox: Path, practice: str) -> None:
        self.practice = practice
        self._mailbox = mailbox
        self._http = httpx2.AsyncClient(base_url=url, timeout=20, trust_env=False)

    async def close(self) -> None:
        await self._http.post("/control", json={"speed": float(SPEED)})
        await self._http.aclose()

    async def prepare(self) -> None:
        """Removes what an earlier demo left, and sets real-time speed; only the practice's clock is advanced."""
        await self._http.delete(f"/requests/{self.practice}")
        await self._post("/control", {"speed": 1.0, "automatic": False})

    async def set_behaviour(self, fact: str, kind: str) -> None:
        """Sets how a step misbehaves; `untold` performs it without a webhook."""
        await self._post(f"/control/practices/{self.practice}/steps/{fact}", {"kind": kind})

    async def silence_agent(self) -> None:
        """Stops the agent's heartbeats and feeds."""
        await self._post(f"/control/practices/{self.practice}", {"agent": "silent"})

    async def has_no_webhooks_waiting(self) -> bool:
        response = (await self._http.get("/control")).raise_for_status()
        return all(
            each["practice"] != self.practice or each["state"] != "waiting" for each in response.json()["webhooks"]
        )

    async def next_step_at(self) -> datetime | None:
        """Returns when DataPoint's next step is due, on the practice's clock."""
        response = (await self._http.get(f"/control/practices/{self.practice}")).raise_for_status()
        step = response.json()["next"]
        return datetime.fromisoformat(step["due"]) if step else None

    async def set_clock(self, now: datetime) -> None:
        """Advances the practice's clock to `now`; the steps due by then are performed."""
        await self._post(f"/control/practices/{self.practice}", {"now": now.isoformat()})

    async def submit_form(self, recipient: str, page: str, section: str, form: Mapping[str, str]) -> None:
        """Opens the link to `page` in the latest mail to `recipient`, and submits one of its forms."""
        link = self._link(recipient, page)
        (await self._http.get(link)).raise_for_status()
        response = await self._http.post(f"{link}/{section}" if section else link, data=dict(form))
        if response.status_code != 303:
            response.raise_for_status()

    async def _post(self, path: str, content: Mapping[str, Any]) -> None:
        (await self._http.post(path, json=dict(content))).raise_for_status()

    def _link(self, recipient: str, page: str) -> str:
        # The latest mail first: an earlier link may have stopped working.
        for file in sorted(self._mailbox.glob("*/*"), key=lambda each: each.stat().st_mtime_ns, reverse=True):
            mail = message_from_bytes(file.read_bytes(), policy=policy.default)
            assert isinstance(mail, EmailMessage)
            body = mail.get_body(("plain",))
            found = re.search(rf"/{page}/[\w-]+", body.get_content() if body else "")
            if found and recipient in str(mail["to"]):
                return found[0]
        raise LookupError(f"{recipient} has no mail with a link to the {page} page")
