"""A connected practice's feed, watched for life (DP10, DP7): what was heard, when silence is one, and what follows.

The agent's heartbeat and the last changed record are two things: a clinic that is closed over a long weekend changes
nothing, and its agent goes on to beat. Pure, like the engine: `now` comes in, and what has to be done goes out as
effects. Three things bring a step: somebody is heard, a person decides, the clock has reached `next_wakeup`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from playbooks.calendar import arithmetic
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause
from playbooks.engine.fields import utc
from playbooks.engine.model import Role
from playbooks.engine.onboarding import Entry, Handover
from playbooks.engine.timers import CALENDAR_RESERVE
from playbooks.feed_watch.values import (
    TECHNICAL_CONTACT,
    Ask,
    Evidence,
    FeedEffect,
    Heartbeat,
    Loss,
    Reason,
    Reconnect,
    Records,
    Refresh,
    State,
    Step,
    Subject,
    Tell,
    Watch,
)

SILENCE = Elapsed(hours=72)
"""Neither heartbeat nor feed for so long is silence (DP10)."""
NO_RECORDS = BusinessDays(days=4)
"""A feed comes every 48 to 72 hours where there is work; a day of grace more, and an agent that beats sends nothing."""
QUIET = timedelta(hours=72)
"""After so long without a changed record the practice is called quiet; nobody is told."""
ASK_AGAIN = timedelta(minutes=10)
"""How long what waits in our own inbox is given to be recorded, before it is looked again."""
CLOCK = "clock"


def begin(handover: Handover, run: str, now: datetime) -> Step:
    """Begins to watch: the practice has just been connected, which counts as heard."""
    now = utc(now)
    since = min(handover.at, now)
    watch = Watch(subject=_subject(handover), run=run, began_at=now, counts_from=since, since=since)
    return stepped(watch, now, entry(watch, now, "began", "The feed is watched", handover.by))


def introduce(watch: Watch, handover: Handover, now: datetime) -> Step:
    """An onboarding or a reconnection has ended: its contacts are those that count, and the connection is there."""
    now = utc(now)
    text = "Connected, as is recorded there; its contacts are the ones that count"
    since = max(watch.counts_from, min(handover.at, now))
    after = watch.model_copy(update={"subject": _subject(handover), "counts_from": since, "lost": None, "ask_at": None})
    return stepped(after, now, entry(after, now, "connected", text, handover.by))


def _subject(handover: Handover) -> Subject:
    return Subject(
        practice=handover.practice,
        primary_contact=handover.contacts[Role.PRIMARY_CONTACT],
        technical_contact=handover.contacts.get(TECHNICAL_CONTACT),
        assignee=handover.assignee,
        team_calendar=handover.team_calendar,
        practice_calendar=handover.practice_calendar,
    )


def heard(watch: Watch, sign: Heartbeat | Records, now: datetime) -> Step:
    """Takes a sign of life. An older one than is known, or the same again, changes nothing; in any order it comes to
    the same. A time ahead is taken as now: another's clock must not buy it silence."""
    now = utc(now)
    at = min(utc(sign.at), now)
    if isinstance(sign, Heartbeat):
        if watch.agent_at is not None and at <= watch.agent_at:
            return Step(watch, ())
        return _back(watch.model_copy(update={"agent_at": at}), now)
    changes: dict[str, object] = {}
    if sign.changed_at is not None and (watch.changed_at is None or sign.changed_at > watch.changed_at):
        changes["changed_at"] = min(utc(sign.changed_at), now)
    if watch.feed_at is None or at > watch.feed_at:
        changes |= {"feed_at": at}
        changes |= {name: count for name in ("clients", "patients") if (count := getattr(sign, name)) is not None}
    return _back(watch.model_copy(update=changes), now) if changes else Step(watch, ())


def _back(watch: Watch, now: datetime) -> Step:
    """What follows from a sign of life while the connection is lost. A feed ends that, a heartbeat alone does not."""
    lost = watch.lost
    if lost is None or watch.ended:
        return stepped(watch, now)
    if alarm(watch)[0] > now and watch.feed_at is not None and watch.feed_at > lost.feed_at:
        back = watch.model_copy(update={"lost": None, "ask_at": None})
        tell = Tell(what="data", at=watch.feed_at, clients=watch.clients, patients=watch.patients)
        return stepped(back, now, tell, entry(back, now, "flowing", "Data flows again", CLOCK))
    if lost.reason == "silent" and not lost.agent_back and watch.agent_at and watch.agent_at > lost.heard_at:
        seen = watch.model_copy(update={"lost": lost.model_copy(update={"agent_back": True})})
        return stepped(seen, now, Tell(what="agent", at=watch.agent_at))
    return stepped(watch, now)


def wake(watch: Watch, now: datetime) -> Step:
    """Does what the clock has brought by `now`, decided from the state alone.

    Silence is never believed at once: first it is asked whether something waits in our own inbox, and whether we
    could hear at all (`answered`).
    """
    now = utc(now)
    if watch.ended:
        return Step(watch, ())
    effects: list[FeedEffect] = []
    if (ring := _refresh_at(watch)) and ring <= now:
        watch = watch.model_copy(update={"looked_up": watch.subject.practice_calendar.known_until})
        effects.append(Refresh())
    if watch.pause and watch.pause.until and watch.pause.until <= now:
        watch = watch.model_copy(update={"pause": None, "counts_from": max(watch.counts_from, watch.pause.until)})
        effects.append(entry(watch, now, "resumed", "The pause is over; the feed is watched again", CLOCK))
    if (ask := _ask_at(watch)) and ask <= now:
        watch = watch.model_copy(update={"ask_at": now + ASK_AGAIN})
        base = max(watch.counts_from, watch.feed_at or watch.counts_from)
        effects.append(Ask(since=base))
    return stepped(watch, now, *effects)


