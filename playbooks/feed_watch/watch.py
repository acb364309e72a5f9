"""Watches the feed of a connected practice: heartbeats, feeds, silence, and the reconnection (DP7, DP10). Pure.

The agent's heartbeat and the last changed record are watched apart: a clinic that is closed over a long weekend
changes nothing, while its agent keeps sending heartbeats.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from playbooks.calendar import arithmetic
from playbooks.calendar.values import BusinessDays, Calendar, Elapsed, Pause
from playbooks.engine.fields import utc
from playbooks.engine.model import CLOCK, Role
from playbooks.engine.onboarding import Entry, Handover
from playbooks.engine.timers import CALENDAR_RESERVE
from playbooks.feed_watch.values import (
    TECHNICAL_CONTACT,
    Evidence,
    FeedEffect,
    GatherEvidence,
    Heartbeat,
    Loss,
    OpenReconnection,
    Reason,
    Records,
    RefreshHolidays,
    ReportToReconnection,
    Result,
    State,
    Subject,
    Watch,
)

SILENCE = Elapsed(hours=72)
"""The connection counts as lost after this long without heartbeat or feed (DP10)."""
NO_RECORDS = BusinessDays(days=4)
"""The connection counts as lost after this long without a feed; one comes every 48 to 72 hours of work."""
QUIET = timedelta(hours=72)
"""A feed is `quiet` after this long without a changed record; nobody gets a mail."""
CHECK_AGAIN = timedelta(minutes=10)
"""How long events that wait in our inbox have to be recorded, before the evidence is gathered again."""


def begin(handover: Handover, run: str, now: datetime) -> Result:
    """Begins to watch; being connected counts as a first sign of life."""
    now = utc(now)
    since = min(handover.at, now)
    watch = Watch(subject=_subject(handover), run=run, began_at=now, counts_from=since, since=since)
    return result_of(watch, now, entry(watch, now, "began", "The feed is watched", handover.by))


def connect_again(watch: Watch, handover: Handover, now: datetime) -> Result:
    """Takes over the contacts of a completed onboarding or reconnection: the practice is connected."""
    now = utc(now)
    text = "Connected, as recorded there; its contacts count from now on"
    since = max(watch.counts_from, min(handover.at, now))
    after = watch.model_copy(update={"subject": _subject(handover), "counts_from": since, "lost": None, "ask_at": None})
    return result_of(after, now, entry(after, now, "connected", text, handover.by))


def _subject(handover: Handover) -> Subject:
    return Subject(
        practice=handover.practice,
        primary_contact=handover.contacts[Role.PRIMARY_CONTACT],
        technical_contact=handover.contacts.get(TECHNICAL_CONTACT),
        assignee=handover.assignee,
        team_calendar=handover.team_calendar,
        practice_calendar=handover.practice_calendar,
    )


def record_sign_of_life(watch: Watch, sign: Heartbeat | Records, now: datetime) -> Result:
    """Records a heartbeat or a feed, in any order; an older one than the last changes nothing.

    A time ahead counts as now, so that a wrong clock at the practice cannot hide a silence.
    """
    now = utc(now)
    at = min(utc(sign.at), now)
    if isinstance(sign, Heartbeat):
        if watch.agent_at is not None and at <= watch.agent_at:
            return Result(watch, ())
        return _recover(watch.model_copy(update={"agent_at": at}), now)
    changes: dict[str, object] = {}
    if sign.changed_at is not None and (watch.changed_at is None or sign.changed_at > watch.changed_at):
        changes["changed_at"] = min(utc(sign.changed_at), now)
    if watch.feed_at is None or at > watch.feed_at:
        changes |= {"feed_at": at}
        changes |= {name: count for name in ("clients", "patients") if (count := getattr(sign, name)) is not None}
    return _recover(watch.model_copy(update=changes), now) if changes else Result(watch, ())


def _recover(watch: Watch, now: datetime) -> Result:
    """Ends a loss of the connection after a feed, and reports a heartbeat to the reconnection."""
    lost = watch.lost
    if lost is None or watch.ended:
        return result_of(watch, now)
    if loss_due(watch)[0] > now and watch.feed_at is not None and watch.feed_at > lost.feed_at:
        back = watch.model_copy(update={"lost": None, "ask_at": None})
        report = ReportToReconnection(what="data", at=watch.feed_at, clients=watch.clients, patients=watch.patients)
        return result_of(back, now, report, entry(back, now, "flowing", "Data flows again", CLOCK))
    if lost.reason == "silent" and not lost.agent_back and watch.agent_at and watch.agent_at > lost.heard_at:
        agent_back = watch.model_copy(update={"lost": lost.model_copy(update={"agent_back": True})})
        return result_of(agent_back, now, ReportToReconnection(what="agent", at=watch.agent_at))
    return result_of(watch, now)


def wake(watch: Watch, now: datetime) -> Result:
    """Does what is due by `now`, decided from the state alone.

    Before a silence counts, the evidence is gathered that it is our own fault (`weigh`).
    """
    now = utc(now)
    if watch.ended:
        return Result(watch, ())
    effects: list[FeedEffect] = []
    if (refresh_at := _refresh_at(watch)) and refresh_at <= now:
        watch = watch.model_copy(update={"looked_up": watch.subject.practice_calendar.known_until})
        effects.append(RefreshHolidays())
    if watch.pause and watch.pause.until and watch.pause.until <= now:
        watch = watch.model_copy(update={"pause": None, "counts_from": max(watch.counts_from, watch.pause.until)})
        effects.append(entry(watch, now, "resumed", "The pause is over; the feed is watched again", CLOCK))
    if (ask_at := _ask_at(watch)) and ask_at <= now:
        watch = watch.model_copy(update={"ask_at": now + CHECK_AGAIN})
        effects.append(GatherEvidence(since=_last_feed_at(watch)))
    return result_of(watch, now, *effects)


def weigh(watch: Watch, evidence: Evidence, now: datetime) -> Result:
    """Confirms or dismisses a suspected loss.

    The clock of a silence does not run in our own outages, and events that wait in our inbox are recorded first.
    """
    now = utc(now)
    if watch.ended or watch.pause or watch.lost:
        return Result(watch, ())
    watch = watch.model_copy(update={"outages": evidence.outages, "ask_at": None})
    at, reason = loss_due(watch)
    if at > now:
        return result_of(watch, now)
    if evidence.waiting:
        return result_of(watch.model_copy(update={"ask_at": now + CHECK_AGAIN}), now)
    lost = Loss(reason=reason, at=now, heard_at=_heard_at(watch), feed_at=_last_feed_at(watch))
    watch = watch.model_copy(update={"lost": lost})
    return result_of(watch, now, OpenReconnection(lost=lost), entry(watch, now, "lost", LOSS_TEXTS[reason], CLOCK))


def refresh(watch: Watch, team: Calendar, practice: Calendar, now: datetime) -> Result:
    """Takes over calendars with further holidays. Days that have passed stay as they were."""
    today, old = utc(now).date(), watch.subject.practice_calendar
    days = {day: name for day, name in old.holidays.items() if today - timedelta(days=31) <= day < today}
    days |= {day: name for day, name in practice.holidays.items() if day >= today}
    calendar = practice.model_copy(update={"holidays": dict(sorted(days.items()))})
    subject = watch.subject.model_copy(update={"team_calendar": team, "practice_calendar": calendar})
    return result_of(watch.model_copy(update={"subject": subject}), now)


def next_wakeup(watch: Watch) -> datetime | None:
    """Returns when to call `wake` next; None once the practice has left."""
    if watch.ended:
        return None
    quiet = _quiet_at(watch) if watch.state == "flowing" else None
    pause = watch.pause.until if watch.pause else None
    return min((at for at in (_refresh_at(watch), pause, _ask_at(watch), quiet) if at), default=None)


def loss_due(watch: Watch) -> tuple[datetime, Reason]:
    """Returns when the connection counts as lost if nothing more arrives, not counting our outages, and why."""
    calendar = watch.subject.practice_calendar
    silent = utc(arithmetic.due(calendar, _heard_at(watch), SILENCE, watch.outages))
    no_records = utc(arithmetic.due(calendar, _last_feed_at(watch), NO_RECORDS, watch.outages))
    return (silent, "silent") if silent <= no_records else (no_records, "no_records")


def state_of(watch: Watch, now: datetime) -> State:
    if watch.ended:
        return "ended"
    if watch.pause:
        return "paused"
    if watch.lost:
        return "reconnecting"
    if loss_due(watch)[0] <= now:
        return "silent"
    return "quiet" if _quiet_at(watch) <= now else "flowing"


def _last_feed_at(watch: Watch) -> datetime:
    return max(watch.counts_from, watch.feed_at or watch.counts_from)


def _heard_at(watch: Watch) -> datetime:
    return max(at for at in (watch.counts_from, watch.agent_at, watch.feed_at) if at)


def _quiet_at(watch: Watch) -> datetime:
    return max(at for at in (watch.counts_from, watch.changed_at) if at) + QUIET


def _ask_at(watch: Watch) -> datetime | None:
    if watch.pause or watch.lost:
        return None
    at = loss_due(watch)[0]
    return max(at, watch.ask_at) if watch.ask_at else at


def _refresh_at(watch: Watch) -> datetime | None:
    """Returns when to look up further holidays, once for each end of the known ones."""
    calendar = watch.subject.practice_calendar
    if calendar.known_until == calendar.known_until.max or watch.looked_up == calendar.known_until:
        return None
    midnight = datetime.combine(calendar.known_until, datetime.min.time(), calendar.zone)
    return utc(midnight - CALENDAR_RESERVE)


def result_of(watch: Watch, now: datetime, *effects: FeedEffect) -> Result:
    """Finishes a step: updates the watch's state, version and number of entries."""
    state = state_of(watch, now)
    changes: dict[str, object] = {"version": watch.version + 1, "outages": _relevant_outages(watch)}
    changes["entries"] = watch.entries + sum(1 for each in effects if isinstance(each, Entry))
    if state != watch.state:
        changes |= {"state": state, "since": now}
    return Result(watch.model_copy(update=changes), effects)


def _relevant_outages(watch: Watch) -> Sequence[Pause]:
    return tuple(each for each in watch.outages if each.end > _last_feed_at(watch))


def entry(
    watch: Watch,
    now: datetime,
    name: str,
    text: str,
    by: str,
    why: str | None = None,
    data: Mapping[str, str] | None = None,
) -> Entry:
    kind = "clock" if by == CLOCK else "command"
    number = watch.entries + 1
    given = dict(data or {})
    return Entry(number=number, kind=kind, name=name, text=text, by=by, why=why, at=now, recorded_at=now, data=given)


LOSS_TEXTS: dict[Reason, str] = {
    "silent": "No sign of the agent, and no feed: a reconnection begins",
    "no_records": "The agent is there, but no feed comes: a reconnection begins",
}
"""The texts of a loss in the journal."""
