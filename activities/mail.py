"""Sends one mail, which is claimed in the ledger before and settled there afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.mail_rendering import with_link_token
from configuration.settings import Settings
from partners.message import Mail as Outgoing
from partners.smtp import Smtp, TransportError
from playbooks.engine.model import PHARMACY_ROLES
from store.accounts import practice_links
from store.database import DatabaseDown
from store.mail import ledger, outbox
from store.mail.rows import Letter
from workflows.contracts import MailResult

# While a server is down or mail is stopped, all waiting mails together try this often per second.
QUESTIONS_A_SECOND = 20
SELDOM = 15.0
"""Seconds between two tries of one mail, when few wait."""
SELDOM_OURS = 60.0
"""The same while our own access or sender is refused, until somebody puts that right."""
PATIENCE = timedelta(minutes=10)
LONGEST = timedelta(seconds=75)
"""How long a mail server may take for one mail."""
BEAT = 5.0
"""Seconds between heartbeats: well within the claim and Temporal's heartbeat timeout."""
DATABASE_PATIENCE = timedelta(minutes=3)


@dataclass(frozen=True)
class Mail:
    database: AsyncEngine
    settings: Settings
    smtp: Smtp

    @activity.defn(name="send_mail")
    async def send(self, key: str) -> MailResult:
        """Sends the mail unless it is settled already. Raises a retryable `ApplicationError` for temporary failures."""
        claim = await ledger.claim(self.database, key)
        if claim.outcome == "done":
            return MailResult(state=claim.state, reason=claim.note or claim.error or "")
        if claim.outcome == "paused":
            raise await self._later("all mail is paused (onboard mail resume)")
        if claim.outcome == "busy" or claim.letter is None:
            raise await self._later("another worker is sending it", timedelta(seconds=claim.wait_seconds))
        async with self._held(key, claim.attempt):
            trouble = await self._attempt(await self._opened(claim.letter))
            if trouble is not None:
                return await self._trouble(key, claim.attempt, trouble)
            await _noted(lambda: ledger.sent(self.database, key))
        return MailResult(state="sent")

    async def _attempt(self, letter: Letter) -> TransportError | None:
        """Hands the mail to the server. Returns the error, if any."""
        try:
            async with asyncio.timeout(LONGEST.total_seconds()):
                await self.smtp.send(self._addressed(letter))
        except TimeoutError:
            slow = "The mail server takes too long; the mail may have arrived or not"
            return TransportError(slow, maybe_delivered=True)
        except TransportError as trouble:
            return trouble
        return None

    @asynccontextmanager
    async def _held(self, key: str, attempt: int) -> AsyncIterator[None]:
        """Renews the claim and sends heartbeats while the block runs."""

        async def keep() -> None:
            while True:
                await asyncio.sleep(BEAT)
                activity.heartbeat()
                with suppress(DatabaseDown):
                    await ledger.renew(self.database, key, attempt)

        keeper = asyncio.create_task(keep())
        try:
            yield
        finally:
            keeper.cancel()

    async def _opened(self, letter: Letter) -> Letter:
        """Returns the mail with its link. One to the practice's page becomes valid."""
        key, run, role = self.settings.secret_key, letter.run, letter.role
        if key is None or role in PHARMACY_ROLES or practice_links.PLACEHOLDER not in letter.text:
            return letter
        secret = practice_links.secret_of(key.get_secret_value(), letter.key)
        if letter.onboarding and run and letter.to_email:
            whose = {"onboarding": letter.onboarding, "run": run, "role": role, "email": letter.to_email}
            days = self.settings.link_days
            await _noted(lambda: practice_links.issue(self.database, secret, **whose, mail=letter.key, days=days))
        return with_link_token(letter, secret)

    def _addressed(self, letter: Letter) -> Outgoing:
        assert letter.to_email is not None, "a letter without an address is stored as failed"
        redirect = self.settings.mail_redirect_all
        return Outgoing(
            to=redirect or letter.to_email,
            to_name=f"for {letter.to_email}" if redirect else letter.to_name or None,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            message_id=letter.message_id,
            at=letter.created_at,
        )

    async def _trouble(self, key: str, attempt: int, trouble: TransportError) -> MailResult:
        if trouble.permanent:
            await _noted(lambda: ledger.mark_failed(self.database, key, attempt, str(trouble), trouble.remedy))
            return MailResult(state="failed", reason=str(trouble))
        if trouble.maybe_delivered:
            await _noted(lambda: ledger.mark_unknown(self.database, key, attempt, str(trouble)))
        else:
            await _noted(lambda: ledger.release(self.database, key, attempt, str(trouble), trouble.remedy))
        # One line instead of the stack trace of a failed activity, for thousands of mails.
        activity.logger.warning(str(trouble))
        raise await self._later(str(trouble), seldom=SELDOM_OURS if trouble.remedy == "ours" else SELDOM)

    async def _later(self, why: str, wait: timedelta = timedelta(), seldom: float = SELDOM) -> ApplicationError:
        """Returns the error to raise, with a delay that grows with the number of waiting mails."""
        tries = activity.info().attempt
        waiting = await outbox.pending_count(self.database)
        seconds = max(wait.total_seconds(), min(2.0 ** min(tries, 6), seldom), waiting / QUESTIONS_A_SECOND)
        delay = min(timedelta(seconds=seconds), PATIENCE)
        return ApplicationError(why, type="NotSent", next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN)


async def _noted(note: Callable[[], Awaitable[object]]) -> None:
    """Records an outcome, and retries while the database is down: otherwise the mail would be sent again."""
    deadline = asyncio.get_running_loop().time() + DATABASE_PATIENCE.total_seconds()
    while True:
        try:
            await note()
            return
        except DatabaseDown:
            if asyncio.get_running_loop().time() > deadline:
                raise
        await asyncio.sleep(1)
