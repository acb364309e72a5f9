"""What a connected practice is shown while its connection is lost: since when, and who acts next (DP7)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from desk.service import Desk
from integrations.registry import FEED
from playbooks.engine.facts import contact, current_reports
from playbooks.engine.onboarding import Onboarding, SentMail
from playbooks.engine.stages import position_of, status
from playbooks.feed_watch.values import TECHNICAL_CONTACT, FeedRow
from practice_page.overview import Overview, overview_of
from practice_page.visitor import RULES, Visitor
from store.journal import feed_status
from workflows.contracts import State


@dataclass(frozen=True)
class LostConnection:
    """A lost connection at `now`.

    `since` is the time of the last heartbeat or feed. `silent`: the agent sends no heartbeats either. `stage` is that
    of the reconnection, None before there is one. `mail` is the last one to the technical contact.
    """

    since: datetime
    silent: bool
    now: datetime
    overview: Overview
    stage: str | None = None
    mail: SentMail | None = None

    @property
    def mail_state(self) -> Literal["none", "written", "returned"]:
        if self.mail is None:
            return "none"
        return "returned" if self.mail.state in ("failed", "bounced") else "written"


async def find_lost_connection(desk: Desk, visitor: Visitor) -> LostConnection | None:
    """Returns None while the connection works, and before the practice is connected."""
    onboarding, now = visitor.onboarding, visitor.now
    complete = status(onboarding, position_of(visitor.playbook, onboarding), now) == "complete"
    if visitor.integration.data is None or not complete:
        return None
    if state := visitor.reconnection:
        return _by_reconnection(visitor, state)
    feed = await feed_status.find(desk.database, onboarding.practice.id)
    return _by_feed(visitor, feed) if feed and feed.state in feed_status.URGENT else None


def _by_reconnection(visitor: Visitor, state: State) -> LostConnection:
    onboarding = state.onboarding
    overview = overview_of(replace(visitor, playbook=RULES, onboarding=onboarding, now=state.now, watch=None))
    holder = contact(RULES, onboarding, visitor.role)
    if overview.waits_on == "you" and holder and holder.email != visitor.contact.email:
        # The role has changed hands since the practice was connected.
        overview = replace(overview, waits_on="colleague", holder=holder.name)
    since, silent = _last_sign(onboarding, overview.view.entered_at)
    return LostConnection(
        since=since,
        silent=silent,
        now=state.now,
        overview=overview,
        stage=overview.view.stage,
        mail=_last_mail(onboarding),
    )


def _last_sign(onboarding: Onboarding, otherwise: datetime) -> tuple[datetime, bool]:
    """Returns the time of the last heartbeat or feed, and whether nothing at all has come since."""
    loss = current_reports(onboarding).get((FEED.reconnection.lost, None))
    data = loss.data if loss else {}
    silent = data.get("reason") != "no_records"
    names = ("last_heard_at", "last_feed_at") if silent else ("last_feed_at",)
    found = next((data[name] for name in names if data.get(name)), None)
    return datetime.fromisoformat(found) if found else (loss.at if loss else otherwise), silent


def _last_mail(onboarding: Onboarding) -> SentMail | None:
    person = contact(RULES, onboarding, TECHNICAL_CONTACT)
    mails = [mail for mail in onboarding.mails if mail.kind == FEED.reconnection.check_mail]
    return next((mail for mail in reversed(mails) if person and mail.email == person.email), None)


def _by_feed(visitor: Visitor, feed: FeedRow) -> LostConnection:
    """Returns the loss before there is a reconnection; it is our turn."""
    overview = overview_of(visitor)
    view = overview.view.model_copy(update={"entered_at": feed.since})
    signs = [at for at in (feed.agent_at, feed.feed_at) if at]
    silent = feed.reason != "no_records"
    since = (max(signs) if silent and signs else None) or feed.feed_at or feed.since
    overview = replace(overview, waits_on="us", view=view, since=feed.since)
    return LostConnection(since, silent, max(visitor.now, feed.since), overview)
