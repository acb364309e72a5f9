"""The engine: (onboarding, fact or clock, now) becomes (onboarding, effects). Pure, for any playbook.

    begin   a practice is signed up
    record  somebody reports a fact
    wake    the clock has reached `view().next_wakeup`
    settle  a mail was sent, or could not be

Commands (hold, retract, resend ...) are in `playbooks.commands`. Every function returns a `Turn`, or raises `Refused`
with a sentence that says what to do. Nothing here reads a clock: `now` always comes in.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from pydantic import ValidationError

from playbooks.calendar import Calendar
from playbooks.derive import Standing, contact, current_facts, estimate, on_hold, stand
from playbooks.model import FactType, Message, Playbook, Role
from playbooks.moments import Moment, moments
from playbooks.onboarding import (
    Effect,
    Entry,
    Fact,
    MailOrder,
    MailState,
    Onboarding,
    Receipt,
    RefreshCalendars,
    Report,
    Request,
    Said,
)
from playbooks.words import words

# Two machines' clocks differ; a report from a moment ahead is taken as now.
CLOCK_SKEW = timedelta(minutes=1)
KEYS_KEPT = 300
CLOCK = "clock"


class Refused(Exception):
    """What was asked cannot be; the message is one sentence that says why and what to do."""


class Turn(NamedTuple):
    """What one step made of an onboarding, and what it wants done in the world."""

    onboarding: Onboarding
    effects: tuple[Effect, ...]
    receipt: Receipt | None = None


@dataclass
class Draft:
    """An onboarding being changed by one step, and the effects of that step so far."""

    playbook: Playbook
    onboarding: Onboarding
    now: datetime
    effects: list[Effect] = field(default_factory=list)
    _standing: Standing | None = None

    def change(self, **fields: Any) -> None:
        self.onboarding = self.onboarding.model_copy(update=fields)
        self._standing = None

    @property
    def standing(self) -> Standing:
        if self._standing is None:
            self._standing = stand(self.playbook, self.onboarding)
        return self._standing

    def enter(self, kind: Any, name: str, text: str, by: str, **more: Any) -> None:
        """Writes a line of the journal."""
        number = self.onboarding.entries + 1
        self.change(entries=number)
        more.setdefault("at", self.now)
        self.effects.append(Entry(number=number, kind=kind, name=name, text=text, by=by, recorded_at=self.now, **more))

    def mail(self, kind: str, to: Role, *, about: str = "", stage: str | None = None) -> None:
        """Orders a mail to whoever holds the role now; without anybody in it, the journal says so."""
        practice_role = to in (Role.PRIMARY_CONTACT, Role.TECHNICAL_CONTACT)
        person = contact(self.playbook, self.onboarding, to) if practice_role else None
        if practice_role and person is None:
            self.enter(
                "mail",
                kind,
                f"Not written: {kind}, because nobody is named as {to.value.replace('_', ' ')}",
                CLOCK,
            )
            return
        # The role stands for the person, so that no key holds an address; the ordinal tells two holders apart.
        ordinal = 1 + sum(1 for said in self.onboarding.said if said.kind == kind and said.to == to)
        order = MailOrder(
            key=f"{self.onboarding.id}/{self.onboarding.run}/{kind}/{to.value}/{ordinal}",
            kind=kind,
            to=to,
            name=person.name if person else None,
            email=person.email if person else None,
            handle=self.onboarding.assignee if to is Role.ASSIGNEE else None,
            stage=stage,
            at=self.now,
            words=words(self.playbook, self.onboarding, self.standing, self.now, to),
        )
        said = Said(key=order.key, kind=kind, to=to, email=order.email, about=about, stage=stage, at=self.now)
        self.change(said=(*self.onboarding.said, said))
        self.effects.append(order)

    def turn(self, outcome: Any, text: str) -> Turn:
        standing = self.standing
        status = "withdrawn" if self.onboarding.withdrawn else "complete" if standing.complete else "open"
        if status == "open" and on_hold(self.onboarding, self.now):
            status = "on_hold"
        if outcome == "recorded":
            self.change(turns=self.onboarding.turns + 1)
        receipt = Receipt(outcome=outcome, text=text, stage=standing.stage.name, status=status)
        return Turn(self.onboarding, tuple(self.effects), receipt)


def begin(
    playbook: Playbook, request: Request, run: str, by: str, team: Calendar, practice: Calendar, now: datetime
) -> Turn:
    """Opens an onboarding: the journal's first line. Without `requested_at` the request came in now."""
    onboarding = Onboarding(
        playbook=playbook.name,
        run=run,
        practice=request.practice,
        primary_contact=request.primary_contact,
        requested_at=min(request.requested_at or now, now),
        started_at=now,
        assignee=request.assignee,
        team_calendar=team,
        practice_calendar=practice,
    )
    draft = Draft(playbook, onboarding, now)
    text = f"{onboarding.practice.name}: {playbook.title} requested"
    draft.enter("command", "start", text, by, at=onboarding.requested_at)
    return draft.turn("recorded", f"Started {onboarding.id}.")


