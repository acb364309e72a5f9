"""One conversation: mails, what contacts did on the practice's page, and calls, in the order of time."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Literal, get_args

from sqlalchemy import (
    ColumnElement,
    DateTime,
    Select,
    Text,
    and_,
    cast,
    false,
    func,
    literal,
    null,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.model import PHARMACY_ROLES
from playbooks.engine.onboarding import CONTACT_PREFIX
from store.conversation.tables import calls
from store.database import at_once
from store.journal.tables import entries
from store.mail.tables import mails
from store.telephone import SHORTEST, telephone_digits

Part = Literal["mails", "page", "calls", "team"]
"""What is wanted of a conversation: mails to the practice with those that came back, what contacts did on the
practice's page, calls, or the mails to colleagues about it."""
PARTS: tuple[Part, ...] = get_args(Part)
WITH_THE_PRACTICE: tuple[Part, ...] = ("mails", "page", "calls")


@dataclass(frozen=True)
class Item:
    """One line. What the fields are depends on `kind`.

    | | `mail` | `returned` | `page` | `call` |
    |---|---|---|---|---|
    | `id` | key | number | number | ID |
    | `who` | to whom | | who did it | with whom |
    | `address` | e-mail address | | | telephone |
    | `title` | subject | what came back | what happened | direction |
    | `text` | the words | | the words | what was said |
    | `name` | kind | kind | fact or command | who logged it |
    """

    kind: Literal["mail", "returned", "page", "call"]
    id: str
    at: datetime
    onboarding: str | None
    run: str | None
    who: str
    address: str | None
    title: str
    text: str | None
    name: str
    state: str | None
    role: str | None
    trouble: str | None
    sent_at: datetime | None
    data: dict[str, Any] | None
    taken_back: str | None

    @property
    def place(self) -> str:
        """Where `conversation` goes on behind this item; fit for an address."""
        return f"{self.at.isoformat()} {self.kind} {self.id}"


@dataclass(frozen=True)
class Correspondent:
    """A person at a practice. `handle` is the name by which the journal records what they do on the practice's page."""

    name: str
    email: str
    phone: str | None
    handle: str


_TYPES: dict[str, Any] = {"at": DateTime(timezone=True), "sent_at": DateTime(timezone=True), "data": JSONB}
_NAMES = [field.name for field in fields(Item)]
_ours = mails.c.role.in_(sorted(PHARMACY_ROLES))
_trouble = func.nullif(func.concat_ws("; ", mails.c.error, mails.c.note), "")
_MAIL: dict[str, Any] = {
    "kind": literal("mail"),
    "id": mails.c.key,
    "at": mails.c.created_at,
    "onboarding": mails.c.onboarding,
    "run": mails.c.run,
    "who": mails.c.to_name,
    "address": mails.c.to_email,
    "title": mails.c.subject,
    "text": mails.c.text,
    "name": mails.c.kind,
    "state": mails.c.state,
    "role": mails.c.role,
    "trouble": _trouble,
    "sent_at": mails.c.sent_at,
}
_LINE: dict[str, Any] = {
    "id": func.concat_ws("/", entries.c.onboarding, entries.c.run, entries.c.number),
    "at": entries.c.recorded_at,
    "onboarding": entries.c.onboarding,
    "run": entries.c.run,
    "who": entries.c.by,
    "title": entries.c.text,
    "text": entries.c.why,
    "name": entries.c.name,
    "data": entries.c.data,
}
_CALL: dict[str, Any] = {
    "kind": literal("call"),
    "id": func.lpad(cast(calls.c.id, Text), 20, "0"),
    "at": calls.c.at,
    "who": calls.c.name,
    "address": calls.c.phone,
    "title": calls.c.direction,
    "text": calls.c.said,
    "name": calls.c.by,
    "trouble": calls.c.taken_back_why,
    "taken_back": calls.c.taken_back_by,
}
_did = entries.c.by.startswith(CONTACT_PREFIX, autoescape=True)
_came_back = and_(entries.c.kind == "mail", entries.c.by == "mail")


