"""One-time values that make a confirmation count once, for this visitor, action and values.

A value is issued with the question and redeemed with the answer. It is signed, so issued values need not be stored.
Outcomes are stored for longer than a value is valid: a repeated answer, by a double click or the back button, gets the
first one's outcome, also while that is still being carried out, and if it ended the link itself.
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
from templates.languages import say
from web.csrf import FIELD as CSRF
from web.problem import Problem
from web.services import services_of
from web.sessions import visit_of

SECONDS = 3600
CHANGES_PER_DAY = 20
"""By the holder of one role."""
ADDRESSES_PER_DAY = 3
"""New e-mail addresses, by the holder of one role."""
FIELD = "once"
PATIENCE = 20.0
"""Seconds that a repeated answer waits for the first one's outcome."""


@dataclass(frozen=True)
class Question:
    """A visitor's action with its values, to be confirmed."""

    request: Request
    link: Link
    action: str
    values: Mapping[str, str]

    @property
    def owner(self) -> str:
        """Who redeems values: the role, so that a new link does not start a new count."""
        return f"practice {self.link.onboarding} {self.link.run} {self.link.role}"

    @property
    def database(self) -> AsyncEngine:
        return services_of(self.request).database

    @property
    def signer(self) -> TimestampSigner:
        """Signs a value for this link, action, browser and values only."""
        browser = visit_of(self.request).form_binding()
        content = json.dumps([self.link.hash, self.action, sorted(self.values.items()), browser])
        salt = b"once " + hashlib.sha256(content.encode()).digest()
        return TimestampSigner(services_of(self.request).secret, salt, digest_method=hashlib.sha256)


def ask(question: Question) -> str:
    """Returns a value that confirms this question within the hour."""
    return question.signer.sign(secrets.token_urlsafe(12)).decode()


def answered(request: Request, link: Link | None, action: str, given: Mapping[str, str]) -> tuple[Question, str] | None:
    """Returns the question that a form answers, and the number of its value; None if that is invalid or too old."""
    if link is None:
        return None
    # Browsers send line ends as CRLF.
    values = {name: text.replace("\r\n", "\n") for name, text in given.items() if name not in (CSRF, FIELD)}
    question = Question(request, link, action, values)
    try:
        return question, question.signer.unsign(given.get(FIELD, ""), max_age=SECONDS).decode()
    except BadData:
        return None


async def carry_out(question: Question, number: str, act: Callable[[str], Awaitable[Outcome]]) -> Outcome:
    """Returns the outcome of a confirmation, which `act` carries out if it is the first with this number.

    `act` gets the number as idempotency key; if it raises, nothing counts as confirmed. Raises `Problem` also for too
    many changes in a day, and if the first is not done after `PATIENCE`.
    """
    database, owner = question.database, question.owner

    async def answer() -> Answer:
        if await idempotency.count(database, owner, timedelta(days=1)) > CHANGES_PER_DAY:
            raise _too_many()
        if email := question.values.get("email"):
            await _count_address(database, owner, email)
        return Answer(204, asdict(await act(number)), {})

    request = digest_of(question.action, question.values)
    try:
        stored = await idempotency.once(database, owner, number, request, answer, patience=PATIENCE)
    except KeyReused:
        raise refusal() from None
    except KeyUnderWay:
        raise _under_way() from None
    return Outcome(**stored.content)


async def _count_address(database: AsyncEngine, owner: str, email: str) -> None:
    """Counts the addresses given in a day, since each gets a mail. Raises `Problem` for one too many."""

    async def nothing() -> Answer:
        return Answer(204, {}, {})

    owner = f"{owner} addresses"
    await idempotency.once(database, owner, digest_of("address", {"email": email.lower()}), "", nothing)
    if await idempotency.count(database, owner, timedelta(days=1)) > ADDRESSES_PER_DAY:
        raise _too_many()


def _too_many() -> Problem:
    return Problem(
        429,
        say("Too many changes for one day"),
        say("Nothing was changed. Please write to us or call instead: a person can sort it out with you."),
        code="too-many",
    )


def _under_way() -> Problem:
    return Problem(
        409,
        say("We are on it"),
        say("Your confirmation has arrived and takes longer than usual. Your page shows the result in a minute."),
        code="under-way",
    )


def refusal() -> Problem:
    """Returns the problem for an invalid value: too old, forged, or of another question."""
    return Problem(
        409,
        say("Please confirm this once more"),
        say(
            "Nothing was changed now: this question is more than an hour old, or from another browser. Start again from"
            " your page, which also shows what has been done."
        ),
        code="once",
    )
