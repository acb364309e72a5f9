"""What time it is for a workflow: our time, unless its clock was moved ahead of ours (time travel)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from temporalio.client import Client

AHEAD = timedelta(minutes=5)
"""What clocks of two machines may differ by; one that is further ahead was moved."""


def is_moved(now: datetime) -> bool:
    """Whether `now` is of a clock that was moved."""
    return now - datetime.now(UTC) > AHEAD


async def present(client: Client, identity: str, heard: datetime, *, may_move: bool) -> datetime:
    """The present time of an open workflow which `heard` is the latest time of that is known.

    Between its steps only the server knows; it is asked where the clock was moved, or `may_move` without a trace.
    """
    own = max(heard, datetime.now(UTC))
    if not (may_move or is_moved(heard)):
        return own
    from desk.time_travel import present_time

    return max(own, await present_time(client, identity) or own)
