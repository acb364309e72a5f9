"""Receives feeds from people and programs, starts their import, and decides about stopped ones."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import NoneType

from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.service import RPCError

from desk.feed_watch import report_sign
from desk.practices import just_begun
from desk.problem import DeskProblem, NotFound
from desk.service import Desk
from desk.updates import PATIENCE, NotOpen, trouble, update
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.records import feed_progress, feeds
from pharmacy.records.feeds import ReceivedFeed, UnknownPractice
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import Records
from workflows.import_contracts import ImportDecision, ImportQueue, import_id


async def hand_in(
    desk: Desk, practice: str, path: Path, name: str, by: str, made_at: datetime | None = None
) -> ReceivedFeed:
    """Takes in a practice's feed and sees that it is imported, after those before it.

    The same file again is the same feed; of the last one it says that nothing has changed at the practice since, which
    the watch is told (DP10). Raises `DeskProblem`.
    """
    if not PRACTICE_ID.fullmatch(practice):
        raise NotFound(f"'{practice[:80]}' is not a practice's ID; write it like riverside-vet.")
    try:
        try:
            await feeds.ensure_practice(desk.database, practice)
        except UnknownPractice:
            # The journal may lag behind an onboarding that has just started.
            begun = await just_begun(desk, practice)
            await feeds.add_practice(desk.database, practice, begun.name)
        arrival = await feeds.receive_feed(desk.database, practice, path, name, by, made_at)
    except NotFound:
        raise NotFound(f"There is no practice {practice}: start its onboarding, or correct the ID.") from None
    except InvalidFeed as problem:
        raise DeskProblem(str(problem)) from None
    if arrival.state not in ("done", "refused"):
        await go_on(desk, practice)
    elif (
        arrival.is_duplicate
        and (await feed_progress.list_feeds(desk.database, practice, 1))[0].number == arrival.number
    ):
        await report_sign(desk, practice, Records(at=made_at or datetime.now(UTC)), begin=False)
    return arrival


async def go_on(desk: Desk, practice: str) -> None:
    """Starts the import of the practice's feeds. Idempotent."""
    try:
        await desk.client.start_workflow(
            "FeedImport",
            ImportQueue(practice=practice),
            id=import_id(practice),
            task_queue=desk.settings.task_queue,
            id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
            id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
            # A run that is about to end gets the signal and checks again.
            start_signal="arrived",
            static_summary=f"Feeds of {practice}",
            rpc_timeout=PATIENCE,
        )
    except RPCError as error:
        raise trouble(error) from None


async def decide(desk: Desk, practice: str, number: int, approve: bool, by: str, why: str) -> None:
    """Approves or refuses a stopped feed. Raises `DeskProblem` if it does not wait for a decision."""
    decision = ImportDecision(number=number, approve=approve, by=by, why=why)
    try:
        await update(desk.client.get_workflow_handle(import_id(practice)), "decided", decision, NoneType)
    except Refused as refusal:
        raise DeskProblem(str(refusal)) from None
    except NotOpen:
        raise DeskProblem(f"Feed {number} does not wait for a decision.") from None
