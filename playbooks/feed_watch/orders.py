"""What people order for a watched feed: pause, resume, another contact, messages and answers, its end (DP7, DP10)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playbooks.calendar.time_format import format_time
from playbooks.engine.fields import utc
from playbooks.engine.idempotency import previous_answer, with_answer
from playbooks.engine.model import Role, role_phrase
from playbooks.engine.onboarding import Contact, Entry, Signature
from playbooks.engine.transition import Refused
from playbooks.feed_watch.values import TECHNICAL_CONTACT, FeedPause, FeedReceipt, Order, Result, TellTeam, Watch
from playbooks.feed_watch.watch import entry, result_of

CONTACTS = (Role.PRIMARY_CONTACT, TECHNICAL_CONTACT)


def order(watch: Watch, name: str, given: Order, now: datetime) -> tuple[Result, FeedReceipt]:
    """Carries out an order; a repeat under its key gets the first answer. Raises `Refused` if it is not possible."""
    now = utc(now)
    body = given.model_dump(mode="json", exclude={"key"}, exclude_none=True)
    if answer := previous_answer(watch.answers, given.key, name, body):
        return Result(watch, ()), FeedReceipt(outcome="already_known", text=answer, state=watch.state)
    if watch.ended:
        raise Refused(
            f"{watch.subject.practice.id} left on {_format_time(watch, watch.ended.at)}, so its feed is no"
            " longer watched; start a new onboarding."
        )
    if not given.why and name != "resumed":
        raise Refused("Say why ('why'): everybody who looks at the feed is shown it.")
    after, text = _ORDERS[name](watch, given, now)
    after = after.model_copy(update={"answers": with_answer(after.answers, given.key, name, body, text)})
    line = entry(after, now, name, text, given.by, given.why, _data(given) if name in ("contact", "told") else {})
    result = result_of(after, now, line, *([_message(watch, given, line)] if name == "told" else []))
    return result, FeedReceipt(outcome="recorded", text=text, state=result.watch.state)


def _pause(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    until = utc(given.until) if given.until else None
    if until is not None and until <= now:
        raise Refused(f"{_format_time(watch, until)} has passed; a pause must end in the future.")
    pause = FeedPause(by=given.by, why=given.why or "", at=now, until=until)
    text = f"Paused until {_format_time(watch, until)}." if until else "Paused until somebody resumes it."
    return watch.model_copy(update={"pause": pause, "ask_at": None}), text


def _resume(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    if watch.pause is None:
        raise Refused("The feed is not paused, so there is nothing to resume.")
    return watch.model_copy(update={"pause": None, "counts_from": now}), "Resumed; the feed is watched again."


def _contact(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    """Changes a contact, who is asked when the connection is lost (DP7)."""
    if given.role not in CONTACTS or given.contact is None:
        raise Refused("Say who it is ('contact') and what they are ('role'): primary_contact or technical_contact.")
    title = role_phrase(given.role)
    if watch.lost:
        raise Refused(
            f"The connection of {watch.subject.practice.id} is lost, and a reconnection asks its contacts; change the"
            f" {title} there."
        )
    before: Contact | None = getattr(watch.subject, given.role)
    if before == given.contact:
        raise Refused(f"{given.contact.name} already has these details; give what has changed.")
    subject = watch.subject.model_copy(update={given.role: given.contact})
    changed = before is not None and before.name == given.contact.name
    text = f"The details of the {title} have changed" if changed else f"The {title} is {given.contact.name} now"
    return watch.model_copy(update={"subject": subject}), f"{text}."


def _rename(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    """Corrects the practice's name."""
    practice = watch.subject.practice
    if given.name is None or given.name == practice.name:
        raise Refused(f"Say what the practice is called ('name'), if it is not {practice.name}.")
    named = watch.subject.model_copy(update={"practice": practice.model_copy(update={"name": given.name})})
    return watch.model_copy(update={"subject": named}), f"The practice is called {given.name} now."


def _tell(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    """Passes a contact's message on to the team; a technical contact who declines is on record no longer (DP7)."""
    if given.about is None:
        raise Refused("Say in a few words what it is about ('about').")
    if given.declined and given.role == TECHNICAL_CONTACT and not watch.lost:
        watch = watch.model_copy(update={"subject": watch.subject.model_copy(update={"technical_contact": None})})
    elif given.declined and given.role == Role.PRIMARY_CONTACT:
        watch = watch.model_copy(update={"declined": watch.subject.primary_contact.email})
    return watch, f"{given.about}."


def _answer(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    """Notes what was answered to what contacts asked for; `why` says it."""
    return watch, "Answered what was asked."


def _data(given: Order) -> dict[str, str]:
    """Returns of whom a message or a change of contact is, as onboardings keep it."""
    return {name: value for name, value in (("role", given.role), ("reply", given.declined and "declined")) if value}


def _message(watch: Watch, given: Order, line: Entry) -> TellTeam:
    key = f"feed/{watch.subject.practice.id}/{watch.run}/told/{line.number}"
    return TellTeam(key=key, by=given.by, about=given.about or "", text=given.why or "", at=line.at)


def _end(watch: Watch, given: Order, now: datetime) -> tuple[Watch, str]:
    return watch.model_copy(
        update={"ended": Signature(by=given.by, why=given.why, at=now), "pause": None}
    ), "The practice has left; its feed is no longer watched."


def _format_time(watch: Watch, moment: datetime) -> str:
    return format_time(moment, watch.subject.team_calendar.zone)


_ORDERS: dict[str, Callable[[Watch, Order, datetime], tuple[Watch, str]]] = {
    "paused": _pause,
    "resumed": _resume,
    "contact": _contact,
    "renamed": _rename,
    "told": _tell,
    "answered": _answer,
    "ended": _end,
}
