"""One-time values: what makes a confirmation count, for this visitor, this action and these very words, once.

A value is handed out with the question "shall this happen?" and taken with the answer. It is signed, so that nothing
has to be kept of those handed out. Of those taken the outcome is kept, for longer than any of them is good: whoever
says yes a second time, by a double click or on the way back, is told what came of the first, also while that is still
being done, and also if it ended the very link.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from practice_page.actions.base import Outcome
from store.accounts.practice_links import Link
from store.database import at_once
from store.inbox import idempotency
from store.inbox.idempotency import Answer, KeyUnderWay
from store.inbox.tables import idempotency as taken
from web.problem import Problem
from web.services import services_of
from web.sessions import visit_of

SECONDS = 3600
A_DAY = 20
"""Changes that the holder of one role may make within a day."""
FIELD = "once"
PATIENCE = 20.0
"""Seconds in which what is being done for the first click should be done, for the second to be told."""
LOOKED_AGAIN = 0.1
"""Seconds between two looks: another process may be doing it, and does not tell when it is done."""


@dataclass(frozen=True)
class Question:
    """What is asked for confirmation: an action of whoever came by a link, with these values."""

    request: Request
    link: Link
    action: str
    values: Mapping[str, str]

    @property
    def owner(self) -> str:
        """In whose name values are taken: the role's, so that a new link does not begin a new count."""
        return f"practice {self.link.onboarding} {self.link.run} {self.link.role}"

    @property
    def database(self) -> AsyncEngine:
        return services_of(self.request).database

    def mark(self, number: str, until: int) -> str:
        """What signs a value: it fits no other link, action, browser or wording."""
        said = json.dumps(
            [self.link.hash, self.action, sorted(self.values.items()), _browser(self.request), number, until]
        )
        key = services_of(self.request).secret.encode()
        return hmac.new(key, b"once " + hashlib.sha256(said.encode()).digest(), hashlib.sha256).hexdigest()


def ask(question: Question) -> str:
    """A value that confirms this question, within the hour."""
    number, until = secrets.token_urlsafe(12), int(time.time()) + SECONDS
    return f"{until}.{number}.{question.mark(number, until)}"


def number_of(question: Question, value: str) -> str | None:
    """The number of a value that confirms this question; None for one that does not, or not any more."""
    until, _, rest = value.partition(".")
    number, _, mark = rest.partition(".")
    if not (until.isdecimal() and len(until) < 20 and value.isascii()):
        return None
    good = hmac.compare_digest(mark, question.mark(number, int(until))) and int(until) >= time.time()
    return number if good else None


async def carried_out(question: Question, number: str, act: Callable[[str], Awaitable[Outcome]]) -> Outcome:
    """What came of a confirmation, which `act` carries out if it is the first with this number.

    `act` is given the number, a key for what is done. If it raises, nothing counts as confirmed. Raises `Problem` also
    where the day has seen enough changes, and where the first is still being done after `PATIENCE`.
    """
    database, owner = question.database, question.owner
    if before := await _before(question, number):
        return Outcome(**before.content)
    try:
        await _count(question)
        outcome = await act(number)
    except BaseException:
        # It may be tried again, and what was done of it is known again by its key.
        await asyncio.shield(idempotency.forget(database, owner, number))
        raise
    await asyncio.shield(idempotency.finish(database, owner, number, Answer(204, asdict(outcome), {})))
    return outcome


async def _before(question: Question, number: str) -> Answer | None:
    """What was answered to the first; None if this is the first, which is noted."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await idempotency.begin(question.database, question.owner, number, question.action)
        except KeyUnderWay:
            if time.monotonic() > end:
                raise _under_way() from None
        await asyncio.sleep(LOOKED_AGAIN)


async def _count(question: Question) -> None:
    mine = taken.c.owner == question.owner
    recent = taken.c.created_at > func.now() - func.make_interval(0, 0, 0, 1)
    async with at_once(question.database) as connection:
        number = await connection.scalar(select(func.count()).where(mine, recent)) or 0
    if number > A_DAY:
        raise Problem(
            429,
            "That is a lot for one day",
            "Nothing was changed. Please write to us or call instead: a person can sort it out with you.",
            code="too-many",
        )


def _browser(request: Request) -> str:
    return visit_of(request).bound_to()


def _under_way() -> Problem:
    return Problem(
        409,
        "We are on it",
        "Your confirmation has arrived and takes longer than usual. Your page shows in a minute what came of it.",
        code="under-way",
    )


def refusal() -> Problem:
    """For a value that confirms nothing here: too old, made up, or of another question."""
    return Problem(
        409,
        "Please confirm this once more",
        "Nothing was changed now: the question was open for more than an hour, or in another browser. Start again from "
        "your page, which also shows what has been done.",
        code="once",
    )
