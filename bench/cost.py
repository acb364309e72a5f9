"""What a workflow costs in Temporal: the events of its history, and what Temporal Cloud would bill as actions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

KINDS = {
    "WORKFLOW_EXECUTION_STARTED": "start",
    "WORKFLOW_EXECUTION_UPDATE_ACCEPTED": "updates",
    "WORKFLOW_EXECUTION_SIGNALED": "signals",
    "MARKER_RECORDED": "local activities",
    "ACTIVITY_TASK_SCHEDULED": "activities",
    "TIMER_STARTED": "timers",
    "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES": "search attributes",
}


def actions(events: Iterable[HistoryEvent]) -> Counter[str]:
    """Returns the billable actions by kind. Each attempt of an activity is one."""
    found: Counter[str] = Counter()
    for event in events:
        name = EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")
        if name in KINDS:
            found[KINDS[name]] += 1
        if name == "ACTIVITY_TASK_STARTED" and (again := event.activity_task_started_event_attributes.attempt - 1):
            found["further attempts"] += again
    return found


def written(found: Counter[str]) -> str:
    return f"{found.total()}: {', '.join(f'{kind} {count}' for kind, count in found.items())}"
