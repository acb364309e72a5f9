"""One-time values: what makes a confirmation count, for this visitor, this action and these very words, once.

A value is handed out with the question "shall this happen?" and taken with the answer. It is signed, so that nothing
has to be kept of those handed out. Of those taken the outcome is kept, for longer than any of them is good: whoever
says yes a second time, by a double click or on the way back, is told what came of the first, also while that is still
being done, and also if it ended the very link.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta

from itsdangerous import BadData, TimestampSigner
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request

from playbooks.engine.idempotency import digest_of
from practice_page.actions.base import Outcome
from store.accounts.practice_links import Link
from store.inbox import idempotency
from store.inbox.idempotency import Answer, KeyReused, KeyUnderWay
from web.problem import Problem
from web.services import services_of
from web.sessions import visit_of

SECONDS = 3600
A_DAY = 20
"""Changes that the holder of one role may make within a day."""
FIELD = "once"
PATIENCE = 20.0
"""Seconds in which what is being done for the first click should be done, for the second to be told."""


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

    @property
    def signer(self) -> TimestampSigner:
        """What signs a value: it fits no other link, action, browser or wording."""
        said = json.dumps([self.link.hash, self.action, sorted(self.values.items()), _browser(self.request)])
        salt = b"once " + hashlib.sha256(said.encode()).digest()
        return TimestampSigner(services_of(self.request).secret, salt, digest_method=hashlib.sha256)


def ask(question: Question) -> str:
    """A value that confirms this question, within the hour."""
    return question.signer.sign(secrets.token_urlsafe(12)).decode()


def number_of(question: Question, value: str) -> str | None:
    """The number of a value that confirms this question; None for one that does not, or not any more."""
    try:
        return question.signer.unsign(value, max_age=SECONDS).decode()
    except BadData:
        return None


async def carried_out(question: Question, number: str, act: Callable[[str], Awaitable[Outcome]]) -> Outcome:
    """What came of a confirmation, which `act` carries out if it is the first with this number.

    `act` is given the number, a key for what is done. If it raises, nothing counts as confirmed. Raises `Problem` also
    where the day has seen enough changes, and where the first is still being done after `PATIENCE`.
    """
    database, owner = question.database, question.owner

    async def answer() -> Answer:
        if await idempotency.count(database, owner, timedelta(days=1)) > A_DAY:
            raise _too_many()
        return Answer(204, asdict(await act(number)), {})

    request = digest_of(question.action, question.values)
    try:
        answered = await idempotency.once(database, owner, number, request, answer, patience=PATIENCE)
    except KeyReused:
        raise refusal() from None
    except KeyUnderWay:
        raise _under_way() from None
    return Outcome(**answered.content)


def _browser(request: Request) -> str:
    return visit_of(request).form_binding()


def _too_many() -> Problem:
    return Problem(
        429,
        "That is a lot for one day",
        "Nothing was changed. Please write to us or call instead: a person can sort it out with you.",
        code="too-many",
    )


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
