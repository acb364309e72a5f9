"""The time of a workflow: our time, unless its clock was moved ahead (time travel)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

AHEAD = timedelta(minutes=5)
"""Clocks of two machines may differ by this; one further ahead was moved."""


def is_moved(now: datetime) -> bool:
    return now - datetime.now(UTC) > AHEAD


async def present(client: Client, identity: str, last: datetime, *, may_move: bool) -> datetime:
    """Returns the present time of an open workflow whose last known time is `last`.

    The server is asked if the clock was moved, or if it `may_move` unnoticed.
    """
    own = max(last, datetime.now(UTC))
    if not (may_move or is_moved(last)):
        return own
    from desk.time_travel import present_time

    return max(own, await present_time(client, identity) or own)
