"""What workflows have done in the world, each in one call that waits for as long as it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import RetryPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError

from playbooks.calendar.values import Calendar
from playbooks.engine.onboarding import Handover
from workflows.contracts import Calendars, Launched, MailResult, Places

T = TypeVar("T")
# Nothing is given up for being slow: a database or a mail server may be away for days.
PATIENT = RetryPolicy(
    initial_interval=timedelta(seconds=1), backoff_coefficient=2, maximum_interval=timedelta(seconds=30)
)
# Who reports a fact waits for the journal no longer than this.
PROMPT = timedelta(seconds=3)
ONCE = RetryPolicy(maximum_attempts=1)


async def write(activity: str, news: object, summary: str) -> None:
    """Has news written into the journal.

    At once and within the step that brought them, which leaves one line in the history and nothing for the server to
    hand around. If the database does not answer, as an activity of its own, however long that takes.
    """
    try:
        await workflow.execute_local_activity(
            activity, news, start_to_close_timeout=PROMPT, retry_policy=ONCE, summary=summary
        )
    except FailureError:
        # The failure of a local activity comes as it is, not wrapped in an ActivityError as that of any other.
        await answered(activity, news, None, summary)


async def answered(
    activity: str,
    question: object,
    answer: type[T] | None,
    summary: str,
    attempt: timedelta = timedelta(seconds=30),
) -> T:
    """What a short activity answers, however long it takes to have it done; an `attempt` lasts so long at most."""
    found: T = await workflow.execute_activity(
        activity,
        question,
        result_type=answer,
        start_to_close_timeout=attempt,
        retry_policy=PATIENT,
        summary=summary,
    )
    return found


async def calendars(team: Calendar, practice: Calendar) -> Calendars:
    """Both calendars with the holidays of the next two years."""
    places = Places(team=team, practice=practice, first_day=workflow.now())
    return await answered("compute_calendars", places, Calendars, "Holidays of the next two years")


async def send_mail(key: str, summary: str) -> MailResult:
    """Has a mail of the ledger sent, however long that takes."""
    result: MailResult = await workflow.execute_activity(
        "send_mail",
        key,
        result_type=MailResult,
        start_to_close_timeout=timedelta(minutes=5),
        # A worker that died while it sent is noticed by its silence, long before the time for slow servers is over.
        heartbeat_timeout=timedelta(seconds=15),
        retry_policy=PATIENT,
        summary=summary,
    )
    return result


async def launch(given: Handover) -> None:
    """Starts a workflow for the practice, apart from this workflow's own life; one that runs already is told."""
    try:
        await workflow.start_child_workflow(
            given.workflow,
            Launched(handover=given),
            id=given.id,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            parent_close_policy=workflow.ParentClosePolicy.ABANDON,
            static_summary=given.practice.name,
        )
    except WorkflowAlreadyStartedError:
        await signal(given.id, "introduced", given)


async def signal(workflow_id: str, name: str, message: object) -> bool:
    """Tells another workflow something; whether it is open."""
    try:
        await workflow.get_external_workflow_handle(workflow_id).signal(name, message)
    except ApplicationError:
        return False
    return True
