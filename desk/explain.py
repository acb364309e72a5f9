"""Why an onboarding is where it is, in sentences: on whom it waits, since when, what comes next, what went wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.onboarding_detail import MailDetail, OnboardingDetail
from playbooks.calendar.time_format import format_time
from playbooks.engine.states import CLOSED, OPEN
from playbooks.registry import PLAYBOOKS


def explain(seen: OnboardingDetail, told: Collection[str] = ()) -> list[str]:
    """The sentences of `onboard explain`, the most important first. Times are of the team's zone, and say so.

    `told` are the kinds of what needs a person (`overdue`, `ours`, `mail`, `missing`) that is told already, and
    `beside` if the deadline, a hold and the people are: what would only repeat it is left out.
    """
    return list(_sentences(seen, ZoneInfo(seen.time_zone), told))


def duration(length: timedelta) -> str:
    """About how long, in one unit: `3 days`, `5 hours`, `20 minutes`."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes == 0:
        return "less than a minute"
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        # Two of a unit, or the next smaller one: `36 hours` tells more than `1 day`.
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s"
    return "1 minute"


def _sentences(seen: OnboardingDetail, zone: ZoneInfo, told: Collection[str]) -> Iterator[str]:
    if seen.status == "complete":
        since = _time(seen.entered_at, zone, seen.now)
        yield f"{seen.practice.name} is complete: {seen.stage_title.lower()} since {since}."
    elif seen.status == "withdrawn":
        yield from _withdrawn(seen, zone)
    elif seen.status in CLOSED:
        yield f"{seen.practice.name} is {seen.status} at “{seen.stage_title}”: {seen.ending}."
        yield "A new onboarding of the practice can be started at any time."
    else:
        yield from _waiting(seen, zone, told)
        yield from _deadline(seen, zone, told)
        yield from _next(seen, zone)
    for mail in seen.mails if "mail" not in told else ():
        yield from _mail(mail, seen)
    if seen.status in OPEN and "beside" not in told:
        yield from _people(seen)
    if seen.caveat:
        yield seen.caveat


def _withdrawn(seen: OnboardingDetail, zone: ZoneInfo) -> Iterator[str]:
    sentence = f"{seen.practice.name} was withdrawn at “{seen.stage_title}”"
    if signed := seen.withdrawn:
        sentence += f" by {signed.by} on {_time(signed.at, zone, seen.now)}" + (f": {signed.why}" if signed.why else "")
    yield _closed(sentence)
    yield "A new onboarding of the practice can be started at any time."


def _waiting(seen: OnboardingDetail, zone: ZoneInfo, told: Collection[str]) -> Iterator[str]:
    since = f"since {_time(seen.entered_at, zone, seen.now)} ({duration(seen.now - seen.entered_at)})"
    yield f"{seen.practice.name} is at “{seen.stage_title}” {since}, waiting on {seen.waiting_on_title}."
    facts = "; ".join(seen.missing_titles)
    partly = any(fact.of and fact.name in seen.missing and not fact.retracted for fact in seen.facts)
    if partly or len(seen.missing) < len(PLAYBOOKS[seen.playbook].stage(seen.stage).until):
        # Part of it is done: to ask for all of it again would be wrong.
        yield f"The rest is on record; still missing: {facts}."
    else:
        if "ours" not in told:
            yield f"What has to be done: {seen.asks}"
        if facts:
            yield f"It goes on when {'this is' if len(seen.missing) == 1 else 'these are'} on record: {facts}."
    if seen.early and "missing" not in told:
        yield f"On record already, ahead of its turn: {'; '.join(seen.early)}. Find out why the rest is missing."


def _deadline(seen: OnboardingDetail, zone: ZoneInfo, told: Collection[str]) -> Iterator[str]:
    if seen.sla == "breached" and seen.chase and "overdue" not in told:
        yield f"What to do: {seen.chase}"
    if seen.due_at and not seen.hold_until and seen.sla != "breached" and seen.now >= seen.due_at and seen.overdue_at:
        yield (
            f"It was expected {_time(seen.due_at, zone, seen.now)}, {duration(seen.now - seen.due_at)} ago;"
            f" it counts as overdue from {_time(seen.overdue_at, zone, seen.now)}."
        )
    elif "beside" in told:
        return
    elif seen.hold_until:
        yield _closed(f"It is on hold until {_time(seen.hold_until, zone, seen.now)}" + _held(seen))
        yield "Clocks and reminders stand still until then, or until 'onboard resume'."
    elif seen.due_at is None:
        yield "There is no deadline for this stage."
    elif seen.sla == "breached":
        yield f"It was due {_time(seen.due_at, zone, seen.now)} and is overdue for {duration(seen.now - seen.due_at)}."
    else:
        soon = ", which is soon" if seen.sla == "due_soon" else ""
        yield f"It is due {_time(seen.due_at, zone, seen.now)}, in {duration(seen.due_at - seen.now)}{soon}."


def _next(seen: OnboardingDetail, zone: ZoneInfo) -> Iterator[str]:
    if seen.next:
        yield f"Next by itself, on {_time(seen.next.at, zone, seen.now)}: {seen.next.what}."
    else:
        yield "Nothing more happens by itself until somebody records a fact."


def _mail(mail: MailDetail, seen: OnboardingDetail) -> Iterator[str]:
    what = f"The mail “{mail.kind.replace('_', ' ')}” to {mail.to or mail.role.replace('_', ' ')}"
    why = f": {mail.error}" if mail.error else ""
    if mail.state in ("failed", "bounced"):
        fate = "came back" if mail.state == "bounced" else "was refused"
        if any(later.kind == mail.kind and later.ordered_at > mail.ordered_at for later in seen.mails):
            yield _closed(f"{what} {fate}, and was written again later{why}")
        else:
            yield _closed(f"{what} {fate}{why}")
            yield _fix(mail, seen)
    elif mail.state == "unknown":
        yield _closed(f"{what} may not have arrived, or twice: {mail.note or mail.error or 'nobody knows'}")
    elif mail.state in ("queued", "sending") and mail.error:
        yield _closed(f"{what} has not gone out yet and is tried again by itself{why}")


def _fix(mail: MailDetail, seen: OnboardingDetail) -> str:
    if seen.status in CLOSED:
        return "Nothing is sent any more, as the onboarding is closed."
    if mail.role == "primary_contact":
        return f"It goes out again when the address is fixed: onboard correct-contact {seen.id} --email ADDRESS"
    again = f"onboard resend {seen.id} {mail.kind}"
    if mail.role == "technical_contact":
        return f"Report the technical contact anew, with the right address; what is still missing then: {again}"
    return f"Put the address right in the settings, then: {again}"


def _people(seen: OnboardingDetail) -> Iterator[str]:
    assignee = f"{seen.assignee} looks after it" if seen.assignee else "Nobody is assigned to it"
    there = seen.now.astimezone(ZoneInfo(seen.practice.time_zone))
    yield (
        f"{assignee}; the practice's contact is {seen.primary_contact.name} <{seen.primary_contact.email}>,"
        f" where it is {there:%a %H:%M %Z} now."
    )


def _closed(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _held(seen: OnboardingDetail) -> str:
    """Why, and by whom, if the journal has it already."""
    if seen.held is None:
        return ""
    return f", put there by {seen.held.by}" + (f": {seen.held.why}" if seen.held.why else "")


def _time(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    return format_time(moment, zone, now)
