"""What a playbook is: the rules of one integration, written down as data.

A playbook names the facts that people and systems report, the stages that those facts finish, whom each stage
waits on and by when, and what is said to whom. It contains no procedure: `playbooks.engine.steps` reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import cache, cached_property
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from playbooks.calendar.values import BusinessDays, Elapsed, Frozen
from playbooks.engine.states import Ending


class Side(StrEnum):
    """Whose deadline it is, for the figures: ours, the partner's or the practice's."""

    US = "us"
    PARTNER = "partner"
    PRACTICE = "practice"


class Role(StrEnum):
    """Whom every playbook can write to: who made the request, and the pharmacy's own people, whose addresses are
    settings. Further roles at the practice are parties of the playbook, held by whom a fact names."""

    PRIMARY_CONTACT = "primary_contact"
    ASSIGNEE = "assignee"
    TEAM = "team"
    MANAGER = "manager"


PHARMACY_ROLES = frozenset({Role.ASSIGNEE, Role.TEAM, Role.MANAGER})
"""All others are at the practice."""


def spoken(role: str) -> str:
    """A role's name as it stands in a sentence: `technical contact`."""
    return role.replace("_", " ")


def which(title: str, of: str | None) -> str:
    """A fact's title, and of what it was reported where that tells several apart: `Confirmed (oak-lane)`."""
    return f"{title} ({of})" if of else title


class Party(Frozen):
    """Somebody an onboarding waits on."""

    name: str
    title: str
    side: Side


CLOCK = "clock"
"""Who did what the clock alone has brought; a stage that waits on this party waits on nobody."""


class Details(BaseModel):
    """The payload of a fact; what is not declared is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


@cache
def schema_of(payload: type[Details]) -> Mapping[str, Any]:
    """The JSON Schema of a payload, made once: checks, forms, summaries and samples all read it. Not to be changed."""
    return payload.model_json_schema()


class FactType(Frozen):
    """A kind of fact that can be reported.

    `implies` names facts that must have happened if this one did. A `legal` fact is never implied (DP4).
    A `revisable` fact may be reported again with other details: the later one counts, both are kept.
    Deadlines run anew from a revision that `renews`: what it opened has to be done again. `contact` is the role, a
    party at the practice, whose holder the payload (name, email, phone) says; there, a revision renews if the address
    is another. `size` is the field with the practice's number of clients; mails may speak of all `figures`.
    Mails may speak of the details of a fact that is `quoted_in_mails`. One that `ends` the onboarding closes it with
    that outcome, at whatever stage; like a legal one it is never implied. What is `reported_by` the clock is recorded
    by a stage's `clock_facts`, and by nobody else.

    `per` is the field that tells several reports apart, as `clinic` where each clinic confirms: one counts for each
    value of it. With `each_of`, such as `requested.clinics`, the fact is complete once there is a report for each item
    of the list in that field of another fact; without, one report is enough.
    """

    name: str
    title: str
    payload: type[Details] = Details
    reported_by: str
    implies: tuple[str, ...] = ()
    legal: bool = False
    revisable: bool = False
    renews: bool = False
    contact: str | None = None
    size: str | None = None
    figures: tuple[str, ...] = ()
    quoted_in_mails: bool = False
    ends: Ending | None = None
    per: str | None = None
    each_of: str | None = None
    source: str = ""

    @property
    def phrase(self) -> str:
        """The title as it stands inside a sentence: names such as EULA keep their capitals."""
        first = self.title.split(" ", 1)[0]
        return self.title[:1].lower() + self.title[1:] if first[1:].islower() or len(first) == 1 else self.title

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """The fields of the payload whose values are secret (`playbooks.engine.fields.Secret`)."""
        fields = schema_of(self.payload).get("properties", {})
        return tuple(
            name
            for name, field in fields.items()
            if any(each.get("format") == "password" for each in (field, *field.get("anyOf", ())))
        )

    def key_of(self, data: Mapping[str, Any]) -> str | None:
        """Which of several reports of this fact one with these details is."""
        return str(data[self.per]) if self.per else None

    @property
    def source_of_keys(self) -> tuple[str, str] | None:
        """The fact and the field with the list that `each_of` names."""
        name, _, field = (self.each_of or "").partition(".")
        return (name, field) if name else None


class BySize(Frozen):
    """A duration that depends on the practice's number of clients (DP8)."""

    kind: Literal["by_size"] = "by_size"
    threshold: int
    below: Elapsed
    from_threshold: Elapsed


class EscalationStep(Frozen):
    """One step of the escalation: `after` business days past the breach, `to` is told."""

    after: int
    to: str


