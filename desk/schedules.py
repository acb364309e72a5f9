"""Temporal schedules: the digest of every business morning."""

from __future__ import annotations

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from configuration.settings import Settings
from workflows.contracts import DigestOrder

DIGEST = "digest"
HOUR = 8


async def keep_schedules(client: Client, settings: Settings) -> None:
    """Sets the schedules up, or brings them up to date with the settings; a paused one stays paused."""
    wanted = Schedule(
        action=ScheduleActionStartWorkflow(
            "Digest",
            DigestOrder(),
            id=DIGEST,
            task_queue=settings.task_queue,
            static_summary="Digest for the team and its managers",
        ),
        spec=ScheduleSpec(
            calendars=[ScheduleCalendarSpec(day_of_week=[ScheduleRange(1, 5)], hour=[ScheduleRange(HOUR)])],
            time_zone_name=settings.team_time_zone,
        ),
        # Yesterday's may still wait for the mail server; it is cancelled in the ledger once today's is written.
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL),
    )

    def updated(held: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted.state = held.description.schedule.state
        return ScheduleUpdate(schedule=wanted)

    try:
        await client.create_schedule(DIGEST, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(DIGEST).update(updated)
