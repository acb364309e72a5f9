"""Attention items: things that need a person, with what to do, who is assigned, and since when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal
from urllib.parse import quote, urlencode

from desk.labels import report_title
from integrations.model import ONLY_IF_ASKED
from integrations.registry import RECONNECTION, integration_of
from playbooks.engine.listed import Summary
from playbooks.engine.model import CLOCK, Side, Stage, keyed_title
from playbooks.registry import PLAYBOOKS
from store.journal.board import Group

Kind = Literal[
    "overdue",
    "call",
    "ours",
    "mail",
    "held",
    "missing",
    "partner",
    "named",
    "lost",
    "access",
    "stuck",
    "differs",
    "look",
    "sharing",
    "feed",
    "pairs",
    "differences",
]

KINDS: dict[Kind, tuple[str, str, str]] = {
    "overdue": ("Overdue", "overdue", "overdue"),
    "call": ("Practices that asked for something", "asks for something", "ask for something"),
    "ours": ("Waiting on us", "waits on us", "wait on us"),
    "mail": ("Mails that did not arrive", "mail did not arrive", "mails did not arrive"),
    "held": ("Held mails", "held mail", "held mails"),
    "missing": ("Incomplete records", "incomplete record", "incomplete records"),
    "partner": ("What a partner has to be told", "partner to be told", "partners to be told"),
    "named": ("Contacts whom a partner does not know", "contact unknown to a partner", "contacts unknown to a partner"),
    "lost": ("Lost connections", "lost connection", "lost connections"),
    "access": ("Systems without access", "system without access", "systems without access"),
    "stuck": ("Stuck prescriptions", "practice with stuck prescriptions", "practices with stuck prescriptions"),
    "differs": ("Differences with practices' systems", "difference with a system", "differences with systems"),
    "look": ("Prescriptions to look at", "practice's prescriptions to look at", "practices' prescriptions to look at"),
    "sharing": ("Record sharing to look at", "clinic's record sharing", "clinics' record sharing"),
    "feed": ("Feeds that need a decision", "feed that needs a decision", "feeds that need a decision"),
    "pairs": ("Pairs of clients to review", "practice with pairs to review", "practices with pairs to review"),
    "differences": ("Differences held back", "practice with differences", "practices with differences"),
}
"""The kinds of item in order of urgency: the title of the kind, and how one and many are counted."""

TOLD = frozenset[Kind]({"partner", "named"})
"""What is done once it is recorded that the partner knows a contact."""

LASTING = frozenset[Kind]({"held", "access", "stuck", "differs", "look", "sharing", "feed", "pairs", "differences"})
"""What is true whether the onboarding is open or not."""

OURS = frozenset(party.name for book in PLAYBOOKS.values() for party in book.parties if party.side is Side.US)
"""The parties of the pharmacy."""

PARTNERS = frozenset(party.name for book in PLAYBOOKS.values() for party in book.parties if party.side is Side.PARTNER)


@dataclass(frozen=True)
class Action:
    """A link to the form or page to act with. A form opens with what `title` names chosen, by its address's query.

    `leads`: it is what is meant to be done first. With `data` it is no link but a button, which records the fact of
    that form with these values.
    """

    title: str
    address: str
    leads: bool = False
    data: Mapping[str, str] = field(default_factory=dict)

    def back_to(self, path: str) -> str:
        """Returns the address; a form's with the path to return to once it is sent."""
        if not self.address.startswith("/onboardings/") or "#" in self.address:
            return self.address
        return f"{self.address}{'&' if '?' in self.address else '?'}back={quote(path)}"


@dataclass(frozen=True)
class AttentionItem:
    """One thing that needs a person.

    `id` is the onboarding, `practice` the practice's ID. `why` is a label of a few words and `tone` its color (`bad`,
    `warn`, `calm`); `text` says in a sentence what the matter is, `todo` what to do. `assignee` is a handle, `since`
    when it began, `due_at` the deadline that it has or had. `quote` is what somebody wrote. `page` is the
    practice's page if there is no such onboarding. `asks` is whom to ask: the partner, or whoever has the address
    `asks_email`.
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
    page: str | None = None
    asks: str | None = None
    asks_email: str = ""


def kind_of(row: Summary | Group) -> Kind | None:
    """Returns why an onboarding's position needs a person; None for one on hold or closed."""
    if row.status != "open":
        return None
    if row.sla == "breached":
        return "overdue"
    if row.playbook == RECONNECTION:
        return "lost"
    return "ours" if row.waiting_on in OURS else None


def item_of(row: Summary, practice: str, practice_name: str) -> AttentionItem | None:
    kind, stage = kind_of(row), stage_of(row)
    if kind is None:
        return None
    why, tone = {"overdue": ("Overdue", "bad"), "lost": ("Connection lost", "bad")}.get(kind, ("Our turn", "warn"))
    lost = "The connection is lost: " if row.playbook == RECONNECTION else ""
    todo = "" if stage is None else stage.asks if kind == "ours" else stage.chase or stage.asks
    return AttentionItem(
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
        asks=row.waiting_on_title if kind != "ours" and row.waiting_on in PARTNERS else None,
    )


def stage_of(row: Summary) -> Stage | None:
    """Returns the playbook's stage as it stands; None if it no longer exists."""
    book = PLAYBOOKS.get(row.playbook)
    stage = next((stage for stage in book.stages if stage.name == row.stage), None) if book else None
    if stage and stage.preparation and row.waiting_on and row.waiting_on != stage.waits_on:
        return stage.while_prepared(row.waiting_on)
    return stage


def deduplicated(items: Iterable[AttentionItem]) -> tuple[AttentionItem, ...]:
    """Returns the items in order of urgency, each once per onboarding, task and what somebody wrote."""
    order = list(KINDS)
    kept: dict[tuple[str, str, str, str], AttentionItem] = {}
    for each in items:
        kept.setdefault((each.id, each.kind, each.todo, each.quote), each)
    return tuple(sorted(kept.values(), key=lambda each: order.index(each.kind)))


def form_address(identity: str, which: str, **chosen: str | None) -> str:
    """Returns the address of an onboarding's form, `facts/NAME` or `commands/NAME`, that opens with these values."""
    query = urlencode({name: value for name, value in chosen.items() if value is not None})
    return f"/onboardings/{identity}/{which}{'?' if query else ''}{query}"


def _steps(row: Summary, stage: Stage) -> tuple[Action, ...]:
    book = PLAYBOOKS[row.playbook]
    # The journal's rows do not say what is missing.
    missing = getattr(row, "missing", stage.until)
    keys: Mapping[str, tuple[str, ...]] = getattr(row, "missing_of", {})
    request = integration_of(row.playbook).request
    asked = request.fact if request and request.fact in missing else None
    place = f"/onboardings/{row.id}#partner"
    ask = (Action(f"Go to “{request.button}”", place, leads=True),) if request and asked else ()
    facts = (
        Action(
            f"Show the form: {keyed_title(book.fact(name).title, of)}{f' ({ONLY_IF_ASKED})' if name == asked else ''}",
            form_address(row.id, f"facts/{name}", of=of),
        )
        for name in missing
        if book.fact(name).reported_by != CLOCK
        for of in keys.get(name) or (None,)
    )
    successors = (
        Action(report_title(fact, on_record=True), form_address(row.id, f"facts/{fact.name}"))
        for fact in book.facts
        if fact.contact == stage.waits_on and fact.name not in missing
    )
    extend = (Action("Move the deadline", form_address(row.id, "commands/extend")),) if row.due_at else ()
    return (*ask, *facts, *successors, *extend)
