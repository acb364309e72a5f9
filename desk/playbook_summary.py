"""A playbook told to people: its stages, facts, mails and deadlines, read off the rules themselves."""

from __future__ import annotations

from collections.abc import Iterator

from playbooks.calendar.values import BusinessDays, Elapsed, Frozen
from playbooks.engine.model import (
    BySize,
    FactType,
    MailRule,
    Playbook,
    Reminders,
    Stage,
    Target,
    role_phrase,
    schema_of,
)
from playbooks.engine.states import Ending
from playbooks.plural import count_of


class StageSummary(Frozen):
    name: str
    title: str
    waits_on: str | None
    deadline: str
    ends_when: tuple[str, ...]
    by_the_clock: tuple[str, ...] = ()
    asks: str
    chase: str
    source: str


class FieldSummary(Frozen):
    name: str
    type: str
    required: bool


class FactSummary(Frozen):
    name: str
    title: str
    reported_by: str
    fields: tuple[FieldSummary, ...]
    implies: tuple[str, ...]
    legal: bool
    revisable: bool
    per: str | None = None
    each_of: str | None = None
    ends: Ending | None = None
    source: str


class MailSummary(Frozen):
    kind: str
    to: str
    when: str
    source: str


class PlaybookSummary(Frozen):
    name: str
    title: str
    summary: str
    stages: tuple[StageSummary, ...]
    facts: tuple[FactSummary, ...]
    mails: tuple[MailSummary, ...]


def rules(playbook: Playbook) -> PlaybookSummary:
    return PlaybookSummary(
        name=playbook.name,
        title=playbook.title,
        summary=playbook.summary,
        stages=tuple(_stage(playbook, stage) for stage in playbook.stages),
        facts=tuple(_fact(playbook, fact) for fact in playbook.facts),
        mails=tuple(_mails(playbook)),
    )


def target_in_words(target: Target) -> str:
    """`within 48 hours`, or what is expected where the time is an estimate."""
    match target.duration:
        case BySize(threshold=threshold, below=below, from_threshold=above):
            time = f"{in_words(below)}, {in_words(above)} from {threshold:,} clients"
        case duration:
            time = in_words(duration)
    if target.grace is None:
        return f"within {time}"
    return f"expected in {time}; overdue {in_words(target.grace)} later"


def in_words(duration: Elapsed | BusinessDays) -> str:
    match duration:
        case BusinessDays(days=days):
            return count_of(days, "business day")
        case Elapsed(hours=hours) if hours % 24 == 0 and hours > 48:
            return f"{hours / 24:g} days"
        case Elapsed(hours=hours):
            return f"{hours:g} hours"


def _stage(playbook: Playbook, stage: Stage) -> StageSummary:
    deadline = target_in_words(stage.target) if stage.target else "none"
    return StageSummary(
        name=stage.name,
        title=stage.title,
        waits_on=playbook.party(stage.waits_on).title if stage.waits_on else None,
        deadline=deadline if stage.until else "",
        ends_when=stage.until,
        by_the_clock=tuple(f"{rule.fact} after {in_words(rule.after)}" for rule in stage.clock_facts),
        asks=stage.asks,
        chase=stage.chase,
        source=stage.source,
    )


def _fact(playbook: Playbook, fact: FactType) -> FactSummary:
    same = ("name", "title", "implies", "legal", "revisable", "per", "each_of", "ends", "source")
    return FactSummary(
        **{name: getattr(fact, name) for name in same},
        reported_by=playbook.party(fact.reported_by).title,
        fields=tuple(_fields(fact)),
    )


def _fields(fact: FactType) -> Iterator[FieldSummary]:
    schema = schema_of(fact.payload)
    for name, field in schema.get("properties", {}).items():
        kinds = [field, *field.get("anyOf", ())]
        kind = next(each["type"] for each in kinds if each.get("type", "null") != "null")
        yield FieldSummary(name=name, type=kind, required=name in schema.get("required", ()))


def _mails(playbook: Playbook) -> Iterator[MailSummary]:
    for rule in playbook.mail_rules:
        yield MailSummary(kind=rule.kind, to=role_phrase(rule.to), when=_when(rule), source=rule.source)
    for stage in playbook.stages:
        if stage.target:
            for kind, role in stage.target.notify:
                yield MailSummary(kind=kind, to=role_phrase(role), when=f"{stage.name} is overdue", source=stage.source)
        if stage.reminders:
            yield MailSummary(
                kind=stage.reminders.kind,
                to=role_phrase(stage.reminders.to),
                when=f"{stage.name} goes on: {_days(stage.reminders)}",
                source=stage.source,
            )
    yield from _escalations(playbook)


def _escalations(playbook: Playbook) -> Iterator[MailSummary]:
    """One line for all stages that escalate alike."""
    ladders: dict[tuple[str, str, str], list[str]] = {}
    for stage in playbook.stages:
        for step in stage.target.ladder if stage.target else ():
            after = f"{in_words(BusinessDays(days=step.after))} later" if step.after else "at once"
            assert stage.target is not None
            ladders.setdefault((stage.target.escalation, role_phrase(step.to), after), []).append(stage.name)
    for (kind, role, after), stages in ladders.items():
        yield MailSummary(kind=kind, to=role, when=f"{', '.join(stages)} overdue: {after}", source="")


def _when(rule: MailRule) -> str:
    condition = f"{rule.on} is known" if rule.even_implied else f"{rule.on} is reported"
    if rule.lacking:
        return f"{condition} and {rule.lacking} is not on record"
    if rule.complete:
        condition += " for all"
    if rule.after:
        condition += f", to who was sent {rule.after} before"
    if rule.unless:
        condition += f", unless {' or '.join(rule.unless)} is known"
    return (
        condition
        + {"onboarding": "", "recipient": "; to each new person", "estimate": "; again if the estimate moves"}[
            rule.once_per
        ]
    )


def _days(reminders: Reminders) -> str:
    days = ", ".join(str(day) for day in reminders.days)
    return f"after {days} days, then every {reminders.then_every}, in their working hours"
