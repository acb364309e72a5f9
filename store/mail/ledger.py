"""The mail ledger: which mail may be sent now, and the state of each.

SMTP cannot deliver a mail exactly once: a sender may die after the server took the mail and before that was recorded.
So a sender claims the mail first, and the ledger records what is uncertain:

1. `claim` turns `queued` into `sending` by compare-and-set. Of any number of senders one gets the mail.
2. The sender hands it to the server and records the outcome: `sent`, `mark_failed` (refused for good), `release` (to
   be tried later: `queued` again) or `mark_unknown` (the connection broke after the text).
3. A live sender renews its claim. If a claim is older than CLAIM_SECONDS, the sender has died, and it is unknown
   whether the mail went out: the ledger notes that it may be delivered twice, and hands it out once more, with the same
   Message-ID, by which most mailboxes show the copies as one.
4. If that attempt ends in doubt as well, the mail stays `unknown`: there is never more than one extra copy.

A mail that became obsolete while it waited is `cancelled` when it is claimed (`store.mail.obsolete`), so that nobody
gets a burst of mails after an outage.

What a sender reports after its claim has expired counts only if it is `sent`. All ages are by the database's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, extract, func, literal, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.states import MailState, Remedy
from store.columns import Json, storable
from store.database import at_once
from store.insertion import insertion, plain
from store.mail.obsolete import OBSOLETE_NOTE, is_obsolete
from store.mail.outbox import doubted_once, paused
from store.mail.rows import Letter
from store.mail.tables import mails

CLAIM_SECONDS = 20
"""How long a claim lasts without being renewed."""

TWICE = "may have been delivered twice"
"""Begins the note of every mail whose delivery is uncertain."""


class UnknownMail(LookupError):
    """No mail has this key."""


@dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    `send`: the caller has to send `letter` as `attempt`; with `again` an earlier copy may have been delivered.
    `done`: nothing is to be sent, `state` and `note` say why. `paused`: all mail is stopped.
    `busy`: another sender has it; ask again in `wait_seconds`.
    """

    outcome: Literal["send", "done", "paused", "busy"]
    state: MailState
    attempt: int
    letter: Letter | None = None
    note: str | None = None
    error: str | None = None
    wait_seconds: float = 0.0

    @property
    def again(self) -> bool:
        return self.outcome == "send" and self.note is not None


class Sent(NamedTuple):
    """A mail that left. The first two are None if it belongs to no onboarding."""

    onboarding: str | None
    run: str | None
    key: str
    subject: str
    to_email: str | None


_LETTER = [field.name for field in fields(Letter)]
_SENT = [name for name in _LETTER if name != "note"]
LETTERS = insertion(mails, _LETTER, "letters")
"""Stores the mails bound as `letters`, as part of a statement that stores what they are about."""
_FOUND = [*(mails.c[name] for name in _LETTER), mails.c.attempts]
# In SQL's own words: an UPDATE of SQLAlchemy's would also set the columns named as the statement's other values are.
DECIDED = (
    text("""
    UPDATE mails SET updated_at = now(), state = new.state, note = coalesce(new.note, mails.note), error = new.error,
        to_name = coalesce(new.to_name, mails.to_name), to_email = coalesce(new.to_email, mails.to_email),
        subject = coalesce(new.subject, mails.subject), text = coalesce(new.text, mails.text),
        html = coalesce(new.html, mails.html), created_at = coalesce(new.created_at, mails.created_at)
    FROM jsonb_to_recordset(:decided) AS new (
        key text, state text, note text, error text, to_name text, to_email text,
        subject text, text text, html text, created_at timestamptz
    )
    WHERE mails.key = new.key AND mails.state = 'held' RETURNING mails.key
    """)
    .bindparams(bindparam("decided", type_=Json))
    .columns(mails.c.key)
)
"""Lets go of the held mails bound as `decided`, or drops them; others are left unchanged. Columns without a value stay
as they are."""
_CLAIM_LENGTH = literal(timedelta(seconds=CLAIM_SECONDS))

_died = and_(mails.c.state == "sending", mails.c.claimed_at < func.now() - _CLAIM_LENGTH)
_died_again = and_(_died, mails.c.doubts > 0)
_UNSENT = mails.c.state.not_in(("sent", "bounced"))


def _in_doubt(how: str) -> ColumnElement[str]:
    """Returns SQL for the note after one more attempt with an unknown outcome."""
    attempt = func.concat(how, " in attempt ", mails.c.attempts)
    again = func.concat(mails.c.note, "; ", attempt, ": it is not sent again")
    return case((mails.c.doubts > 0, again), else_=func.concat(TWICE, ": ", attempt))


_CLAIM = (
    update(mails)
    .where(mails.c.key == bindparam("mail"), or_(mails.c.state == "queued", doubted_once, _died), ~paused)
    .values(
        state=case((is_obsolete, "cancelled"), (_died_again, "unknown"), else_="sending"),
        attempts=mails.c.attempts + case((or_(is_obsolete, _died_again), 0), else_=1),
        doubts=mails.c.doubts + case((_died, 1), else_=0),
        note=case(
            (_died, _in_doubt("the sender died")),
            (is_obsolete, func.concat_ws("; ", mails.c.note, OBSOLETE_NOTE)),
            else_=mails.c.note,
        ),
        claimed_at=case((_died_again, mails.c.claimed_at), else_=func.now()),
        updated_at=func.now(),
    )
    .returning(*_FOUND)
)
_READ = select(
    mails.c.state,
    mails.c.attempts,
    mails.c.note,
    mails.c.error,
    or_(mails.c.state.in_(("queued", "sending")), doubted_once).label("unsettled"),
    extract("epoch", mails.c.claimed_at + _CLAIM_LENGTH - func.now()).label("wait"),
    paused.label("paused"),
).where(mails.c.key == bindparam("mail"))


