"""What a playbook is: the rules of one integration, written down as data and checked when built.

A playbook names the facts that people and systems report, the stages that those facts finish, whom each stage
waits on and by when, and what is said to whom. It contains no procedure: `playbooks.engine` reads it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from playbooks.calendar import BusinessDays, Elapsed, Frozen


class PlaybookError(Exception):
    """A playbook that cannot work; the message says what is wrong and where."""


class Side(StrEnum):
    """Whose deadline it is, for the figures: ours, the partner's or the practice's."""

    US = "us"
    PARTNER = "partner"
    PRACTICE = "practice"


class Role(StrEnum):
    """Who can be written to. Addresses of the last three are settings of the pharmacy."""

    PRIMARY_CONTACT = "primary_contact"
    TECHNICAL_CONTACT = "technical_contact"
    ASSIGNEE = "assignee"
    TEAM = "team"
    MANAGER = "manager"


class Party(Frozen):
    """Somebody an onboarding waits on."""

    name: str
    title: str
    side: Side


class Details(BaseModel):
    """The payload of a fact; what is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class FactType(Frozen):
    """A kind of fact that can be reported.

    `implies` names facts that must have happened if this one did. A `legal` fact is never implied (DP4).
    A `revisable` fact may be reported again with other details: the later one counts, both are kept.
    `contact` marks the fact whose payload (name, email, phone) says who holds that role.
    """

    name: str
    title: str
    payload: type[Details] = Details
    reported_by: str
    implies: tuple[str, ...] = ()
    legal: bool = False
    revisable: bool = False
    contact: Role | None = None
    source: str = ""


class BySize(Frozen):
    """A duration that depends on the practice's number of clients (DP8)."""

    kind: Literal["by_size"] = "by_size"
    threshold: int
    below: Elapsed
    from_threshold: Elapsed


class Rung(Frozen):
    """One step of the escalation: `after` business days past the breach, `to` is told."""

    after: int
    to: Role


class Target(Frozen):
    """By when a stage should be done, counted from when it was entered.

    `grace` belongs to estimates only: the stage counts as breached when it is over as well.
    `tells` are mails to the practice that go out at the breach; `ladder` escalates inside the pharmacy.
    """

    duration: Annotated[Elapsed | BusinessDays | BySize, Field(discriminator="kind")]
    grace: Elapsed | None = None
    tells: tuple[tuple[str, Role], ...] = ()
    ladder: tuple[Rung, ...] = (Rung(after=0, to=Role.ASSIGNEE), Rung(after=1, to=Role.MANAGER))
    escalation: str = "escalation"


class Reminders(Frozen):
    """Mails to one person while a stage waits: on the given days after it was entered, then every so many."""

    kind: str
    to: Role
    days: tuple[int, ...] = (3, 7, 14, 21)
    then_every: int = 30


class Stage(Frozen):
    """A stretch of the way that ends when all facts in `until` are known. One without `until` is the end.

    `asks` says what whoever is waited on has to do; `chase` what the team does when it takes too long.
    """

    name: str
    title: str
    waits_on: str | None = None
    until: tuple[str, ...] = ()
    asks: str = ""
    chase: str = ""
    target: Target | None = None
    reminders: Reminders | None = None
    source: str = ""


class Message(Frozen):
    """A mail that goes out when a fact becomes known.

    `unless`: not if one of these facts is known already. `lacking`: only while this fact is missing.
    `even_implied`: also when the fact is only implied by another. `once_per`: a change of the recipient's address
    or of the estimate makes it due again.
    """

    kind: str
    to: Role
    on: str
    unless: tuple[str, ...] = ()
    lacking: str | None = None
    even_implied: bool = False
    once_per: Literal["onboarding", "recipient", "estimate"] = "onboarding"
    source: str = ""