async def conversation(
    engine: AsyncEngine,
    practice: str,
    journals: Collection[str],
    *,
    parts: Collection[Part] = WITH_THE_PRACTICE,
    search: str = "",
    person: Correspondent | None = None,
    limit: int = 50,
    after: str | None = None,
) -> list[Item]:
    """Returns what was written and said, the latest first.

    `journals` are the IDs of the practice's onboardings, and under which the journal has its feed's entries. Every word
    of `search` occurs in what is returned, or it is the telephone of a call. With `person` it is what was written to
    them, and what they did and said. `after` continues behind the item with this `place`; raises `ValueError` if it is
    none.
    """
    place = _place_of(after) if after is not None else None
    sources = _sources(practice, sorted(journals), parts)
    chosen = [_limited(each, search, person, place, limit) for each in sources]
    found = union_all(*chosen).subquery()
    query = select(found).order_by(found.c.at.desc(), found.c.kind.desc(), found.c.id.desc()).limit(limit)
    async with at_once(engine) as connection:
        return [Item(**row) for row in (await connection.execute(query)).mappings()]


def _sources(practice: str, journals: Sequence[str], parts: Collection[Part]) -> list[Select[Any]]:
    of = mails.c.onboarding.in_(journals)
    lines = entries.c.onboarding.in_(journals)
    found: list[Select[Any]] = []
    if "mails" in parts:
        found.append(_columns(_MAIL).where(of, ~_ours))
        found.append(_columns({**_LINE, "kind": literal("returned")}).where(lines, _came_back))
    if "team" in parts:
        found.append(_columns(_MAIL).where(of, _ours))
    if "page" in parts:
        found.append(_columns({**_LINE, "kind": literal("page")}).where(lines, _did))
    if "calls" in parts:
        found.append(_columns(_CALL).where(calls.c.practice == practice))
    return found


def _columns(given: dict[str, Any]) -> Select[Any]:
    return select(*(cast(given.get(name, null()), _TYPES.get(name, Text)).label(name) for name in _NAMES))


def _limited(
    source: Select[Any],
    search: str,
    person: Correspondent | None,
    place: tuple[datetime, str, str] | None,
    limit: int,
) -> Select[Any]:
    one = source.subquery()
    here = (one.c.at, one.c.kind, one.c.id)
    query = select(one).where(_fits(one, search))
    if person is not None:
        query = query.where(_concerns(one, person))
    if place is not None:
        query = query.where(tuple_(*here) < tuple_(*(literal(each) for each in place)))
    return query.order_by(*(each.desc() for each in here)).limit(limit)


def _fits(one: Any, search: str) -> ColumnElement[bool]:
    words = and_(true(), *(_has(one, word) for word in search.split()[:6]))
    return or_(words, has_number(one.c.address, search))


def _concerns(one: Any, person: Correspondent) -> ColumnElement[bool]:
    """Whether a mail went to the person, the person did something on the practice's page, or it is their call."""
    named = func.lower(one.c.who) == person.name.lower()
    return or_(
        and_(one.c.kind == "mail", func.lower(one.c.address) == person.email.lower()),
        and_(one.c.kind == "page", one.c.who == person.handle),
        and_(one.c.kind == "call", or_(named, has_number(one.c.address, person.phone or ""))),
    )


def has_number(column: ColumnElement[Any], phone: str) -> ColumnElement[bool]:
    """Returns whether a column holds this telephone, however either is written."""
    digits = telephone_digits(phone) or ""
    if len(digits) < SHORTEST:
        return false()
    return func.regexp_replace(column, r"\D", "", "g").contains(digits[-SHORTEST:])


def _has(one: Any, word: str) -> ColumnElement[bool]:
    columns = (one.c.who, one.c.address, one.c.title, one.c.text, cast(one.c.data, Text))
    return or_(*(each.icontains(word.replace("\0", ""), autoescape=True) for each in columns))


def _place_of(text: str) -> tuple[datetime, str, str]:
    at, _, rest = text.replace("\0", "").partition(" ")
    kind, _, id = rest.partition(" ")
    moment = datetime.fromisoformat(at)
    if moment.tzinfo is None or not id:
        raise ValueError(f"'{text}' continues no conversation")
    return moment, kind, id