async def store(engine: AsyncEngine, letters: Sequence[Letter]) -> None:
    """Stores mails that belong to no onboarding's step, such as a digest. Existing ones are left unchanged."""
    async with at_once(engine) as connection:
        await connection.execute(LETTERS, {"letters": [plain(vars(letter)) for letter in letters]})


async def claim(engine: AsyncEngine, key: str) -> Claim:
    """Claims a mail in order to send it now. Raises `UnknownMail`."""
    async with at_once(engine) as connection:
        row = (await connection.execute(_CLAIM, {"mail": key})).mappings().first()
        if row is not None:
            claim = Claim("done", row["state"], row["attempts"], note=row["note"], error=row["error"])
            if row["state"] != "sending":
                return claim
            return replace(claim, outcome="send", letter=Letter(**{name: row[name] for name in _SENT}))
        row = (await connection.execute(_READ, {"mail": key})).mappings().first()
    if row is None:
        raise UnknownMail(key)
    claim = Claim("done", row["state"], row["attempts"], note=row["note"], error=row["error"])
    if not row["unsettled"]:
        return claim
    if row["paused"]:
        return replace(claim, outcome="paused")
    # Without time to wait it became free between the two statements.
    return replace(claim, outcome="busy", wait_seconds=max(1.0, float(row["wait"] or 0)))


async def renew(engine: AsyncEngine, key: str, attempt: int) -> None:
    """Renews the claim of an attempt that still holds it."""
    again = update(mails).where(mails.c.key == key, _holds(attempt)).values(_changed(claimed_at=func.now()))
    async with at_once(engine) as connection:
        await connection.execute(again)


async def sent(engine: AsyncEngine, key: str) -> MailState:
    """Records that the server took the mail. Like the functions below, returns the state, or raises `UnknownMail`."""
    return await _settle(engine, key, _UNSENT, state="sent", sent_at=func.now(), error=None, remedy=None)


async def mark_failed(engine: AsyncEngine, key: str, attempt: int, error: str, remedy: Remedy = "address") -> MailState:
    """Records that the server refused the mail for good."""
    return await _settle(engine, key, _holds(attempt), state="failed", error=error, remedy=remedy)


async def release(engine: AsyncEngine, key: str, attempt: int, error: str, remedy: Remedy = "again") -> MailState:
    """Lets the mail be tried again, as it has certainly not gone out this time; earlier doubts stay."""
    return await _settle(engine, key, _holds(attempt), state="queued", claimed_at=None, error=error, remedy=remedy)


async def mark_unknown(engine: AsyncEngine, key: str, attempt: int, error: str) -> MailState:
    """Records that the mail may have gone out; it can be claimed once more if this is the first doubt."""
    values = {"doubts": mails.c.doubts + 1, "note": _in_doubt("the connection broke")}
    return await _settle(engine, key, _holds(attempt), state="unknown", error=error, **values)


async def cancel(engine: AsyncEngine, key: str, why: str) -> MailState:
    """Cancels a mail, if it is still queued."""
    waits = mails.c.state == "queued"
    return await _settle(engine, key, waits, state="cancelled", note=func.concat_ws("; ", mails.c.note, why))


async def find(engine: AsyncEngine, message_ids: Sequence[str]) -> Sent | None:
    """Returns the mail of the first Message-ID that is one of ours (with or without angle brackets), if it was sent."""
    columns = [mails.c[name] for name in Sent._fields]
    async with at_once(engine) as connection:
        for each in message_ids:
            bare = storable(each).strip().removeprefix("<").removesuffix(">")
            # Some servers change the capitals of the domain.
            spellings = [f"<{bare}>", bare, f"<{bare.lower()}>", bare.lower()]
            ours = select(*columns).where(mails.c.message_id.in_(spellings), mails.c.attempts > 0)
            if found := (await connection.execute(ours)).first():
                return Sent(*found)
    return None


async def mark_bounced(engine: AsyncEngine, key: str, reason: str, remedy: Remedy) -> MailState:
    """Records that a mail came back."""
    return await _settle(engine, key, mails.c.state != "bounced", state="bounced", error=reason, remedy=remedy)


def _holds(attempt: int) -> ColumnElement[bool]:
    return and_(mails.c.state == "sending", mails.c.attempts == attempt)


def _changed(**values: Any) -> dict[str, Any]:
    plain = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    return plain | {"updated_at": func.now()}


async def _settle(engine: AsyncEngine, key: str, condition: ColumnElement[bool], **values: Any) -> MailState:
    change = update(mails).where(mails.c.key == key, condition).values(_changed(**values)).returning(mails.c.state)
    async with at_once(engine) as connection:
        state: MailState | None = await connection.scalar(change)
        if state is None:
            state = await connection.scalar(select(mails.c.state).where(mails.c.key == key))
    if state is None:
        raise UnknownMail(key)
    return state
