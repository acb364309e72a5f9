"""Delivers events as the Standard Webhooks specification says: signed, again with back-off until answered 2xx."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import httpx2
from standardwebhooks.webhooks import Webhook as Signature

from partners.simulators.datapoint_store import Store, Webhook

TIMEOUT = 15.0
"""Seconds for an answer."""
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 30.0
"""Seconds before an event is sent again: doubled each time."""
CONNECTIONS = 20


class Webhooks:
    """Sends each practice's events one after the other, as they happened; those of several practices side by side."""

    def __init__(self, store: Store, url: str, signature: Signature) -> None:
        self._store = store
        self._url = url
        self._signature = signature
        self._wake: dict[str, asyncio.Event] = {}
        # What a proxy is for does not run on this machine.
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(TIMEOUT, pool=None),
            limits=httpx2.Limits(max_connections=CONNECTIONS),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    def wake(self, practice: str) -> None:
        """Something changed about the events of this practice: look again."""
        self._wake.setdefault(practice, asyncio.Event()).set()

    def retry(self, webhook: Webhook) -> None:
        """Send an event now, whether it waits, is held, was given up or has gone already."""
        self._change(webhook, "waiting")

    def drop(self, webhook: Webhook) -> None:
        """Give an event up, so that the ones behind it can go."""
        self._change(webhook, "dropped")

    async def deliver(self, practice: str) -> None:
        """Deliver the events of one practice, for ever."""
        wake = self._wake.setdefault(practice, asyncio.Event())
        while True:
            wake.clear()
            webhook = self._store.next_webhook(practice)
            if webhook is None:
                await wake.wait()
                continue
            pause = (webhook.retry_at - datetime.now(UTC)).total_seconds() if webhook.retry_at else 0.0
            if pause > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(pause):
                        await wake.wait()
                continue
            await self._attempt(webhook)

    async def _attempt(self, webhook: Webhook) -> None:
        taken, answer = await self._post(webhook)
        now = datetime.now(UTC)
        current = self._store.webhook(webhook.number)
        if current is None:
            return
        attempts = webhook.attempts + 1
        pause = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempts - 1, 20))
        changes = {
            "state": "delivered" if taken else current.state,
            "attempts": attempts,
            "answer": answer,
            "tried_at": now,
            "retry_at": None if taken else now + timedelta(seconds=pause),
        }
        self._store.save_webhook(current.model_copy(update=changes))

    async def _post(self, webhook: Webhook) -> tuple[bool, str]:
        """Whether the event was taken, and what was answered."""
        practice = self._store.practices.get(webhook.practice)
        url = (practice.callback if practice else None) or self._url
        # The time of this attempt: a receiver refuses what was signed long ago.
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signature.sign(webhook.webhook_id, now, webhook.body),
        }
        try:
            answer = await self._client.post(url, content=webhook.body.encode(), headers=headers)
        except httpx2.TimeoutException:
            return False, f"no answer within {TIMEOUT:.0f} s"
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return False, f"nobody answers at {url}: {error or type(error).__name__}"
        words = "" if answer.is_success else f": {answer.text.strip()[:200]}"
        return answer.is_success, f"{answer.status_code} {answer.reason_phrase}{words}"

    def _change(self, webhook: Webhook, state: str) -> None:
        self._store.save_webhook(webhook.model_copy(update={"state": state, "retry_at": None}))
        self.wake(webhook.practice)
