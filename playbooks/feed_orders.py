"""What people decide about a watched feed: to pause it, to go on, and that the practice has left (DP10)."""

from __future__ import annotations

from datetime import datetime

from playbooks.draft import Refused
from playbooks.feed_values import Break, FeedReceipt, Order, Step, Watch
from playbooks.feed_watch import entry, stepped
from playbooks.fields import utc
from playbooks.onboarding import Signature

KEYS_KEPT = 100
ORDERS = ("paused", "resumed", "ended")


def order(watch: Watch, name: str, given: Order, now: datetime) -> tuple[Step, FeedReceipt]:
    """Carries out a person's decision. The same key again is answered as the first time.

    Raises `Refused` with a sentence that says what to do.
    """
    now = utc(now)
    if given.key and (answer := watch.keys.get(f"{name} {given.key}")):
        return Step(watch, ()), FeedReceipt(outcome="already_known", text=answer, state=watch.state)
    if watch.ended:
        raise Refused(
            f"{watch.subject.practice.id} left on {_shown(watch, watch.ended.at)}, so its feed is watched no more;"
            " onboard the practice anew."
        )
    after, text = {"paused": _pause, "resumed": _resume, "ended": _end}[name](watch, given, now)
    if given.key:
        keys = {**after.keys, f"{name} {given.key}": text}
        while len(keys) > KEYS_KEPT:
            del keys[next(iter(keys))]
        after = after.model_copy(update={"keys": keys})
    step = stepped(after, now, entry(after, now, name, text, given.by, given.why))
    return step, FeedReceipt(outcome="recorded", text=text, state=step.watch.state)


def _pause(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    until = utc(given.until) if given.until else None
    if until is not None and until <= now:
        raise Refused(f"{_shown(watch, until)} has passed; a pause must end in the future.")
    pause = Break(by=given.by, why=given.why, at=now, until=until)
    text = f"Paused until {_shown(watch, until)}." if until else "Paused until somebody resumes it."
    return watch.model_copy(update={"pause": pause, "ask_at": None}), text


def _resume(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    if watch.pause is None:
        raise Refused("The feed is not paused, so there is nothing to resume.")
    return watch.model_copy(update={"pause": None, "counts_from": now}), "Resumed; the feed is watched again."


def _end(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    return watch.model_copy(
        update={"ended": Signature(by=given.by, why=given.why, at=now), "pause": None}
    ), "The practice has left; its feed is not watched any more."


def _shown(watch: Watch, moment: datetime) -> str:
    return f"{moment.astimezone(watch.subject.team_calendar.zone):%a %Y-%m-%d %H:%M %Z}"
