"""Explains an onboarding in sentences: on whom it waits and since when, what comes next, what went wrong."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.attention.item import OURS
from desk.onboarding_detail import MailDetail, OnboardingDetail
from playbooks.calendar.time_format import format_time
from playbooks.engine.model import role_phrase
from playbooks.engine.onboarding import ReplyKind
from playbooks.engine.states import CLOSED, OPEN
from playbooks.plural import count_of
from playbooks.registry import PLAYBOOKS


def explain(detail: OnboardingDetail, omit: Collection[str] = (), names: Mapping[str, str] | None = None) -> list[str]:
    """Returns the sentences of `onboard explain`, the most important first, with times in the team's zone.

    `omit` are the kinds of attention items that are shown already (`overdue`, `ours`, `mail`, `held`, `missing`,
    `call`), and `beside` if the deadline, the hold and the people are. `names` are the team's, by handle: who is not
    among them is called by the handle.
    """
    return list(_sentences(detail, ZoneInfo(detail.time_zone), omit, names or {}))


def duration(length: timedelta) -> str:
    """Returns about how long it is, in one unit: `3 days`, `5 hours`, `20 minutes`."""
    minutes = int(abs(length).total_seconds() // 60)
    if minutes == 0:
        return "less than a minute"
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        # At least two of a unit: `36 hours` is more precise than `1 day`.
        if minutes >= 2 * size:
            return f"{minutes // size} {unit}s"
    return "1 minute"


def exact_duration(length: timedelta) -> str:
    """Returns how long it is, for lengths that are compared: `9 days 22 hours`, `5 hours 20 minutes`, `20 minutes`."""
    hours, minutes = divmod(int(abs(length).total_seconds() // 60), 60)
    if hours < 2:
        return duration(length)
    parts = ((hours // 24, "day"), (hours % 24, "hour")) if hours >= 48 else ((hours, "hour"), (minutes, "minute"))
    return " ".join(count_of(number, unit) for number, unit in parts if number)


def time_left(length: timedelta) -> str:
    """Returns about how long it still is, rounded: a second after a day was set, one reads `24 hours`."""
    units = (timedelta(days=1), timedelta(hours=1), timedelta(minutes=1))
    unit = next((unit for unit in units if length >= 2 * unit), timedelta(minutes=1))
    return duration(round(length / unit) * unit)


def step_in_words(what: str) -> str:
    """Returns what the next automatic step does; of a stage that it marks, as what."""
    marks = ((what.removesuffix(ending), does) for ending, does in MARKS.items() if what.endswith(ending))
    return next((f"“{stage}” {does}" for stage, does in marks), what)


def _sentences(
    detail: OnboardingDetail, zone: ZoneInfo, omit: Collection[str], names: Mapping[str, str]
) -> Iterator[str]:
    if detail.status == "complete":
        since = _time(detail.entered_at, zone, detail.now)
        yield f"{detail.practice.name} is complete: {detail.stage_title.lower()} since {since}."
    elif detail.status == "withdrawn":
        yield from _withdrawn(detail, zone, names)
    elif detail.status in CLOSED:
        yield f"{detail.practice.name} is {detail.status} at “{detail.stage_title}”: {detail.ending}."
        yield "A new onboarding of the practice can be started at any time."
    else:
        yield from _waiting(detail, zone, omit)
        yield from _deadline(detail, zone, omit, names)
        yield from _next(detail, zone)
        yield from _replies(detail, zone, omit)
    for mail in detail.mails if "mail" not in omit else ():
        if mail.state == "held" and "held" in omit:
            continue
        yield from _mail(mail, detail)
    if detail.status in OPEN and "beside" not in omit:
        yield from _people(detail, names)
    if detail.caveat:
        yield detail.caveat


def _withdrawn(detail: OnboardingDetail, zone: ZoneInfo, names: Mapping[str, str]) -> Iterator[str]:
    sentence = f"{detail.practice.name} was withdrawn at “{detail.stage_title}”"
    if signed := detail.withdrawn:
        why = f": {signed.why}" if signed.why else ""
        sentence += f" by {names.get(signed.by, signed.by)} on {_time(signed.at, zone, detail.now)}{why}"
    yield _with_full_stop(sentence)
    yield "A new onboarding of the practice can be started at any time."


def _waiting(detail: OnboardingDetail, zone: ZoneInfo, omit: Collection[str]) -> Iterator[str]:
    since = f"since {_time(detail.entered_at, zone, detail.now)} ({duration(detail.now - detail.entered_at)})"
    yield f"{detail.practice.name} is at “{detail.stage_title}” {since}, waiting on {detail.waiting_on_title}."
    facts = "; ".join(detail.missing_titles)
    partly = any(fact.of and fact.name in detail.missing and not fact.retracted for fact in detail.facts)
    if partly or len(detail.missing) < len(PLAYBOOKS[detail.playbook].stage(detail.stage).until):
        # Only what is missing is asked for.
        yield f"Still missing: {facts}. The rest is on record."
    else:
        if detail.waiting_on not in OURS or {"ours", "overdue"}.isdisjoint(omit):
            yield f"To be done by {detail.waiting_on_title}: {detail.asks}"
        if facts:
            yield f"It goes on when {'this is' if len(detail.missing) == 1 else 'these are'} on record: {facts}."
    if detail.early and "missing" not in omit:
        yield f"On record already, before its stage: {'; '.join(detail.early)}. Find out why the rest is missing."


def _deadline(
    detail: OnboardingDetail, zone: ZoneInfo, omit: Collection[str], names: Mapping[str, str]
) -> Iterator[str]:
    now, late = detail.now, detail.sla == "breached"
    if late and detail.chase and "overdue" not in omit:
        yield f"What to do: {detail.chase}"
    if detail.due_at and not (detail.hold_until or late) and now >= detail.due_at and detail.overdue_at:
        yield (
            f"It was expected {_time(detail.due_at, zone, now)}, {duration(now - detail.due_at)} ago;"
            f" it is overdue from {_time(detail.overdue_at, zone, now)}."
        )
    elif "beside" in omit:
        return
    elif detail.hold_until:
        yield _with_full_stop(
            f"It is on hold until {_time(detail.hold_until, zone, now)}" + _hold_reason(detail, names)
        )
        yield "Deadlines and reminders are paused until then, or until 'onboard resume'."
    elif detail.due_at is None:
        yield "There is no deadline for this stage."
    elif late:
        yield f"It was due {_time(detail.due_at, zone, now)} and has been overdue for {duration(now - detail.due_at)}."
    else:
        soon = ", which is soon" if detail.sla == "due_soon" else ""
        yield f"It is due {_time(detail.due_at, zone, now)}, in {time_left(detail.due_at - now)}{soon}."


def _next(detail: OnboardingDetail, zone: ZoneInfo) -> Iterator[str]:
    if detail.next:
        yield f"Next automatic step, on {_time(detail.next.at, zone, detail.now)}: {step_in_words(detail.next.what)}."
    else:
        yield "Nothing more happens automatically until somebody records a fact."


MARKS = {": due soon": "is marked as due soon", ": overdue": "counts as overdue"}
"""What the timers do that mark a stage, by how their texts end."""
SAID: dict[ReplyKind, str] = {
    "accepted": "accepted the role",
    "declined": "said that they are not the right person",
    "not_received": "reported that something did not arrive",
    "question": "asked for help",
}


def _replies(detail: OnboardingDetail, zone: ZoneInfo, omit: Collection[str]) -> Iterator[str]:
    """Yields what contacts said on the practice's page, requests only if they are not shown already (`call`)."""
    for reply in detail.replies:
        if reply.what == "accepted" or "call" not in omit:
            person = detail.contacts.get(reply.role)
            who = person.name if person and person.email == reply.email else reply.email
            sentence = f"{who}, as {role_phrase(reply.role)}, {SAID[reply.what]} on {_time(reply.at, zone, detail.now)}"
            times = reply.answers.get("times")
            yield _with_full_stop(f"{sentence}, and named times that suit: {times}" if times else sentence)
    for email, until in detail.reminders_off_until.items():
        yield f"No reminders go to {email} before {_time(until, zone, detail.now)}."


