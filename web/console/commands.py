"""The commands as the console offers them: what each is called, what it does, and who may give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from desk.calendar_due import parse_time
from desk.fact_fields import other_problems, phone_problem
from desk.orders import order
from desk.problem import DeskProblem
from playbooks.calendar.time_format import format_time
from playbooks.engine.fields import YEARS
from playbooks.engine.onboarding import Command, Contact, Report
from playbooks.engine.practice_commands import CORRECTABLE
from store.accounts.people import Role
from web.console.mails_ahead import choices_from


@dataclass(frozen=True)
class Order:
    """A command in words. `takes` is the one input besides the reason; `final`: it cannot be taken back. `reasons` are
    the usual ones; None if no reason is asked for. `mails`: it may send some at once."""

    name: str
    title: str
    about: str
    takes: str = ""
    role: Role = "specialist"
    final: bool = False
    reasons: tuple[str, ...] | None = ()
    mails: bool = False


WAITS = (
    "The practice asked us to wait.",
    "The contact is away.",
    "The practice moves, or changes its computers.",
    "We agreed on a time with the practice.",
    "Others are late, and told us when they are ready.",
)

ORDERS = {
    each.name: each
    for each in (
        Order("hold", "Put on hold", "Deadlines and reminders are paused until then.", "until", reasons=WAITS),
        Order("resume", "Resume", "Deadlines and reminders continue where they stopped.", reasons=None, mails=True),
        Order(
            "extend",
            "Move the deadline",
            "Gives the present stage more time. A moved deadline can be moved back, to where it was at first.",
            "until",
            reasons=WAITS,
            mails=True,
        ),
        Order(
            "reassign",
            "Hand over",
            "A colleague takes over.",
            "assignee",
            reasons=("I am out of office.", "The colleague knows the practice.", "To share the work."),
            mails=True,
        ),
        Order(
            "correct_contact",
            "Correct the primary contact",
            "The right name, address or telephone, or another person. While the onboarding is open, all later mails go"
            " there, and those that never arrived are sent again.",
            "contact",
            reasons=("A mail came back.", "The contact gave us the right address.", "Somebody else is in charge now."),
            mails=True,
        ),
        Order(
            "correct_practice",
            "Correct the practice",
            "Its name, time zone, country or state. Reminders then follow its new working hours and holidays.",
            "practice",
            reasons=("It was typed wrong.", "The practice told us.", "The practice has moved.", "It has a new name."),
        ),
        Order(
            "resend",
            "Send a mail again",
            "We write it anew with today's data, to whoever has the role now.",
            "kind",
            reasons=("The contact asked for it.", "It did not arrive.", "The address was wrong."),
            mails=True,
        ),
        Order(
            "send_held",
            "Send a held mail",
            "It goes out now, with today's data, to whoever has the role now.",
            "kind",
            reasons=None,
            mails=True,
        ),
        Order(
            "drop_held",
            "Drop a held mail",
            "It is never sent. Reminders to its reader go on.",
            "kind",
            reasons=("We told them by phone.", "It is no longer needed.", "It was recorded by mistake."),
        ),
        Order(
            "retract",
            "Take back what was recorded",
            "It stays in the journal, marked as taken back.",
            "fact",
            reasons=("Recorded by mistake.", "Recorded for the wrong practice.", "It did not happen after all."),
            mails=True,
        ),
        Order(
            "quiet",
            "Pause reminders",
            "For one person at the practice. Deadlines keep running.",
            "role",
            reasons=("The contact asked for it.", "The contact is away until then.", "We agreed on a time."),
        ),
        Order("note", "Write a note", "Everybody who reads the journal sees it."),
        Order(
            "withdraw",
            "Withdraw",
            "The practice no longer wants it.",
            role="manager",
            final=True,
            reasons=("They chose another pharmacy.", "They changed their software.", "The practice closed."),
        ),
    )
}
"""All but what only a practice says itself."""
WHY = {"note": "Note"}
"""What the reason is called, where it is more than a reason."""


def order_from(name: str, form: Mapping[str, str], by: str, zone: ZoneInfo) -> Command:
    """The command that a form gives. Raises `DeskProblem`."""
    given: dict[str, Any] = {"by": by, "why": form.get("why", "").strip() or None, "key": form.get("key") or None}
    if name == "note" and not given["why"]:
        raise DeskProblem("Write the note.")
    if typed := form.get("until", "").strip():
        given["until"] = end_from(typed, zone)
    for field in ("assignee", "kind", "fact", "of", "role"):
        if typed := form.get(field, "").strip():
            given[field] = typed
    if given.get("fact") and "of" not in given:
        # An option of the form names both, as `confirmed oak-lane`; that of a mail also its role.
        fact, _, of = given["fact"].partition(" ")
        given |= {"fact": fact, "of": of or None}
    if given.get("kind") and "role" not in given:
        kind, _, rest = given["kind"].partition(" ")
        role, _, of = rest.partition(" ")
        given |= {"kind": kind, "role": role or None, "of": of or None}
    given["mail"] = choices_from(form, releases=name == "send_held")
    if name == "correct_contact":
        contact = {field: form.get(field, "").strip() or None for field in ("name", "email", "phone")}
        if wrong := phone_problem(contact["phone"] or ""):
            raise DeskProblem(f"{'; '.join([f'Phone: {wrong}', *other_problems(Contact, contact, ['phone'])])}.")
        given["contact"] = contact
    if name == "correct_practice":
        given["practice"] = {field: form[field].strip() or None for field in CORRECTABLE if field in form}
    return order(Command, **given)


def end_from(typed: str, zone: ZoneInfo) -> datetime:
    """The end of a hold, a deadline or a pause. Raises `DeskProblem` for a year that is none of ours."""
    end = moment_from(typed, zone)
    if end.year not in YEARS:
        example = format_time(datetime.now(zone) + timedelta(days=7), zone)
        raise DeskProblem(f"Until must be a time in the future, such as {example}, and at most ten years away.")
    return end


def reason_in(typed: str) -> str:
    """The reason that was typed into a form, on one line; empty if there is none."""
    return " ".join(typed.replace("\0", "").split())[:1000]


def needed_reason(typed: str) -> str:
    """The same where the record needs one. Raises `DeskProblem` if there is none."""
    if not (reason := reason_in(typed)):
        raise DeskProblem("Say why: everybody who reads the journal sees the reason.")
    return reason


def report_from(form: Mapping[str, str], data: dict[str, Any], by: str, zone: ZoneInfo) -> Report:
    """The report of a fact that a form gives. Raises `DeskProblem`."""
    typed = form.get("at", "").strip()
    at = moment_from(typed, zone) if typed else None
    return order(Report, data=data, by=by, at=at, key=form.get("key") or None, mail=choices_from(form))


def moment_from(typed: str, zone: ZoneInfo) -> datetime:
    """A time as it was typed, by the clocks of `zone`. Raises `DeskProblem`."""
    try:
        return parse_time(typed, zone)
    except ValueError as error:
        raise DeskProblem(str(error)) from None