def answered(watch: Watch, evidence: Evidence, now: datetime) -> Step:
    """Believes in the silence, or not: while we could not hear, its clock stood still, and what waits in our inbox is
    given time to be recorded."""
    now = utc(now)
    if watch.ended or watch.pause or watch.lost:
        return Step(watch, ())
    watch = watch.model_copy(update={"outages": evidence.outages, "ask_at": None})
    at, reason = alarm(watch)
    if at > now:
        return stepped(watch, now)
    if evidence.waiting:
        return stepped(watch.model_copy(update={"ask_at": now + ASK_AGAIN}), now)
    feed_at = max(watch.counts_from, watch.feed_at or watch.counts_from)
    lost = Loss(reason=reason, at=now, heard_at=_heard_at(watch), feed_at=feed_at)
    watch = watch.model_copy(update={"lost": lost})
    return stepped(watch, now, Reconnect(lost=lost), entry(watch, now, "lost", SAID[reason], CLOCK))


def refreshed(watch: Watch, team: Calendar, practice: Calendar, now: datetime) -> Step:
    """Takes over calendars that know further holidays; days that have passed stay as they were."""
    today, known = utc(now).date(), watch.subject.practice_calendar
    days = {day: name for day, name in known.holidays.items() if today - timedelta(days=31) <= day < today}
    days |= {day: name for day, name in practice.holidays.items() if day >= today}
    place = practice.model_copy(update={"holidays": dict(sorted(days.items()))})
    subject = watch.subject.model_copy(update={"team_calendar": team, "practice_calendar": place})
    return stepped(watch.model_copy(update={"subject": subject}), now)


def next_wakeup(watch: Watch) -> datetime | None:
    """When the clock has something to do next; None once the practice has left."""
    if watch.ended:
        return None
    quiet = _quiet_at(watch) if watch.state == "flowing" else None
    pause = watch.pause.until if watch.pause else None
    return min((at for at in (_refresh_at(watch), pause, _ask_at(watch), quiet) if at), default=None)


def alarm(watch: Watch) -> tuple[datetime, Reason]:
    """When it would be time to act if nothing more were heard, and why. The clock stood still while we could not
    hear."""
    place, feed_at = watch.subject.practice_calendar, max(watch.counts_from, watch.feed_at or watch.counts_from)
    silent = utc(arithmetic.due(place, _heard_at(watch), SILENCE, watch.outages))
    dry = utc(arithmetic.due(place, feed_at, NO_RECORDS, watch.outages))
    return (silent, "silent") if silent <= dry else (dry, "no_records")


def state_of(watch: Watch, now: datetime) -> State:
    """How the feed is, in one word."""
    if watch.ended:
        return "ended"
    if watch.pause:
        return "paused"
    if watch.lost:
        return "reconnecting"
    if alarm(watch)[0] <= now:
        return "silent"
    return "quiet" if _quiet_at(watch) <= now else "flowing"


def _heard_at(watch: Watch) -> datetime:
    return max(at for at in (watch.counts_from, watch.agent_at, watch.feed_at) if at)


def _quiet_at(watch: Watch) -> datetime:
    return max(at for at in (watch.counts_from, watch.changed_at) if at) + QUIET


def _ask_at(watch: Watch) -> datetime | None:
    if watch.pause or watch.lost:
        return None
    at = alarm(watch)[0]
    return max(at, watch.ask_at) if watch.ask_at else at


def _refresh_at(watch: Watch) -> datetime | None:
    """When further holidays are looked up; never twice for the same end, as where none are known beyond it."""
    place = watch.subject.practice_calendar
    if place.known_until == place.known_until.max or watch.looked_up == place.known_until:
        return None
    midnight = datetime.combine(place.known_until, datetime.min.time(), place.zone)
    return utc(midnight - CALENDAR_RESERVE)


def stepped(watch: Watch, now: datetime, *effects: FeedEffect) -> Step:
    """The watch after a step: its state in one word, and since when."""
    state = state_of(watch, now)
    changes: dict[str, object] = {"version": watch.version + 1, "outages": _still_of_use(watch)}
    changes["entries"] = watch.entries + sum(1 for each in effects if isinstance(each, Entry))
    if state != watch.state:
        changes |= {"state": state, "since": now}
    return Step(watch.model_copy(update=changes), effects)


def _still_of_use(watch: Watch) -> Sequence[Pause]:
    base = max(watch.counts_from, watch.feed_at or watch.counts_from)
    return tuple(each for each in watch.outages if each.end > base)


def entry(watch: Watch, now: datetime, name: str, text: str, by: str, why: str | None = None) -> Entry:
    kind = "clock" if by == CLOCK else "command"
    number = watch.entries + 1
    return Entry(number=number, kind=kind, name=name, text=text, by=by, why=why, at=now, recorded_at=now)


SAID: dict[Reason, str] = {
    "silent": "No sign of the agent, and no feed: a reconnection begins",
    "no_records": "The agent is there, but no feed comes: a reconnection begins",
}
"""What the journal says of a loss."""
