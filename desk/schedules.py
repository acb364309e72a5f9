"""Temporal schedules: the digest of every business morning, and every night the comparison with ezyVet."""

from __future__ import annotations

from collections.abc import Mapping

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
from workflows.reconciliation_contracts import Round

DIGEST, RECONCILIATION = "digest", "ezyvet-reconciliation"
MORNING, NIGHT = 8, 3
"""Hours of the team's time zone."""


async def keep_schedules(client: Client, settings: Settings) -> None:
    """Sets the schedules up, or brings them up to date with the settings; a paused one stays paused."""
    for name, wanted in _schedules(settings).items():
        await _keep(client, name, wanted)


def _schedules(settings: Settings) -> Mapping[str, Schedule]:
    def at(calendar: ScheduleCalendarSpec) -> ScheduleSpec:
        return ScheduleSpec(calendars=[calendar], time_zone_name=settings.team_time_zone)

    digest = ScheduleActionStartWorkflow(
        "Digest",
        DigestOrder(),
        id=DIGEST,
        task_queue=settings.task_queue,
        static_summary="Digest for the team and its managers",
    )
    reconciliation = ScheduleActionStartWorkflow(
        "EzyvetReconciliation",
        Round(queue=settings.ezyvet_task_queue),
        id=RECONCILIATION,
        task_queue=settings.task_queue,
        static_summary="Compare all practices with their ezyVet",
    )
    return {
        DIGEST: Schedule(
            action=digest,
            spec=at(ScheduleCalendarSpec(day_of_week=[ScheduleRange(1, 5)], hour=[ScheduleRange(MORNING)])),
            # Yesterday's may still wait for the mail server; it is cancelled in the ledger once today's is written.
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.ALLOW_ALL),
        ),
        RECONCILIATION: Schedule(
            action=reconciliation,
            spec=at(ScheduleCalendarSpec(hour=[ScheduleRange(NIGHT)])),
            policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP),
        ),
    }


async def _keep(client: Client, name: str, wanted: Schedule) -> None:
    def updated(held: ScheduleUpdateInput) -> ScheduleUpdate:
        wanted.state = held.description.schedule.state
        return ScheduleUpdate(schedule=wanted)

    try:
        await client.create_schedule(name, wanted)
    except ScheduleAlreadyRunningError:
        await client.get_schedule_handle(name).update(updated)
