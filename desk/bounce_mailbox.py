"""Takes in returned mail from a mailbox (BOUNCE_MAILBOX), by one worker at a time.

A report may be taken in twice, if a worker dies before it has noted that, or if the server numbers its messages anew;
taking in is idempotent, so the second time changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace
from datetime import timedelta

from configuration.settings import Settings
from desk.problem import NoAnswer
from desk.returned_mail import take_in
from desk.service import Desk
from desk.updates import PATIENCE
from partners.bounce_mailbox import BATCH, BounceMailbox, MailboxProblem, opened
from partners.server_url import ImapUrl
from store.database import DatabaseProblem
from store.mail import bounce_mailbox as readings
from store.mail.bounce_mailbox import Progress

log = logging.getLogger("bounces")

READ_EVERY = timedelta(minutes=1)
AFTER_REFUSAL = timedelta(minutes=10)
"""The pause after a wrong password: many servers lock an account that tries too often."""
CLAIM = timedelta(minutes=2)
"""How long a reader that died keeps the mailbox."""
MAX_UNANSWERED = 3
"""Reports whose onboarding does not answer, after which a reading ends: most likely none answers now."""


def mailbox_url(settings: Settings) -> ImapUrl | None:
    """Returns the mailbox's address, if one is set. Raises `ServerUrlProblem`."""
    setting = settings.bounce_mailbox
    return ImapUrl.parse(setting.get_secret_value()) if setting else None


async def watch(desk: Desk, url: ImapUrl | None) -> None:
    """Reads the mailbox again and again; does nothing without one."""
    said, first = None, True
    while url is not None:
        try:
            # Who starts a worker anew may have corrected the password.
            problem = await read(desk, url, after_problem=first)
            first = False
            if problem and problem != said:
                log.warning("%s", problem)
                said = problem
        except DatabaseProblem as error:
            log.info("returned mail waits: %s", error)
        except Exception:
            # An unexpected error must not end the readings.
            log.exception("the mailbox for returned mail could not be read")
        await asyncio.sleep(READ_EVERY.total_seconds() / 4)


async def read(
    desk: Desk,
    url: ImapUrl,
    *,
    claim: timedelta = CLAIM,
    patience: timedelta = PATIENCE,
    after_problem: bool = False,
) -> str | None:
    """Takes in what has come since the last reading, unless that was just now or another worker reads.

    Returns what is wrong with the mailbox. Raises `DatabaseProblem`.
    """
    progress = await readings.claim(desk.database, url.name, claim, after_problem=after_problem)
    if progress is None:
        return None
    try:
        async with opened(url) as mailbox:
            await _Reader(desk, url, mailbox, progress, claim, patience).run()
    except MailboxProblem as problem:
        await readings.finish(desk.database, url.name, AFTER_REFUSAL if problem.refused else READ_EVERY, str(problem))
        return str(problem)
    await readings.finish(desk.database, url.name, READ_EVERY)
    return None


class _Reader:
    """One reading. What it has come to is noted after each message."""

    def __init__(
        self,
        desk: Desk,
        url: ImapUrl,
        mailbox: BounceMailbox,
        progress: Progress,
        claim: timedelta,
        patience: timedelta,
    ) -> None:
        self.desk = desk
        self.url = url
        self.mailbox = mailbox
        self.claim = claim
        self.patience = patience
        same = progress.uid_validity == mailbox.uid_validity
        self.progress = progress if same else Progress(mailbox.uid_validity, taken=progress.taken)
        self.unanswered = 0

    async def run(self) -> None:
        # What waits comes last, or a few that nobody ever answers would stop all others.
        new = await self.mailbox.uids_from(self.progress.next_uid)
        uids = [*new, *self.progress.waiting]
        for start in range(0, len(uids), BATCH):
            some = uids[start : start + BATCH]
            found = dict(await self.mailbox.fetch(some))
            for uid in some:
                await self._take(uid, found.get(uid))
                if self.unanswered == MAX_UNANSWERED:
                    return

    async def _take(self, uid: int, content: bytes | None) -> None:
        """Takes in a message; there is no content if somebody has deleted it meanwhile."""
        waiting = tuple(each for each in self.progress.waiting if each != uid)
        taken = 0
        try:
            outcomes = await take_in(self.desk, content, self.patience) if content is not None else []
            taken = sum(each.noted is not None for each in outcomes)
            # What is no report, or none about a mail of ours, stays unread for people.
            if outcomes and all(each.ours for each in outcomes):
                await self.mailbox.mark_read(uid)
        except NoAnswer as problem:
            log.info("a returned mail waits: %s", problem)
            waiting = (*waiting, uid)
            self.unanswered += 1
        except (MailboxProblem, DatabaseProblem):
            raise
        except Exception:
            log.exception("the message %s could not be read; it stays unread", uid)
        self.progress = replace(
            self.progress,
            next_uid=max(self.progress.next_uid, uid + 1),
            waiting=waiting,
            taken=self.progress.taken + taken,
        )
        await readings.save(self.desk.database, self.url.name, self.progress, self.claim)
