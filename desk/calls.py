"""Logs calls with practices, each once, and takes them back."""

from __future__ import annotations

import uuid
from zoneinfo import ZoneInfo

from desk.conversation import onboardings_of, reach
from desk.fact_fields import phone_from
from desk.practices import just_begun
from desk.problem import NotFound
from desk.service import Desk
from playbooks.calendar.time_format import format_time
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Line, Text
from playbooks.engine.idempotency import CLOCK_SKEW, key_reused
from playbooks.engine.transition import Refused
from store.conversation import calls
from store.conversation.calls import Call
from store.conversation.tables import Direction

UTC = ZoneInfo("UTC")


class CallOrder(Frozen):
    """A call with a practice: whether it called us (`incoming`) or we called it, with whom, and what was said.

    Without `phone`, a contact of that name has the telephone on record. `at` is on the practice's clock, if that was
    moved ahead; without it, it was just now.
    """

    direction: Direction
    name: Line
    phone: Line | None = None
    said: Text
    at: Instant | None = None


async def log_call(
    desk: Desk, practice: str, order: CallOrder, by: str, key: str | None = None, clocks: ZoneInfo = UTC
) -> Call:
    """Logs a call; again with the same key it is the same call.

    Raises `NotFound` for an unknown practice, `DeskProblem` for a telephone without a number, and `Refused` for a time
    in the future, which it gives by `clocks`, or if the key was used for another call.
    """
    phone_from("Phone", order.phone or "")
    try:
        rows = await onboardings_of(desk.database, practice)
    except NotFound:
        # The journal lags behind the start by a moment.
        await just_begun(desk, practice)
        rows = []
    reached = await reach(desk, practice, rows)
    if order.at and order.at > reached.now + CLOCK_SKEW:
        raise Refused(f"{format_time(order.at, clocks)} is in the future; give the time of the call.")
    phone = order.phone
    if phone is None:
        named = [each for each in reached.people if each.name.casefold() == order.name.casefold()]
        phone = named[0].phone if named else None
    try:
        return await calls.log(
            desk.database,
            practice,
            direction=order.direction,
            name=order.name,
            phone=phone,
            said=order.said,
            at=min(order.at or reached.now, reached.now),
            by=by,
            key=key or uuid.uuid4().hex,
        )
    except calls.OtherCall:
        raise key_reused("This key was used for another call; use a fresh key for every call.") from None


async def take_back_call(desk: Desk, practice: str, id: int, by: str, why: str) -> Call:
    """Takes a call back that was logged by mistake; it stays on record. Raises `NotFound`."""
    try:
        return await calls.take_back(desk.database, practice, id, by, why)
    except calls.NoSuchCall:
        raise NotFound(f"There is no call {id} with {practice[:80]}.") from None