def _mail(mail: MailDetail, detail: OnboardingDetail) -> Iterator[str]:
    what = f"The mail “{mail.kind.replace('_', ' ')}” to {mail.to or mail.role.replace('_', ' ')}"
    why = f": {mail.error}" if mail.error else ""
    if mail.state in ("failed", "bounced"):
        fate = "came back" if mail.state == "bounced" else "was refused"
        yield _with_full_stop(f"{what} {fate}{why}")
        newer = any(later.kind == mail.kind and later.ordered_at > mail.ordered_at for later in detail.mails)
        yield (
            "It need not be sent again: a newer mail of this kind has followed." if newer else _correction(mail, detail)
        )
    elif mail.state == "unknown":
        yield _with_full_stop(
            f"{what} may not have arrived, or arrived twice: {mail.note or mail.error or 'nobody knows'}"
        )
    elif mail.state == "held":
        yield f"{what} is held, and its reader gets no reminders; send it, or drop it."
    elif mail.state in ("queued", "sending") and mail.error:
        yield _with_full_stop(f"{what} has not been sent yet; we try again automatically{why}")


def _correction(mail: MailDetail, detail: OnboardingDetail) -> str:
    if detail.status in CLOSED:
        return "Nothing more is sent, because the onboarding is closed."
    again = f"onboard resend {detail.id} {mail.kind}"
    if mail.remedy == "again":
        return f"Once that is solved, send it again: {again}"
    if mail.remedy == "ours":
        return f"Fix our mail sending, then: {again}"
    if mail.role == "primary_contact":
        return f"Correct the address, and it goes out again: onboard correct-contact {detail.id} --email ADDRESS"
    if mail.role == "technical_contact":
        return f"Record the technical contact again, with the right address; then, if a mail is still missing: {again}"
    return f"Correct the address in the settings, then: {again}"


def _people(detail: OnboardingDetail, names: Mapping[str, str]) -> Iterator[str]:
    assignee = (
        f"{names.get(detail.assignee, detail.assignee)} looks after it"
        if detail.assignee
        else "Nobody is assigned to it"
    )
    there = detail.now.astimezone(ZoneInfo(detail.practice.time_zone))
    yield (
        f"{assignee}; the practice's contact is {detail.primary_contact.name} <{detail.primary_contact.email}>,"
        f" local time {there:%a %H:%M %Z}."
    )


def _with_full_stop(sentence: str) -> str:
    return sentence if sentence.endswith((".", "!", "?")) else f"{sentence}."


def _hold_reason(detail: OnboardingDetail, names: Mapping[str, str]) -> str:
    """Returns by whom and why it is on hold, if the journal has it already."""
    if detail.held is None:
        return ""
    return f" by {names.get(detail.held.by, detail.held.by)}" + (f": {detail.held.why}" if detail.held.why else "")


def _time(moment: datetime, zone: ZoneInfo, now: datetime) -> str:
    return format_time(moment, zone, now)
