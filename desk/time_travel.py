"""Moves one onboarding's clock, on a server started for that. Only this file uses the experimental API."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from desk.problem import DeskProblem, NotFound

UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=3660)


class Stuck(DeskProblem):
    """The clock does not move on, because something that has to happen first keeps failing."""


def parse_duration(text: str) -> timedelta:
    """`48h`, `7d`, `30m`, `2w`, also together (`1d12h`). Raises `DeskProblem`."""
    parts = re.fullmatch(r"(?:(\d{1,6})([mhdw]))+", text.strip().lower())
    if parts is None:
        raise DeskProblem(f"'{text}' is not a duration; write it like 48h, 7d or 1d12h.")
    found = re.findall(r"(\d+)([mhdw])", text.lower())
    length = sum((timedelta(**{UNITS[unit]: int(number)}) for number, unit in found), timedelta())
    if not timedelta() < length <= LONGEST:
        raise DeskProblem(f"'{text}' is not between a minute and ten years.")
    return length


async def fast_forward(client: Client, workflow_id: str, length: timedelta, patience: timedelta) -> datetime:
    """Moves an open workflow's clock by `length`, everything that falls due on the way included; returns its new time.

    The clock stands still while an activity is under way. Raises `Stuck` naming it after `patience` of real time; the
    rest of the way is then gone by itself once the activity succeeds. Raises `NotFound` for a workflow that is not
    open.
    """
    skipper = TimeSkipper(client, config=TimeSkippingConfig(enabled=False, disable_propagation=True))
    handle = client.get_workflow_handle(workflow_id)
    try:
        async with asyncio.timeout(patience.total_seconds()):
            await skipper.fast_forward(handle, length)
        return await skipper.get_current_time(handle)
    except TimeoutError:
        raise Stuck(await _why(handle, patience)) from None
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise NotFound(
                f"{workflow_id} is not open, so its clock cannot be moved; 'onboard list' shows the open ones."
            ) from None
        if error.status in (RPCStatusCode.UNIMPLEMENTED, RPCStatusCode.INVALID_ARGUMENT):
            raise DeskProblem(f"This Temporal cannot move clocks ({error.message}).") from None
        raise DeskProblem(f"The clock cannot be moved: {error.message}.") from None


async def present_time(client: Client, workflow_id: str) -> datetime | None:
    """Returns the time on an open workflow's clock; None if the server does not know it."""
    try:
        return await TimeSkipper(client).get_current_time(client.get_workflow_handle(workflow_id))
    except RPCError:
        return None


async def _why(handle: WorkflowHandle[object, object], patience: timedelta) -> str:
    """Returns what blocks the clock, as far as Temporal knows."""
    described = await handle.describe()
    waited = f"After {patience.total_seconds():g} seconds the clock of {handle.id} has not arrived"
    pending = [
        f"{each.activity_type.name} (attempt {each.attempt}{_failure(each.last_failure.message)})"
        for each in described.raw_description.pending_activities
    ]
    if pending:
        return f"{waited}, because it waits for: {', '.join(pending)}; it continues by itself."
    return f"{waited}; is a worker running? ('onboard doctor' checks that.)"


def _failure(message: str) -> str:
    return f": {message.splitlines()[0]}" if message else ""