def record(playbook: Playbook, onboarding: Onboarding, name: str, report: Report, now: datetime) -> Turn:
    """Records a fact and says what follows from it.

    An identical repeat changes nothing and is `already_known`, also once the onboarding is closed. Raises `Refused`
    for an unknown or malformed fact, a time in the future, a conflicting repeat, or anything new after the end.
    """
    kind, data = read_fact(playbook, name, report.data)
    if known := seen(onboarding, report.key, name, {"data": data, "at": report.at}):
        return Draft(playbook, onboarding, now).turn("already_known", known)
    draft = Draft(playbook, onboarding, now)
    at = min(report.at or now, now)
    if report.at and report.at > now + CLOCK_SKEW:
        raise Refused(
            f"{name}: {_when(report.at)} is in the future (it is {_when(now)} for this onboarding);"
            " a fact can be reported once it has happened."
        )
    if _is_repeat(onboarding, kind, data, report.at):
        return draft.turn("already_known", f"Already known: {kind.title.lower()}.")
    refuse_closed(draft, f"{name} cannot be recorded")
    before = draft.standing
    fact = Fact(number=len(onboarding.facts) + 1, name=name, data=data, by=report.by, at=at, recorded_at=now)
    draft.change(facts=(*onboarding.facts, fact))
    draft.enter("fact", name, kind.title, report.by, at=at, data=data)
    remember(draft, report.key, name, {"data": data, "at": report.at}, f"Recorded: {kind.title.lower()}.")
    follow(draft, before)
    return draft.turn("recorded", f"Recorded: {kind.title.lower()}.")


def wake(playbook: Playbook, onboarding: Onboarding, now: datetime) -> Turn:
    """Does what the clock has brought by `now`.

    Decided from the state, never from which timer fired. After a standstill everything overdue is taken as done,
    and of the mails that fell due together each person gets one, the most urgent.
    """
    draft = Draft(playbook, onboarding, now)
    standing = draft.standing
    due = [moment for moment in moments(playbook, onboarding, standing, now) if moment.at <= now]
    if not due:
        return draft.turn("already_known", "")
    draft.change(done=(*onboarding.done, *(moment.key for moment in due)))
    for moment in due:
        if moment.what in ("due_soon", "breached", "hold_ends"):
            draft.enter("clock", moment.what, moment.text, CLOCK, at=moment.at)
        elif moment.what == "calendar":
            draft.effects.append(RefreshCalendars(first_day=now))
    for moment in _most_urgent(due):
        _tell(draft, moment)
    return draft.turn("recorded", "")