class Playbook(Frozen):
    """The rules of one integration. Building one that cannot work raises `PlaybookError`."""

    name: str
    title: str
    summary: str
    parties: tuple[Party, ...]
    facts: tuple[FactType, ...]
    stages: tuple[Stage, ...]
    messages: tuple[Message, ...] = ()

    _facts: dict[str, FactType] = PrivateAttr(default_factory=dict)
    _stages: dict[str, Stage] = PrivateAttr(default_factory=dict)
    _parties: dict[str, Party] = PrivateAttr(default_factory=dict)

    def model_post_init(self, _context: object) -> None:
        self._facts.update((fact.name, fact) for fact in self.facts)
        self._stages.update((stage.name, stage) for stage in self.stages)
        self._parties.update((party.name, party) for party in self.parties)
        if problems := list(_problems(self)):
            raise PlaybookError(f"Playbook '{self.name}': {'; '.join(problems)}.")

    def fact(self, name: str) -> FactType:
        return self._facts[name]

    def stage(self, name: str) -> Stage:
        return self._stages[name]

    def party(self, name: str) -> Party:
        return self._parties[name]

    @property
    def mail_kinds(self) -> tuple[str, ...]:
        """Every kind of mail this playbook can send."""
        kinds = [message.kind for message in self.messages]
        for stage in self.stages:
            if stage.target:
                kinds += [kind for kind, _ in stage.target.tells]
                kinds += [stage.target.escalation] if stage.target.ladder else []
            if stage.reminders:
                kinds.append(stage.reminders.kind)
        return tuple(dict.fromkeys(kinds))

    def check_words(self, templates: Collection[str]) -> None:
        """Raises `PlaybookError` if a mail of this playbook has no template among `templates`."""
        if missing := [kind for kind in self.mail_kinds if kind not in templates]:
            raise PlaybookError(
                f"Playbook '{self.name}': no template for {_listed(missing)};"
                f" add templates/email/{missing[0]}.mjml or name a mail that exists."
            )


def _problems(playbook: Playbook) -> Iterator[str]:
    facts, stages = playbook._facts, playbook._stages
    yield from _doubles("fact", (fact.name for fact in playbook.facts))
    yield from _doubles("stage", (stage.name for stage in playbook.stages))
    yield from _doubles("party", (party.name for party in playbook.parties))

    if not playbook.stages:
        yield "it has no stage"
        return
    *ways, end = playbook.stages
    if end.until:
        yield f"the last stage '{end.name}' waits for {_listed(end.until)}, so nothing ever completes: end with a stage without 'until'"
    for stage in ways:
        if not stage.until:
            yield f"stage '{stage.name}' has no way out ('until' is empty), so '{_after(playbook, stage)}' can never be reached"
        if stage.waits_on is None:
            yield f"stage '{stage.name}' does not say whom it waits on"
    finished_by: dict[str, str] = {}
    for stage in playbook.stages:
        if stage.waits_on is not None and stage.waits_on not in playbook._parties:
            yield f"stage '{stage.name}' waits on '{stage.waits_on}', which is no party of it"
        for name in stage.until:
            if name not in facts:
                yield f"stage '{stage.name}' waits for '{name}', which is no fact of it"
            elif name in finished_by:
                yield f"fact '{name}' ends both '{finished_by[name]}' and '{stage.name}', so the second would be skipped"
            finished_by.setdefault(name, stage.name)

    for fact in playbook.facts:
        if fact.reported_by not in playbook._parties:
            yield f"fact '{fact.name}' is reported by '{fact.reported_by}', which is no party of it"
        for name in fact.implies:
            if name not in facts:
                yield f"fact '{fact.name}' implies '{name}', which is no fact of it"
            elif facts[name].legal:
                yield f"fact '{fact.name}' implies '{name}', but a legal fact is never implied: somebody has to report it"
    for name in facts:
        if name in _implied_by(facts, name):
            yield f"fact '{name}' implies itself"

    for message in playbook.messages:
        for name in (message.on, *message.unless, *([message.lacking] if message.lacking else [])):
            if name not in facts:
                yield f"mail '{message.kind}' depends on '{name}', which is no fact of it"
    used = set(finished_by) | {message.on for message in playbook.messages}
    used |= {fact.name for fact in playbook.facts if used.intersection(fact.implies)}
    for name in facts:
        if name not in used:
            yield f"fact '{name}' is used by no stage, no mail and no other fact"

    holders = {fact.contact for fact in playbook.facts}
    for kind, role in _addressed(playbook):
        if role is Role.TECHNICAL_CONTACT and role not in holders:
            yield f"mail '{kind}' goes to the technical contact, but no fact says who that is"
    for name in stages:
        if not name.isidentifier():
            yield f"stage name '{name}' is not an identifier"


def _implied_by(facts: dict[str, FactType], name: str) -> set[str]:
    found: set[str] = set()
    ahead = list(facts[name].implies)
    while ahead:
        following = ahead.pop()
        if following in facts and following not in found:
            found.add(following)
            ahead.extend(facts[following].implies)
    return found


def _addressed(playbook: Playbook) -> Iterator[tuple[str, Role]]:
    for message in playbook.messages:
        yield message.kind, message.to
    for stage in playbook.stages:
        if stage.target:
            yield from stage.target.tells
        if stage.reminders:
            yield stage.reminders.kind, stage.reminders.to


def _after(playbook: Playbook, stage: Stage) -> str:
    return playbook.stages[playbook.stages.index(stage) + 1].name


def _doubles(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"two {what}s are called '{name}'"
        seen.add(name)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
