"""A step of the engine in progress: the changed onboarding and its effects so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from playbooks.calendar.time_format import format_time
from playbooks.engine.fields import utc
from playbooks.engine.model import FactType, Playbook
from playbooks.engine.onboarding import Command, Effect, Entry, MailChoice, Onboarding, Receipt
from playbooks.engine.stages import Position, position_of, status

# The fields that an onboarding's position is derived from.
DERIVED_FROM = frozenset({"facts", "holds", "extensions", "team_calendar", "withdrawn"})


MAX_AHEAD = timedelta(days=3653)
"""How far ahead a hold or a deadline may end; calendars and timers can count much further."""
CLOSED_CODE = "closed"
"""The code of the refusal of something new once an onboarding is closed."""


class Refused(Exception):
    """A request is refused; the message is one sentence that says why and what to do, `code` is for programs.

    `plain` says the same at a form, where that differs: with titles for names, and without what only programs need.
    """

    def __init__(self, sentence: str, code: str = "refused", plain: str = "") -> None:
        super().__init__(sentence)
        self.code = code
        self.plain = plain


def missing(say: str, *parameters: str, more: str = ".") -> Refused:
    """Returns the refusal of a command without parameters that it needs; programs are told their names."""
    return Refused(f"{say} ({', '.join(map(repr, parameters))}){more}", plain=f"{say}{more}")


def refused_fact(kind: FactType, why: str, code: str = "refused") -> Refused:
    """Returns the refusal of a report; `why` continues a sentence that begins with the fact."""
    return Refused(f"{kind.name} {why}", code, f"“{kind.title}” {why}")


class Result(NamedTuple):
    """The result of a step: the next onboarding, and the effects to carry out."""

    onboarding: Onboarding
    effects: tuple[Effect, ...]
    receipt: Receipt | None = None


@dataclass
class Transition:
    """A step in progress: the onboarding as changed so far, and its effects.

    `choices` are what the person `by` chose for its mails, by kind; `cause` is the number of the fact recorded in it.
    """

    playbook: Playbook
    onboarding: Onboarding
    now: datetime
    choices: Mapping[str, MailChoice] = field(default_factory=dict)
    by: str = ""
    cause: int | None = None
    effects: list[Effect] = field(default_factory=list)
    _chosen: set[str] = field(default_factory=set)
    _entries_added: int = 0
    _position: Position | None = None

    def __post_init__(self) -> None:
        self.now = utc(self.now)

    def change(self, **fields: Any) -> None:
        self.onboarding = self.onboarding.model_copy(update=fields)
        if not DERIVED_FROM.isdisjoint(fields):
            self._position = None

    @property
    def position(self) -> Position:
        if self._position is None:
            self._position = position_of(self.playbook, self.onboarding)
        return self._position

    def add_entry(
        self,
        kind: Literal["fact", "command", "clock", "mail", "alert"],
        name: str,
        text: str,
        by: str,
        *,
        at: datetime | None = None,
        why: str | None = None,
        data: dict[str, Any] | None = None,
    ) -> None:
        self._entries_added += 1
        self.effects.append(
            Entry(
                number=self.onboarding.entry_count + self._entries_added,
                kind=kind,
                name=name,
                text=text,
                by=by,
                why=why,
                at=at or self.now,
                recorded_at=self.now,
                data=data or {},
            )
        )

    def add_decision(self, name: str, order: Command, text: str) -> str:
        """Adds the entry of a command. Returns its receipt's text."""
        data = order.model_dump(mode="json", exclude={"by", "why", "key"}, exclude_none=True)
        self.add_entry("command", name, text, order.by, why=order.why, data=data)
        return f"{text}."

    def choice(self, kind: str) -> MailChoice | None:
        """Returns what was chosen for a mail that is ordered now."""
        self._chosen |= {kind} & set(self.choices)
        return self.choices.get(kind)

    def refuse_unused_choices(self) -> None:
        """Raises `Refused` if something was chosen for a mail to the practice that this step does not send."""
        for kind in sorted(set(self.choices) - self._chosen):
            none = "to the practice, so nothing can be held or added; look again at the mails that it sends."
            words = kind.replace("_", " ")
            raise Refused(f"This sends no mail '{kind}' {none}", plain=f"This sends no mail “{words}” {none}")

    def refused(self, why: str, code: str = "refused") -> Refused:
        """Returns a refusal; `why` continues a sentence about the onboarding, which forms call by its practice."""
        return Refused(f"{self.onboarding.id} {why}", code, f"{self.onboarding.practice.name} {why}")

    @property
    def closed(self) -> str | None:
        """Why the onboarding accepts nothing new, if it is closed; continues a sentence that begins with it."""
        match self.position.outcome:
            case None:
                return None
            case "complete":
                return "is complete; nothing more can be recorded"
            case "expired":
                return "has expired; start a new onboarding for the practice"
            case outcome:
                return f"was {outcome}; start a new onboarding for the practice"

    def refuse_closed(self, what: str, plain: str = "") -> None:
        """Raises `Refused` if the onboarding is closed; `plain` says `what` at a form, where that differs."""
        if self.closed:
            refusal = self.refused(f"{self.closed}.", CLOSED_CODE)
            raise Refused(f"{what}: {refusal}", CLOSED_CODE, f"{plain or what}: {refusal.plain}")

    def format_time(self, moment: datetime) -> str:
        """Formats a time in the team's time zone."""
        return format_time(moment, self.onboarding.team_calendar.zone)

    def result(self, outcome: Literal["recorded", "already_known"], text: str) -> Result:
        if outcome == "recorded":
            self.change(
                version=self.onboarding.version + 1, entry_count=self.onboarding.entry_count + self._entries_added
            )
        receipt = Receipt(
            outcome=outcome,
            text=text,
            stage=self.position.stage.name,
            status=status(self.onboarding, self.position, self.now),
        )
        return Result(self.onboarding, tuple(self.effects), receipt)


def future_end(transition: Transition, order: Command, what: str) -> datetime:
    """Returns when a hold, an extension or a pause is to end. Raises `Refused` unless it is ahead, and not too far."""
    if order.until is None:
        raise missing(f"Say until when the {what} lasts", "until")
    if order.until <= transition.now:
        raise Refused(f"{transition.format_time(order.until)} has passed; the {what} must end in the future.")
    if order.until > transition.now + MAX_AHEAD:
        raise Refused(
            f"{transition.format_time(order.until)} is more than ten years away; give an earlier end of the {what}."
        )
    return order.until