def settle(playbook: Playbook, onboarding: Onboarding, key: str, state: MailState, reason: str, now: datetime) -> Turn:
    """Notes what became of a mail. A refused or returned one is a line in the journal: somebody has to act."""
    draft = Draft(playbook, onboarding, now)
    before = next((said for said in onboarding.said if said.key == key), None)
    if before is None or before.state == state:
        return draft.turn("already_known", "")
    said = tuple(each.model_copy(update={"state": state}) if each.key == key else each for each in onboarding.said)
    draft.change(said=said)
    if state in ("failed", "bounced", "unknown"):
        words_for = {"failed": "was refused", "bounced": "came back", "unknown": "may not have arrived"}
        text = f"E-mail {before.kind.replace('_', ' ')} to the {before.to.value.replace('_', ' ')} {words_for[state]}"
        draft.enter(
            "mail",
            before.kind,
            f"{text}: {reason}" if reason else text,
            "mail",
            data={"key": key, "state": state},
        )
    return draft.turn("recorded", "")


def refresh(playbook: Playbook, onboarding: Onboarding, team: Calendar, practice: Calendar, now: datetime) -> Turn:
    """Takes over calendars that know more holidays, on record."""
    draft = Draft(playbook, onboarding, now)
    draft.change(team_calendar=team, practice_calendar=practice)
    draft.enter("clock", "calendars", f"Holidays known until {min(team.known_until, practice.known_until)}", CLOCK)
    return draft.turn("recorded", "")


def read_fact(playbook: Playbook, name: str, data: dict[str, Any]) -> tuple[FactType, dict[str, Any]]:
    """The fact's type and its payload, validated. Raises `Refused` naming what is wrong."""
    try:
        kind = playbook.fact(name)
    except KeyError:
        names = ", ".join(fact.name for fact in playbook.facts)
        raise Refused(f"'{name}' is no fact of the {playbook.title} playbook; it knows {names}.") from None
    try:
        return kind, kind.payload.model_validate(data).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        raise Refused(f"{name}: {complaint(error)}.") from None


def complaint(error: ValidationError) -> str:
    """What is wrong with some input, field by field, in words."""
    parts = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(step)[:60] for step in problem["loc"])
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "extra_forbidden":
            message = "is not a field that is known here"
        elif problem["type"] == "missing":
            message = "is missing"
        parts.append(
            f"{place} {message}"
            if message.startswith(("is ", "must "))
            else f"{place}: {message}"
            if place
            else message
        )
    return "; ".join(parts)


def follow(draft: Draft, before: Standing) -> None:
    """Sends what became due because the known facts changed from `before` to what they are now."""
    after = draft.standing
    for message in draft.playbook.messages:
        if _applies(message, before, after):
            _send_once(draft, message)
    closed_gaps = {_alert_key(each) for each in draft.playbook.messages if each.lacking and not _open_gap(each, after)}
    draft.change(done=tuple(key for key in draft.onboarding.done if key not in closed_gaps))
    if after.complete and not before.complete:
        draft.enter("clock", "complete", f"{after.stage.title}: the onboarding is complete", CLOCK)


def refuse_closed(draft: Draft, what: str) -> None:
    """Raises `Refused` if the onboarding is over."""
    if draft.onboarding.withdrawn:
        raise Refused(f"{what}: {draft.onboarding.id} was withdrawn; start a new onboarding for the practice.")
    if draft.standing.complete:
        raise Refused(f"{what}: {draft.onboarding.id} is complete and takes nothing new.")


def seen(onboarding: Onboarding, key: str | None, name: str, body: dict[str, Any]) -> str | None:
    """The answer given before under this idempotency key. Another body under it raises `Refused`."""
    if key is None or key not in onboarding.keys:
        return None
    digest, _, answer = onboarding.keys[key].partition(" ")
    if digest != _digest(name, body):
        raise Refused(f"The key '{key}' was used for something else; use a fresh key for every change.")
    return answer


def remember(draft: Draft, key: str | None, name: str, body: dict[str, Any], answer: str) -> None:
    """Keeps the answer under its idempotency key."""
    if key is not None:
        keys = {**draft.onboarding.keys, key: f"{_digest(name, body)} {answer}"}
        draft.change(keys=dict(list(keys.items())[-KEYS_KEPT:]))


