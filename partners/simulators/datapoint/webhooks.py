"""Delivers webhooks as the Standard Webhooks specification says: signed, and retried with backoff until a 2xx."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta

import httpx2
from standardwebhooks.webhooks import Webhook as Signature

from partners.simulators.datapoint.store import Store, Webhook

TIMEOUT = 15.0
"""Seconds for an answer."""
FIRST_BACKOFF = 0.5
MAX_BACKOFF = 30.0
"""Seconds before a webhook is sent again: doubled each time."""
CONNECTIONS = 20


class Webhooks:
    """Delivers each practice's webhooks in order, and those of several practices concurrently."""

    def __init__(self, store: Store, url: str, signature: Signature) -> None:
        self._store = store
        self._url = url
        self._signature = signature
        self._wake: dict[str, asyncio.Event] = {}
        # Without the environment's proxy: everything runs on this machine.
        self._client = httpx2.AsyncClient(
            timeout=httpx2.Timeout(TIMEOUT, pool=None),
            limits=httpx2.Limits(max_connections=CONNECTIONS),
            trust_env=False,
        )

    async def close(self) -> None:
        await self._client.aclose()

    def wake(self, practice: str) -> None:
        """Look again, because this practice's webhooks have changed."""
        self._wake.setdefault(practice, asyncio.Event()).set()

    def retry(self, webhook: Webhook) -> None:
        """Deliver a webhook now, also if it is held, dropped or delivered already."""
        self._change(webhook, "waiting")

    def drop(self, webhook: Webhook) -> None:
        """Give a webhook up, so that those behind it can be delivered."""
        self._change(webhook, "dropped")

    async def deliver(self, practice: str) -> None:
        wake = self._wake.setdefault(practice, asyncio.Event())
        while True:
            wake.clear()
            webhook = self._store.next_webhook(practice)
            if webhook is None:
                await wake.wait()
                continue
            wait = (webhook.retry_at - datetime.now(UTC)).total_seconds() if webhook.retry_at else 0.0
            if wait > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await wake.wait()
                continue
            await self._attempt(webhook)

    async def _attempt(self, webhook: Webhook) -> None:
        accepted, answer = await self._post(webhook)
        now = datetime.now(UTC)
        current = self._store.webhook(webhook.number)
        if current is None:
            return
        attempts = webhook.attempts + 1
        backoff = min(MAX_BACKOFF, FIRST_BACKOFF * 2 ** min(attempts - 1, 20))
        changes = {
            "state": "delivered" if accepted else current.state,
            "attempts": attempts,
            "answer": answer,
            "tried_at": now,
            "retry_at": None if accepted else now + timedelta(seconds=backoff),
        }
        self._store.save_webhook(current.model_copy(update=changes))

    async def _post(self, webhook: Webhook) -> tuple[bool, str]:
        """Whether the webhook was accepted, and the answer as text."""
        practice = self._store.practices.get(webhook.practice)
        url = (practice.callback if practice else None) or self._url
        # Signed anew for each attempt: a receiver refuses old signatures.
        now = datetime.now(UTC)
        headers = {
            "content-type": "application/json",
            "webhook-id": webhook.webhook_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": self._signature.sign(webhook.webhook_id, now, webhook.body),
        }
        try:
            response = await self._client.post(url, content=webhook.body.encode(), headers=headers)
        except httpx2.TimeoutException:
            return False, f"no answer within {TIMEOUT:.0f} s"
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            return False, f"nobody answers at {url}: {error or type(error).__name__}"
        body = "" if response.is_success else f": {response.text.strip()[:200]}"
        return response.is_success, f"{response.status_code} {response.reason_phrase}{body}"

    def _change(self, webhook: Webhook, state: str) -> None:
        self._store.save_webhook(webhook.model_copy(update={"state": state, "retry_at": None}))
        self.wake(webhook.practice)
