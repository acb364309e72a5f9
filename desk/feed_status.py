"""The state of a watched feed: from the open workflow, or from the journal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from temporalio.client import WorkflowQueryFailedError
from temporalio.common import QueryRejectCondition
from temporalio.exceptions import TemporalError
from temporalio.service import RPCError, RPCStatusCode

from desk.clock import present
from desk.feed_watch import reconnection_id, unknown, watch_id
from desk.labels import line_keys
from desk.problem import NoAnswer
from desk.service import Desk
from desk.updates import PATIENCE, trouble
from playbooks.engine.onboarding import Contact, Entry
from playbooks.feed_watch.values import FeedRow, Watch
from store.journal import feed_status
from workflows.feed_visibility import row


@dataclass(frozen=True)
class FeedDetail:
    """A feed with its recent entries (latest first), the ID of an open reconnection, and the technical contact."""

    feed: FeedRow
    story: list[Entry]
    reconnection: str | None
    technical_contact: Contact | None = None

    def plain(self) -> dict[str, object]:
        contact = self.technical_contact.model_dump() if self.technical_contact else None
        story = [line_keys(line) for line in self.story]
        return self.feed.model_dump() | {
            "reconnection": self.reconnection,
            "technical_contact": contact,
            "story": story,
        }


async def load_feed(desk: Desk, practice: str) -> FeedDetail:
    """Loads a practice's feed (DP10). Raises `NotFound` or `NoAnswer`."""
    watch = await watched(desk, practice)
    feed = row(watch) if watch else await feed_status.find(desk.database, practice)
    if feed is None:
        raise unknown(practice)
    reconnection = reconnection_id(practice) if feed.state == "reconnecting" else None
    contact = watch.subject.technical_contact if watch else None
    return FeedDetail(feed, await feed_status.story(desk.database, feed), reconnection, contact)


async def now_of(desk: Desk, feed: FeedRow) -> datetime:
    """Returns the time on the watch's own clock, which may have been moved."""
    last = max(at for at in (feed.since, feed.agent_at, feed.feed_at, feed.changed_at) if at)
    if feed.state == "ended":
        return max(last, datetime.now(UTC))
    return await present(desk.client, watch_id(feed.practice), last, may_move=desk.settings.development)


async def watched(desk: Desk, practice: str) -> Watch | None:
    """Queries the open workflow of a practice's feed; None if there is none.

    Raises `NotFound` for an invalid practice ID, or `NoAnswer`.
    """
    handle = desk.client.get_workflow_handle(watch_id(practice))
    try:
        watch: Watch = await handle.query(
            "state", result_type=Watch, reject_condition=QueryRejectCondition.NOT_OPEN, rpc_timeout=PATIENCE
        )
    except WorkflowQueryFailedError as error:
        raise NoAnswer(f"The feed of {practice} did not answer: {error}.") from None
    except RPCError as error:
        # Between two runs no workflow answers for a moment; the journal is nearly as new.
        if error.status in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
            return None
        raise trouble(error) from None
    except TemporalError:
        return None
    return watch
