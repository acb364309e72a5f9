"""The mail ledger: which mail may be sent now, and what became of each.

SMTP cannot promise that a mail is delivered exactly once: a sender may die after the server took the mail and before
anybody wrote that down. So the one who sends claims the mail first, and the ledger keeps what is not certain:

1. `claim` turns `queued` into `sending` by compare-and-set. Of any number of senders one gets the letter.
2. The sender hands it to the server and says how that ended: `sent`, `refused` (for good: `failed`), `released`
   (try later: `queued` again) or `unsure` (the connection broke after the text: `unknown`).
3. A sender that lives renews its claim (`renewed`). A claim older than CLAIM_SECONDS was a sender that died. Nobody
   knows whether the mail went out, so that counts as unsure: the ledger notes that it may be delivered twice, and hands
   it out once more, with the same Message-ID, by which most mailboxes show the copies as one.
4. If that attempt ends in doubt as well, the mail stays `unknown` for good: at most one copy too many, ever.

A mail that became obsolete while it waited is `cancelled` when it is claimed (`store.mail.obsolete`), so that nobody
gets a burst after a standstill.

Who is silent for longer than CLAIM_SECONDS is taken for dead. What it says later still counts if it is `sent`; anything
else is said of an attempt that is over and changes nothing. All ages are told by the database's clock alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import timedelta
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, and_, bindparam, case, extract, func, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from playbooks.engine.states import MailState
from store.columns import storable
from store.database import at_once
from store.insertion import insertion, plain
from store.mail.obsolete import POINTLESS, pointless
from store.mail.outbox import doubted_once, paused
from store.mail.rows import Letter
from store.mail.tables import mails
from store.prepared import Prepared

CLAIM_SECONDS = 20
"""How long a claim lasts without being renewed."""

TWICE = "may have been delivered twice"
"""What the note of every mail in doubt says."""


class UnknownMail(LookupError):
    """No mail has this key."""


@dataclass(frozen=True)
class Claim:
    """The answer to a claim.

    `send`: `letter` is yours to send as `attempt`; with `again` an earlier copy may have been delivered.
    `done`: nothing is to be sent any more, `state` and `note` say why. `paused`: all mail is stopped.
    `busy`: somebody else sends it; ask again in `wait_seconds`.
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


class Bounce(NamedTuple):
    """The mail that came back; the first two are None if it belongs to no onboarding."""

    onboarding: str | None
    run: str | None
    key: str


_LETTER = [field.name for field in fields(Letter)]
LETTERS = insertion(mails, _LETTER, "letters")
"""Stores the mails bound as `letters`, as part of a statement that stores what they are about."""
_FOUND = [*(mails.c[name] for name in _LETTER), mails.c.attempts, mails.c.note]
_PATIENCE = literal(timedelta(seconds=CLAIM_SECONDS))

_died = and_(mails.c.state == "sending", mails.c.claimed_at < func.now() - _PATIENCE)
_died_again = and_(_died, mails.c.doubts > 0)


def _in_doubt(how: str) -> ColumnElement[str]:
    """The note of a mail after one more attempt that nobody knows the end of."""
    attempt = func.concat(how, " in attempt ", mails.c.attempts)
    again = func.concat(mails.c.note, "; ", attempt, ": it is not sent again")
    return case((mails.c.doubts > 0, again), else_=func.concat(TWICE, ": ", attempt))


_found = select(pointless.label("pointless")).where(mails.c.key == bindparam("mail")).cte("found")
_TAKE = Prepared(
    update(mails)
    .where(mails.c.key == bindparam("mail"), or_(mails.c.state == "queued", doubted_once, _died), ~paused)
    .values(
        state=case((_found.c.pointless, "cancelled"), (_died_again, "unknown"), else_="sending"),
        attempts=mails.c.attempts + case((or_(_found.c.pointless, _died_again), 0), else_=1),
        doubts=mails.c.doubts + case((_died, 1), else_=0),
        note=case(
            (_died, _in_doubt("the sender died")),
            (_found.c.pointless, func.concat_ws("; ", mails.c.note, POINTLESS)),
            else_=mails.c.note,
        ),
        claimed_at=case((_died_again, mails.c.claimed_at), else_=func.now()),
        updated_at=func.now(),
    )
    .returning(*_FOUND)
)
_SENT = Prepared(
    update(mails)
    .where(mails.c.key == bindparam("mail"), mails.c.state != "sent", mails.c.state != "bounced")
    .values(state="sent", sent_at=func.now(), error=None, updated_at=func.now())
    .returning(mails.c.state)
)
_LOOK = select(
    mails.c.state,
    mails.c.attempts,
    mails.c.note,
    mails.c.error,
    or_(mails.c.state.in_(("queued", "sending")), doubted_once).label("unsettled"),
    extract("epoch", mails.c.claimed_at + _PATIENCE - func.now()).label("wait"),
    paused.label("paused"),
).where(mails.c.key == bindparam("mail"))