def _digest(name: str, body: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([name, body], sort_keys=True, default=str).encode()).hexdigest()[:16]


def _is_repeat(onboarding: Onboarding, kind: FactType, data: dict[str, Any], at: datetime | None) -> bool:
    """Whether this very report is on record. One that contradicts it and cannot be revised raises `Refused`."""
    reports = [fact for fact in onboarding.facts if fact.name == kind.name and fact.retracted is None]
    if not reports:
        return False
    current = current_facts(onboarding)[kind.name]
    if current.data == data and at in (None, current.at):
        return True
    if any(fact.data == data and fact.at == at for fact in reports):
        return True
    if not kind.revisable:
        differs = f"on record since {_when(current.at)}" + (f" with {_short(current.data)}" if current.data else "")
        raise Refused(
            f"{kind.name} is {differs}, which this report contradicts; if that record is wrong, take it back first"
            f" (onboard retract {onboarding.id} {kind.name})."
        )
    return False


def _applies(message: Message, before: Standing, after: Standing) -> bool:
    known = after.known.get(message.on)
    if known is None or any(name in after.known for name in message.unless):
        return False
    if message.lacking:
        return _open_gap(message, after)
    if known.fact is None and not message.even_implied:
        return False
    was = before.known.get(message.on)
    if message.once_per == "estimate":
        return True
    return was is None or was.fact != known.fact


def _open_gap(message: Message, standing: Standing) -> bool:
    return message.on in standing.known and message.lacking not in standing.known


def _alert_key(message: Message) -> str:
    return f"alert {message.kind}"


def _send_once(draft: Draft, message: Message) -> None:
    """Sends a message unless it has been said already, to the same person and about the same estimate."""
    if message.lacking:
        key = _alert_key(message)
        if key not in draft.onboarding.done:
            draft.change(done=(*draft.onboarding.done, key))
            titles = draft.playbook.fact(message.on).title, draft.playbook.fact(message.lacking).title
            draft.enter("alert", message.kind, f"{titles[0]}, but not on record: {titles[1].lower()}", CLOCK)
            draft.mail(message.kind, message.to)
        return
    about = _about(draft, message)
    said = [each for each in draft.onboarding.said if each.kind == message.kind and each.to == message.to]
    if said and (message.once_per == "onboarding" or said[-1].about == about):
        return
    draft.mail(message.kind, message.to, about=about)


def _about(draft: Draft, message: Message) -> str:
    if message.once_per == "recipient":
        person = contact(draft.playbook, draft.onboarding, message.to)
        return person.email if person else ""
    if message.once_per == "estimate":
        promised = estimate(draft.playbook, draft.onboarding, draft.standing.known)
        return f"{promised[0]:%Y-%m-%d}" if promised else ""
    return ""


def _most_urgent(due: Iterable[Moment]) -> list[Moment]:
    """One message a person, the most urgent; of an escalation only its highest rung."""
    chosen: dict[str, Moment] = {}
    for moment in due:
        if moment.mail and moment.to:
            inside = moment.to in (Role.ASSIGNEE, Role.TEAM, Role.MANAGER)
            who = "the pharmacy" if inside else moment.to.value
            if who not in chosen or moment.urgency > chosen[who].urgency:
                chosen[who] = moment
    return list(chosen.values())


def _tell(draft: Draft, moment: Moment) -> None:
    if moment.mail is None or moment.to is None:
        return
    draft.enter("clock", moment.what, moment.text, CLOCK, at=moment.at)
    draft.mail(moment.mail, moment.to, stage=draft.standing.stage.name)
    person = contact(draft.playbook, draft.onboarding, moment.to)
    if moment.what == "reminder" and person:
        draft.change(reminded={**draft.onboarding.reminded, person.email: draft.now})


def _short(data: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in data.items())


def _when(moment: datetime) -> str:
    return f"{moment:%a %Y-%m-%d %H:%M %Z}".strip()
