"""Activities of an onboarding that are being retried, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from temporalio.client import Client
from temporalio.service import RPCError

WORDS = {
    "send_mail": "A mail has not been sent yet",
    "publish": "The latest changes are not in the journal yet",
    "compute_calendars": "The holidays of the next years are not known yet",
}
PATIENCE = timedelta(seconds=3)


@dataclass(frozen=True)
class Retry:
    """`next_at` is None during an attempt."""

    what: str
    why: str
    attempts: int
    next_at: datetime | None


async def retries(client: Client, identity: str) -> list[Retry]:
    """Returns the activities being retried; none if Temporal does not answer."""
    try:
        described = await client.get_workflow_handle(identity).describe(rpc_timeout=PATIENCE)
    except (RPCError, RuntimeError):
        return []
    found = []
    for each in described.raw_description.pending_activities:
        if each.HasField("last_failure"):
            name = each.activity_type.name
            waits = each.HasField("next_attempt_schedule_time")
            next_at = each.next_attempt_schedule_time.ToDatetime(UTC) if waits else None
            what = WORDS.get(name, f"“{name.replace('_', ' ')}” has not succeeded yet")
            found.append(Retry(what, each.last_failure.message, each.attempt - 1, next_at))
    return found
