"""The types of a playbook: the rules of one integration as data, which `playbooks.engine.steps` applies.

A playbook names the facts that people and systems report, the stages that end with them, whom each stage waits on and
by when, and which mails go to whom.
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
    """Whose deadline it is, for reports: the pharmacy's, the partner's or the practice's."""

    US = "us"
    PARTNER = "partner"
    PRACTICE = "practice"


class Role(StrEnum):
    """The recipients in every playbook: who made the request, and the pharmacy's people, whose addresses are settings.

    Further roles at the practice are parties of the playbook; a fact names who holds them.
    """

    PRIMARY_CONTACT = "primary_contact"
    ASSIGNEE = "assignee"
    TEAM_MEMBER = "team_member"
    TEAM = "team"
    MANAGER = "manager"


PHARMACY_ROLES = frozenset({Role.ASSIGNEE, Role.TEAM_MEMBER, Role.TEAM, Role.MANAGER})
"""All other roles are at the practice."""


def role_phrase(role: str) -> str:
    """Returns a role's name for use in a sentence: `technical contact`."""
    return role.replace("_", " ")


def keyed_title(title: str, of: str | None) -> str:
    """Returns a fact's title with its key, if it has one: `Confirmed (oak-lane)`."""
    return f"{title} ({of})" if of else title


class Party(Frozen):
    """A person or organization that a stage waits on, or that reports facts."""

    name: str
    title: str
    side: Side


CLOCK = "clock"
"""The party that acts when a timer fires; a stage that waits on it waits on nobody."""


class Details(BaseModel):
    """The payload of a fact; undeclared fields are refused.

    With `json_schema_extra={"suggest": "contacts"}` a form offers the practice's contacts for a field, with `recorded`
    what was last recorded of other practices.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


@cache
def schema_of(payload: type[Details]) -> Mapping[str, Any]:
    """Returns the JSON Schema of a payload, cached: do not change it."""
    return payload.model_json_schema()


LABELS = {"email": "E-mail address", "at": "When it happened", "client_count": "Number of clients"}
"""What fields are called that have no title, where it is not as their own name reads."""


def label_of(model: type[BaseModel], name: str) -> str:
    """Returns what people call a field."""
    found = model.model_fields.get(name)
    return (found.title if found else None) or LABELS.get(name) or name.replace("_", " ").capitalize()


def labels_of(model: type[BaseModel]) -> dict[str, str]:
    """Returns what people call the fields, by name."""
    return {name: label_of(model, name) for name in model.model_fields}


class FactType(Frozen):
    """A kind of fact that can be reported.

    `implies` names facts that must have happened if this one did; a `legal` fact is never implied (DP4).
    `revisable`: it may be reported again with another payload; the later report counts, both are kept.
    `renews`: deadlines run anew from a revision; that of a contact only if the address is another.
    `contact` is the role, a party at the practice, whose holder the payload names (name, email, phone).
    `size` is the field with the practice's number of clients. Mails may use the `figures`, and the whole payload if the
    fact is `quoted_in_mails`.
    `ends`: it closes the onboarding with that outcome, at any stage; it is never implied either.
    `reported_by` the clock: only a stage's `clock_facts` record it.
    `per` is the field whose value is the key of a report, as `clinic` where each clinic confirms: for each key one
    report counts. With `each_of`, such as `requested.clinics`, the fact is complete once there is a report for each
    item of that list in another fact; without it, one report is enough.
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
        """The title for use inside a sentence; names such as EULA keep their capitals."""
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
        """Returns the key of a report with this payload."""
        return str(data[self.per]) if self.per else None

    @property
    def source_of_keys(self) -> tuple[str, str] | None:
        """The fact and the field of `each_of`."""
        name, _, field = (self.each_of or "").partition(".")
        return (name, field) if name else None


class BySize(Frozen):
    """A duration that depends on the practice's number of clients (DP8)."""

    kind: Literal["by_size"] = "by_size"
    threshold: int
    below: Elapsed
    from_threshold: Elapsed


class EscalationStep(Frozen):
    """One step of the escalation: `to` gets a mail `after` business days past the breach."""

    after: int
    to: str


