"""What a connected practice is told while its connection is lost: since when, whose turn it is, what is asked (DP7)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from desk.feed_watch import reconnection_id
from desk.problem import NoAnswer, NotFound
from desk.service import Desk
from integrations.registry import FEED, RECONNECTION
from playbooks.engine.facts import contact, current_reports
from playbooks.engine.onboarding import Onboarding, SentMail
from playbooks.engine.stages import position_of, status
from playbooks.engine.states import CLOSED
from playbooks.feed_watch.values import TECHNICAL_CONTACT, FeedRow
from playbooks.registry import PLAYBOOKS
from practice_page.status import Story, story_of
from practice_page.visitor import PATIENCE, Visitor
from store.journal import feed_status
from workflows.contracts import State

RULES = PLAYBOOKS[RECONNECTION]


@dataclass(frozen=True)
class Lost:
    """A connection that is lost, as a visitor is told at `now`.

    `since` is when something was heard last, `noticed_at` when we noticed; `silent`, unless the agent is there and
    only the data are missing. `story` tells whose turn it is and by when. `stage` is that of the reconnection, None
    while we only look into it. `letter` is what was written to the technical contact, where anything was.
    """

    since: datetime
    noticed_at: datetime
    silent: bool
    now: datetime
    story: Story
    stage: str | None = None
    letter: SentMail | None = None

    @property
    def letter_state(self) -> Literal["none", "written", "returned"]:
        if self.letter is None:
            return "none"
        return "returned" if self.letter.state in ("failed", "bounced") else "written"


async def lost_of(desk: Desk, visitor: Visitor) -> Lost | None:
    """None while all is well, and as long as a practice is not connected."""
    onboarding, now = visitor.onboarding, visitor.now
    complete = status(onboarding, position_of(visitor.playbook, onboarding), now) == "complete"
    if visitor.integration.data is None or not complete:
        return None
    if state := await _reconnection(desk, onboarding.practice.id):
        return _reconnecting(visitor, state)
    feed = await feed_status.find(desk.database, onboarding.practice.id)
    return _looking(visitor, feed) if feed and feed.state in feed_status.URGENT else None


async def _reconnection(desk: Desk, practice: str) -> State | None:
    """The one that is open; None also if nobody can tell at the moment: the feed's own state is told then."""
    try:
        async with asyncio.timeout(PATIENCE):
            state = await desk.state(reconnection_id(practice))
    except (NotFound, NoAnswer, TimeoutError):
        return None
    position = position_of(RULES, state.onboarding)
    return None if status(state.onboarding, position, state.now) in CLOSED else state


def _reconnecting(visitor: Visitor, state: State) -> Lost:
    onboarding = state.onboarding
    story = story_of(replace(visitor, playbook=RULES, onboarding=onboarding, now=state.now, watch=None))
    holder = contact(RULES, onboarding, visitor.role)
    if story.ball == "you" and holder and holder.email != visitor.contact.email:
        # Somebody else holds the role since the practice was connected.
        story = replace(story, ball="colleague", holder=holder.name)
    since, silent = _heard(onboarding, story.seen.entered_at)
    loss = current_reports(onboarding).get((FEED.reconnection.lost, None))
    return Lost(
        since=since,
        noticed_at=loss.at if loss else onboarding.requested_at,
        silent=silent,
        now=state.now,
        story=story,
        stage=story.seen.stage,
        letter=_letter(onboarding),
    )


def _heard(onboarding: Onboarding, otherwise: datetime) -> tuple[datetime, bool]:
    """When something came last, and whether nothing at all comes since."""
    loss = current_reports(onboarding).get((FEED.reconnection.lost, None))
    data = loss.data if loss else {}
    silent = data.get("reason") != "no_records"
    names = ("last_heard_at", "last_feed_at") if silent else ("last_feed_at",)
    found = next((data[name] for name in names if data.get(name)), None)
    return datetime.fromisoformat(found) if found else (loss.at if loss else otherwise), silent


def _letter(onboarding: Onboarding) -> SentMail | None:
    """What was written last to whoever is the technical contact now."""
    person = contact(RULES, onboarding, TECHNICAL_CONTACT)
    letters = [mail for mail in onboarding.mails if mail.kind == FEED.reconnection.letter]
    return next((mail for mail in reversed(letters) if person and mail.email == person.email), None)


def _looking(visitor: Visitor, feed: FeedRow) -> Lost:
    """Nothing comes, and no reconnection says whose turn it is: it is ours."""
    story = story_of(visitor)
    seen = story.seen.model_copy(update={"entered_at": feed.since})
    heard = [at for at in (feed.agent_at, feed.feed_at) if at]
    silent = feed.reason != "no_records"
    since = (max(heard) if silent and heard else None) or feed.feed_at or feed.since
    return Lost(
        since, feed.since, silent, max(visitor.now, feed.since), replace(story, ball="us", seen=seen, since=feed.since)
    )
