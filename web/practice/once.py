"""One-time values: what makes a confirmation count, for this visitor, this action and these very words, once.

A value is handed out with the question "shall this happen?" and taken with the answer. It is signed, so that nothing
has to be kept of those handed out; of those taken the number is kept, for longer than any of them is good.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from starlette.requests import Request

from pharmacy.database import at_once
from pharmacy.links import Link
from pharmacy.tables import idempotency
from web.problem import Problem
from web.services import services_of
from web.sessions import visit_of

SECONDS = 3600
A_DAY = 20
"""Changes that the holder of one role may make within a day."""
FIELD = "once"


class Visitor(Protocol):
    """Whoever came by a link."""

    @property
    def link(self) -> Link: ...


@dataclass(frozen=True)
class Question:
    """What is asked for confirmation: an action of a visitor, with these values."""

    request: Request
    visitor: Visitor
    action: str
    values: Mapping[str, str]

    @property
    def owner(self) -> str:
        """In whose name values are taken: the role's, so that a new link does not begin a new count."""
        link = self.visitor.link
        return f"practice {link.onboarding} {link.run} {link.role}"

    def mark(self, number: str, until: int) -> str:
        """What signs a value: it fits no other link, action, browser or wording."""
        said = json.dumps(
            [self.visitor.link.hash, self.action, sorted(self.values.items()), _browser(self.request), number, until]
        )
        key = services_of(self.request).secret.encode()
        return hmac.new(key, b"once " + hashlib.sha256(said.encode()).digest(), hashlib.sha256).hexdigest()


def ask(question: Question) -> str:
    """A value that confirms this question, within the hour."""
    number, until = secrets.token_urlsafe(12), int(time.time()) + SECONDS
    return f"{until}.{number}.{question.mark(number, until)}"


async def take(question: Question, value: str) -> str:
    """Takes the value of a confirmation, and gives its number: a key for what is done. Raises `Problem`."""
    until, _, rest = value.partition(".")
    number, _, mark = rest.partition(".")
    if not (until.isdecimal() and len(until) < 20 and value.isascii()):
        raise _refusal()
    if not hmac.compare_digest(mark, question.mark(number, int(until))) or int(until) < time.time():
        raise _refusal()
    database = services_of(question.request).database
    mine = idempotency.c.owner == question.owner
    recent = idempotency.c.created_at > func.now() - func.make_interval(0, 0, 0, 1)
    taken = insert(idempotency).values(owner=question.owner, key=number, request=question.action, status=204)
    async with at_once(database) as connection:
        if (await connection.scalar(select(func.count()).where(mine, recent)) or 0) >= A_DAY:
            raise Problem(
                429,
                "That is a lot for one day",
                "Nothing was changed. Please write to us or call instead: a person can sort it out with you.",
                code="too-many",
            )
        if await connection.scalar(taken.on_conflict_do_nothing().returning(idempotency.c.key)) is None:
            raise _refusal()
    return number


def _browser(request: Request) -> str:
    return visit_of(request).bound_to()


def _refusal() -> Problem:
    return Problem(
        409,
        "This was confirmed already, or too late",
        "Nothing was changed now. Each confirmation works once, for an hour; look at your page to see what has been "
        "done, and start again from there if something is missing.",
        code="once",
    )
