"""One thing that needs a person: why, what to do, whose it is, and since when; and the order in which they come."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol
from urllib.parse import quote

from integrations.registry import RECONNECTION
from playbooks.engine.model import Side, Stage
from playbooks.registry import PLAYBOOKS

Kind = Literal["overdue", "call", "ours", "mail", "missing", "lost", "feed", "pairs", "differences"]

KINDS: dict[Kind, tuple[str, str, str]] = {
    "overdue": ("Overdue", "overdue", "overdue"),
    "call": ("Practices that asked for something", "asks for something", "ask for something"),
    "ours": ("Waits on us", "waits on us", "wait on us"),
    "mail": ("Mails that did not arrive", "mail did not arrive", "mails did not arrive"),
    "missing": ("Something is missing where it should be", "incomplete record", "incomplete records"),
    "lost": ("Lost connections", "lost connection", "lost connections"),
    "feed": ("Feeds that stopped and ask", "feed asks", "feeds ask"),
    "pairs": ("Pairs of clients to review", "practice with pairs to review", "practices with pairs to review"),
    "differences": ("Differences held back", "practice with differences", "practices with differences"),
}
"""What needs a person, in the order in which it is seen to: the title of all of a kind, and how one and many count."""

OURS = frozenset(party.name for book in PLAYBOOKS.values() for party in book.parties if party.side is Side.US)
"""Who is waited on when it is our own turn."""


@dataclass(frozen=True)
class Action:
    """A link to the form or page by which something is put right. Its address has no query."""

    title: str
    address: str

    def back_to(self, path: str) -> str:
        """The address with where to go after the form is sent; pages that hold no such form are left as they are."""
        return f"{self.address}?back={quote(path)}" if self.address.startswith("/onboardings/") else self.address


@dataclass(frozen=True)
class Need:
    """One thing to see to. All times have a zone.

    `id` is the onboarding it is shown with, `practice` that practice's ID. `why` is a mark of a few words and `tone`
    how it is colored (`bad`, `warn`, `calm`); `text` says what is the matter and `todo` what to do, in a sentence
    each; `actions` are links to do it by. `assignee` is whose it is (a handle; None is nobody's), `since` when it
    began, `due_at` the deadline that it has or had. `quote` is what somebody said in their own words.
    """

    kind: Kind
    id: str
    practice: str
    practice_name: str
    why: str
    tone: str
    text: str
    todo: str
    actions: tuple[Action, ...] = ()
    assignee: str | None = None
    since: datetime | None = None
    due_at: datetime | None = None
    quote: str = ""


class Standing(Protocol):
    """What tells whether an onboarding needs a person by how it stands: a row, or a group of them."""

    @property
    def playbook(self) -> str: ...

    @property
    def waiting_on(self) -> str | None: ...

    @property
    def sla(self) -> str: ...

    @property
    def status(self) -> str: ...


class Stands(Standing, Protocol):
    """An onboarding with what is told about its stage: as the journal has it, or as it answers itself."""

    @property
    def id(self) -> str: ...

    @property
    def stage(self) -> str: ...

    @property
    def stage_title(self) -> str: ...

    @property
    def assignee(self) -> str | None: ...

    @property
    def requested_at(self) -> datetime: ...

    @property
    def entered_at(self) -> datetime: ...

    @property
    def due_at(self) -> datetime | None: ...


def kind_of(standing: Standing) -> Kind | None:
    """Why an onboarding needs a person by how it stands; one that is on hold or closed does not."""
    if standing.status != "open":
        return None
    if standing.sla == "breached":
        return "overdue"
    if standing.playbook == RECONNECTION:
        return "lost"
    return "ours" if standing.waiting_on in OURS else None


def need_of(row: Stands, practice: str, practice_name: str) -> Need | None:
    """What there is to do about an onboarding by how it stands."""
    kind, stage = kind_of(row), stage_of(row)
    if kind is None:
        return None
    why, tone = {"overdue": ("Overdue", "bad"), "lost": ("Connection lost", "bad")}.get(kind, ("Our turn", "warn"))
    lost = "The connection is lost: " if row.playbook == RECONNECTION else ""
    todo = "" if stage is None else stage.asks if kind == "ours" else stage.chase or stage.asks
    return Need(
        kind=kind,
        id=row.id,
        practice=practice,
        practice_name=practice_name,
        why=why,
        tone=tone,
        text=f"{lost}{row.stage_title[:1].lower() + row.stage_title[1:] if lost else row.stage_title}",
        todo=todo,
        actions=_steps(row, stage) if stage else (),
        assignee=row.assignee,
        since={"overdue": row.due_at, "lost": row.requested_at}.get(kind, row.entered_at),
        due_at=row.due_at,
    )


def stage_of(row: Stands) -> Stage | None:
    """The stage in the words of its playbook; None for one that there is no more."""
    book = PLAYBOOKS.get(row.playbook)
    return next((stage for stage in book.stages if stage.name == row.stage), None) if book else None


def once(found: Iterable[Need]) -> tuple[Need, ...]:
    """In order; two that say the same of the same onboarding are one thing to see to."""
    order = list(KINDS)
    kept: dict[tuple[str, str, str], Need] = {}
    for each in found:
        kept.setdefault((each.id, each.kind, each.todo), each)
    return tuple(sorted(kept.values(), key=lambda each: order.index(each.kind)))


def form(identity: str, which: str) -> str:
    """The address of a form of an onboarding: `facts/NAME` or `commands/NAME`."""
    return f"/onboardings/{identity}/{which}"


def _steps(row: Stands, stage: Stage) -> tuple[Action, ...]:
    book = PLAYBOOKS[row.playbook]
    facts = (Action(f"Record: {book.fact(name).title}", form(row.id, f"facts/{name}")) for name in stage.until)
    return (*facts, *((Action("Move the deadline", form(row.id, "commands/extend")),) if row.due_at else ()))