class Target(Frozen):
    """By when a stage should be done, counted from when it was entered.

    `grace` is for estimates: the stage counts as breached only when it is over too. `notify` are mails (kind, role) to
    the practice at the breach; `ladder` are the escalation steps inside the pharmacy.
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
    """Mails to one person while a stage waits: on `days` after it was entered, then every `then_every` days.

    Day 0 is at once, in their working hours: the request itself, where no fact brings a mail.
    """

    kind: str
    to: str
    days: tuple[int, ...] = (3, 7, 14, 21)
    then_every: int = 30


class ClockFact(Frozen):
    """A fact that the clock records once a stage has lasted `after`, not counting holds.

    It may end the stage, as a cooling-off day does, or expire the onboarding.
    """

    fact: str
    after: Annotated[Elapsed | BusinessDays, Field(discriminator="kind")]


class Preparation(Frozen):
    """What comes first in a stage: one of its facts, from whoever reports it. `asks` says what that party has to do."""

    fact: str
    asks: str


class Stage(Frozen):
    """A stage ends when all facts in `until` are known; one without `until` is the last.

    Until its `preparation` is known, it waits on the party that reports that, and nobody is reminded.

    `asks` says what the party that it waits on has to do, `chase` what the team does when that takes too long.
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
    preparation: Preparation | None = None
    source: str = ""

    def while_prepared(self, by: str) -> Stage:
        """Returns the stage as it is until its preparation is known, which `by` reports."""
        assert self.preparation is not None
        return self.model_copy(update={"waits_on": by, "asks": self.preparation.asks, "reminders": None})


class Launch(Frozen):
    """Starts a workflow PREFIX/PRACTICE-ID when a fact becomes known (`on`), else when the onboarding is complete.

    A fact with keys starts one for each: PREFIX/PRACTICE-ID/KEY. The workflow gets a
    `playbooks.engine.onboarding.Handover`, as a signal if it runs already, and answers by reporting facts.
    """

    workflow: str
    prefix: str
    on: str | None = None


class MailRule(Frozen):
    """A mail that goes out when a fact becomes known.

    `unless`: not if one of these facts is known. `lacking`: only while this fact is missing. `even_implied`: also when
    the fact is only implied. `once_per`: another recipient or estimate makes it due again. `after`: only to a recipient
    of that other kind of mail. `owed`: also to a contact who has said that they are not the right person. `complete`:
    once a fact with keys is known for all of them, to the holder of each.
    """

    kind: str
    to: str
    on: str
    unless: tuple[str, ...] = ()
    lacking: str | None = None
    even_implied: bool = False
    once_per: Literal["onboarding", "recipient", "estimate"] = "onboarding"
    after: str | None = None
    owed: bool = False
    complete: bool = False
    source: str = ""


class PartnerKnowledge(Frozen):
    """How the partner comes to know of a practice's contacts.

    The team reports the fact `told` once it told the partner of one: per `contact`, the role in words, with `email`.
    `reached_by` is the fact that the partner reached a named contact. With `own_form` the partner knows only contacts
    named on its own form.
    """

    told: str | None = None
    reached_by: str | None = None
    own_form: bool = False


class Playbook(Frozen):
    """The rules of one integration, checked by `playbooks.engine.checks.checked`.

    The first of the facts `address_given_by` gives the partner the primary contact's address.
    """

    name: str
    title: str
    summary: str
    parties: tuple[Party, ...]
    facts: tuple[FactType, ...]
    stages: tuple[Stage, ...]
    mail_rules: tuple[MailRule, ...] = ()
    launches: tuple[Launch, ...] = ()
    address_given_by: tuple[str, ...] = ()
    knowledge: PartnerKnowledge = PartnerKnowledge()

    @property
    def partner(self) -> str | None:
        """The partner's display name; None if only the pharmacy and the practice take part."""
        return next((party.title for party in self.parties if party.side is Side.PARTNER), None)

    @cached_property
    def _facts(self) -> dict[str, FactType]:
        return {fact.name: fact for fact in self.facts}

    def fact(self, name: str) -> FactType:
        return self._facts[name]

    @cached_property
    def _implied(self) -> dict[str, tuple[str, ...]]:
        return {name: tuple(_implied(self._facts, name)) for name in self._facts}

    def implied(self, name: str) -> tuple[str, ...]:
        """Returns all facts that a fact implies, directly or through others."""
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
        named = (fact.contact for fact in self.facts if fact.contact)
        return tuple(dict.fromkeys((Role.PRIMARY_CONTACT.value, *named)))

    @property
    def mail_kinds(self) -> tuple[str, ...]:
        kinds = [rule.kind for rule in self.mail_rules]
        for stage in self.stages:
            if stage.target:
                kinds += [kind for kind, _ in stage.target.notify]
                kinds += [stage.target.escalation] if stage.target.ladder else []
            if stage.reminders:
                kinds.append(stage.reminders.kind)
        return tuple(dict.fromkeys(kinds))

    def is_reminder(self, kind: str) -> bool:
        """Whether a kind of mail is a stage's reminder."""
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
