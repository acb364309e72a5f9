"""Reports signs of life to feed watches, and pauses, resumes and ends them.

A watch starts at the end of an onboarding. If one is missing, such as for a practice that was connected before feeds
were watched, the next sign of life starts it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError, RPCStatusCode

from desk.practice_files import playbook_of
from desk.problem import DeskProblem, NotFound
from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, trouble, update
from integrations.registry import BRINGS_DATA, FEED
from playbooks.engine.consequences import handover
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.onboarding import Command
from playbooks.engine.states import CLOSED
from playbooks.engine.transition import Refused
from playbooks.engine.view import view
from playbooks.feed_watch.values import FeedReceipt, Heartbeat, Order, Records
from store.journal import feed_status
from workflows.contracts import FeedStart


async def report_sign(desk: Desk, practice: str, sign: Heartbeat | Records, begin: bool = True) -> bool:
    """Reports a sign of life to the watch, and starts the watch if `begin` and it should run. Idempotent (DP10).

    Returns whether there is a watch: none for a practice that has left, and none for a mere heartbeat while the
    onboarding is open. Raises `NotFound` for a practice that was never onboarded, or `NoAnswer`.
    """
    name = "heartbeat" if isinstance(sign, Heartbeat) else "records"
    try:
        await desk.client.get_workflow_handle(watch_id(practice)).signal(name, sign, rpc_timeout=PATIENCE)
        return True
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise trouble(error) from None
    return begin and await _begin(desk, practice, name, sign)


async def order(desk: Desk, practice: str, name: str, given: Order) -> FeedReceipt:
    """Carries out a person's command: `paused`, `resumed`, `contact` or `ended`, which withdraws an open reconnection.

    Raises `NotFound`, `Refused` or `NoAnswer`.
    """
    try:
        receipt = await update(desk.client.get_workflow_handle(watch_id(practice)), name, given, FeedReceipt)
    except NotOpen:
        raise await _not_watched(desk, practice) from None
    if name == "ended":
        await _withdraw(desk, practice, given)
    return receipt


def watch_id(practice: str) -> str:
    """Returns the ID of the workflow that watches a practice's feed. Raises `NotFound` for an invalid practice ID."""
    if not PRACTICE_ID.fullmatch(practice):
        raise unknown(practice)
    return f"{FEED.prefix}/{practice}"


def reconnection_id(practice: str) -> str:
    return f"{FEED.reconnection.playbook}/{practice}"


async def _begin(desk: Desk, practice: str, name: str, sign: Heartbeat | Records) -> bool:
    feed = await feed_status.find(desk.database, practice)
    if feed and feed.state == "ended":
        return False
    rules = playbook_of(BRINGS_DATA.onboarding(practice))
    state = await desk.state(BRINGS_DATA.onboarding(practice))
    status = view(rules, state.onboarding, state.now).status
    if status != "complete" and (status in CLOSED or isinstance(sign, Heartbeat)):
        return False
    start = handover(rules, state.onboarding, FEED, datetime.now(UTC))
    try:
        await desk.client.start_workflow(
            start.workflow,
            FeedStart(handover=start),
            id=start.id,
            task_queue=desk.settings.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            start_signal=name,
            start_signal_args=[sign],
            static_summary=start.practice.name,
            rpc_timeout=PATIENCE,
        )
    except RPCError as error:
        raise trouble(error) from None
    return True


async def _withdraw(desk: Desk, practice: str, given: Order) -> None:
    command = Command(by=given.by, why=given.why, key=f"{given.key} reconnection" if given.key else None)
    try:
        await desk.command(reconnection_id(practice), "withdraw", command)
    except (Refused, NotFound):
        # There is no open one.
        return


async def _not_watched(desk: Desk, practice: str) -> DeskProblem:
    feed = await feed_status.find(desk.database, practice)
    if feed and feed.state == "ended":
        return DeskProblem(f"{practice} has left, and its feed is no longer watched; start a new onboarding.")
    return unknown(practice)


def unknown(practice: str) -> NotFound:
    return NotFound(f"No feed of {practice[:80]} is watched; 'onboard feeds' lists the watched ones.")