async def store(engine: AsyncEngine, letters: Sequence[Letter]) -> None:
    """Store mails that belong to no onboarding's step, such as a digest. Those that are stored already stay."""
    async with at_once(engine) as connection:
        await connection.execute(LETTERS, {"letters": [plain(vars(letter)) for letter in letters]})


async def claim(engine: AsyncEngine, key: str) -> Claim:
    """Ask for a mail in order to send it now. Raises UnknownMail if none has this key."""
    for taken in await _TAKE.run(engine, mail=key):
        known = Claim("done", taken["state"], taken["attempts"], note=taken["note"], error=taken["error"])
        if taken["state"] != "sending":
            return known
        return replace(known, outcome="send", letter=Letter(**{name: taken[name] for name in _LETTER}))
    async with at_once(engine) as connection:
        seen = (await connection.execute(_LOOK, {"mail": key})).mappings().first()
    if seen is None:
        raise UnknownMail(key)
    known = Claim("done", seen["state"], seen["attempts"], note=seen["note"], error=seen["error"])
    if not seen["unsettled"]:
        return known
    if seen["paused"]:
        return replace(known, outcome="paused")
    # Without time to wait it became free while we asked.
    return replace(known, outcome="busy", wait_seconds=max(1.0, float(seen["wait"] or 0)))


async def renewed(engine: AsyncEngine, key: str, attempt: int) -> None:
    """Whoever sends it lives and is still at it. Of an attempt that is over it changes nothing."""
    again = update(mails).where(mails.c.key == key, _holds(attempt)).values(_changed(claimed_at=func.now()))
    async with at_once(engine) as connection:
        await connection.execute(again)


async def sent(engine: AsyncEngine, key: str) -> MailState:
    """The server took the mail. Says the state it is in now, as the three below do; UnknownMail if there is none."""
    return "sent" if await _SENT.run(engine, mail=key) else await _state(engine, key)


async def refused(engine: AsyncEngine, key: str, attempt: int, error: str) -> MailState:
    """The server refused the mail for good, and says why."""
    return await _settle(engine, key, _holds(attempt), state="failed", error=error)


async def released(engine: AsyncEngine, key: str, attempt: int, error: str) -> MailState:
    """It surely did not go out this time and may be tried again; earlier doubts stay."""
    return await _settle(engine, key, _holds(attempt), state="queued", claimed_at=None, error=error)


async def unsure(engine: AsyncEngine, key: str, attempt: int, error: str) -> MailState:
    """It may have gone out: it may be claimed once more, if this is the first doubt."""
    values = {"doubts": mails.c.doubts + 1, "note": _in_doubt("the connection broke")}
    return await _settle(engine, key, _holds(attempt), state="unknown", error=error, **values)


async def cancel(engine: AsyncEngine, key: str, why: str) -> MailState:
    """It is pointless now. One that is being sent or was, or may have been, stays as it is."""
    waits = mails.c.state == "queued"
    return await _settle(engine, key, waits, state="cancelled", note=func.concat_ws("; ", mails.c.note, why))


async def bounced(engine: AsyncEngine, message_id: str, reason: str) -> Bounce | None:
    """The mail came back. None if we sent no mail of this Message-ID (with or without its angle brackets)."""
    bare = storable(message_id).strip().removeprefix("<").removesuffix(">")
    ours = and_(mails.c.message_id.in_((bare, f"<{bare}>")), mails.c.attempts > 0)
    back = update(mails).where(ours, mails.c.state != "bounced").values(_changed(state="bounced", error=reason))
    async with at_once(engine) as connection:
        await connection.execute(back)
        found = (await connection.execute(select(mails.c.onboarding, mails.c.run, mails.c.key).where(ours))).first()
    return Bounce(*found) if found else None


def _holds(attempt: int) -> ColumnElement[bool]:
    return and_(mails.c.state == "sending", mails.c.attempts == attempt)


def _changed(**values: Any) -> dict[str, Any]:
    plain = {name: storable(value) if isinstance(value, str) else value for name, value in values.items()}
    return plain | {"updated_at": func.now()}


async def _settle(engine: AsyncEngine, key: str, condition: ColumnElement[bool], **values: Any) -> MailState:
    change = update(mails).where(mails.c.key == key, condition).values(_changed(**values)).returning(mails.c.state)
    async with at_once(engine) as connection:
        state: MailState | None = await connection.scalar(change)
    return state or await _state(engine, key)


async def _state(engine: AsyncEngine, key: str) -> MailState:
    async with at_once(engine) as connection:
        state: MailState | None = await connection.scalar(select(mails.c.state).where(mails.c.key == key))
    if state is None:
        raise UnknownMail(key)
    return state