class Target(Frozen):
    """By when a stage should be done, counted from when it was entered.

    `grace` belongs to estimates only: the stage counts as breached when it is over as well.
    `notify` are mails to the practice that go out at the breach; `ladder` escalates inside the pharmacy.
    """

    duration: Annotated[Elapsed | BusinessDays | BySize, Field(discriminator="kind")]
    grace: Elapsed | None = None
    notify: tuple[tuple[str, str], ...] = ()
    ladder: tuple[EscalationStep, ...] = (
        EscalationStep(after=0, to=Role.ASSIGNEE),
        EscalationStep(after=1, to=Role.MANAGER),
    )
    escalation: str = "escalation"


class Reminders(Frozen):
    """Mails to one person while a stage waits: on the given days after it was entered, then every so many."""

    kind: str
    to: str
    days: tuple[int, ...] = (3, 7, 14, 21)
    then_every: int = 30


class ClockFact(Frozen):
    """A fact that the clock records once a stage has lasted so long; holds stop it.

    It may end the stage, as after a day to think it over, or as an expiry the onboarding.
    """

    fact: str
    after: Annotated[Elapsed | BusinessDays, Field(discriminator="kind")]


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
    clock_facts: tuple[ClockFact, ...] = ()
    source: str = ""


class Launch(Frozen):
    """A workflow that is started for the practice, called PREFIX/PRACTICE-ID: when a fact becomes known (`on`), else
    when the onboarding is complete. A fact that is reported per something has one for each: PREFIX/PRACTICE-ID/VALUE.

    It is given a `playbooks.engine.onboarding.Handover`; one that runs already is told of it. It answers, if it has
    to, by reporting facts.
    """

    workflow: str
    prefix: str
    on: str | None = None


class MailRule(Frozen):
    """A mail that goes out when a fact becomes known.

    `unless`: not if one of these facts is known already. `lacking`: only while this fact is missing.
    `even_implied`: also when the fact is only implied by another. `once_per`: a change of the recipient's address
    or of the estimate makes it due again. `after`: only to who was sent that other kind of mail before.
    """

    kind: str
    to: str
    on: str
    unless: tuple[str, ...] = ()
    lacking: str | None = None
    even_implied: bool = False
    once_per: Literal["onboarding", "recipient", "estimate"] = "onboarding"
    after: str | None = None
    source: str = ""


class Playbook(Frozen):
    """The rules of one integration. Whether they can work is checked by `playbooks.engine.checks.checked`."""

    name: str
    title: str
    summary: str
    parties: tuple[Party, ...]
    facts: tuple[FactType, ...]
    stages: tuple[Stage, ...]
    mail_rules: tuple[MailRule, ...] = ()
    launches: tuple[Launch, ...] = ()

    @cached_property
    def _facts(self) -> dict[str, FactType]:
        return {fact.name: fact for fact in self.facts}

    def fact(self, name: str) -> FactType:
        return self._facts[name]

    @cached_property
    def _implied(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(_implied(self._facts, name)) for name in self._facts}

    def implied(self, name: str) -> tuple[str, ...]:
        """All that a fact implies, over any number of steps."""
        return self._implied[name]

    @cached_property
    def _stages(self) -> dict[str, Stage]:
        return {stage.name: stage for stage in self.stages}

    def stage(self, name: str) -> Stage:
        return self._stages[name]

    @cached_property
    def _parties(self) -> dict[str, Party]:
        return {party.name: party for party in (*self.parties, Party(name=CLOCK, title="the clock", side=Side.US))}

    def party(self, name: str) -> Party:
        return self._parties[name]

    @cached_property
    def practice_roles(self) -> tuple[str, ...]:
        """Who at the practice can be written to."""
        named = (fact.contact for fact in self.facts if fact.contact)
        return tuple(dict.fromkeys((Role.PRIMARY_CONTACT.value, *named)))

    @property
    def mail_kinds(self) -> tuple[str, ...]:
        """Every kind of mail this playbook can send."""
        kinds = [rule.kind for rule in self.mail_rules]
        for stage in self.stages:
            if stage.target:
                kinds += [kind for kind, _ in stage.target.notify]
                kinds += [stage.target.escalation] if stage.target.ladder else []
            if stage.reminders:
                kinds.append(stage.reminders.kind)
        return tuple(dict.fromkeys(kinds))

    def is_reminder(self, kind: str) -> bool:
        """Whether a kind of mail reminds somebody while a stage waits."""
        return any(stage.reminders is not None and stage.reminders.kind == kind for stage in self.stages)


def _implied(facts: dict[str, FactType], name: str) -> list[str]:
    found: list[str] = []
    ahead = list(facts[name].implies)
    while ahead:
        following = ahead.pop(0)
        if following in facts and following not in found:
            found.append(following)
            ahead += facts[following].implies
    return found
