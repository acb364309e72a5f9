"""Checks that a playbook can work; each problem is one sentence that says what is wrong and where."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator

from playbooks.engine.commands import COMMANDS
from playbooks.engine.model import CLOCK, PHARMACY_ROLES, FactType, Playbook, Role, Side, Stage, role_phrase, schema_of

# The first part of an onboarding's ID.
NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
# Facts and commands appear by name in URLs, workflow handlers and files.
PART_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
# An onboarding's workflow has one handler for each of these names, beside those of the facts.
RESERVED_NAMES = frozenset({*COMMANDS, "mail_outcome", "state", "report"})


class PlaybookError(Exception):
    """A playbook that cannot work; the message says what is wrong and where."""


def checked(*playbooks: Playbook) -> dict[str, Playbook]:
    """Returns the playbooks by name. Raises `PlaybookError` if one cannot work or two have the same name."""
    for playbook in playbooks:
        if problems := list(problems_of(playbook)):
            raise PlaybookError(f"Playbook '{playbook.name}': {'; '.join(problems)}.")
    if doubles := list(_duplicates("playbook", (playbook.name for playbook in playbooks))):
        raise PlaybookError(f"{doubles[0].capitalize()}.")
    return {playbook.name: playbook for playbook in playbooks}


def check_templates(playbook: Playbook, templates: Collection[str]) -> None:
    """Raises `PlaybookError` if a mail of the playbook has no template among `templates`."""
    if missing := [kind for kind in playbook.mail_kinds if kind not in templates]:
        raise PlaybookError(
            f"Playbook '{playbook.name}': no template for {_quoted(missing)};"
            f" add templates/email/{missing[0]}.mjml or name a mail that exists."
        )


def problems_of(playbook: Playbook) -> Iterator[str]:
    """Yields everything that is wrong with a playbook."""
    yield from _name_problems(playbook)
    if not playbook.stages:
        yield "it has no stage"
        return
    yield from _stage_problems(playbook)
    yield from _party_problems(playbook)
    yield from _fact_problems(playbook)
    yield from _mail_problems(playbook)
    yield from _launch_problems(playbook)
    yield from _clock_fact_problems(playbook)
    for stage in playbook.stages:
        yield from _timing_problems(stage)


def _clock_fact_problems(playbook: Playbook) -> Iterator[str]:
    """A fact reported by the clock must be recorded by a stage and have no payload."""
    facts = {fact.name: fact for fact in playbook.facts if fact.reported_by == CLOCK}
    for stage in playbook.stages:
        for rule in stage.clock_facts:
            if rule.fact not in facts:
                yield f"stage '{stage.name}' has the clock record '{rule.fact}', which is no fact that it reports"
    for fact in facts.values():
        if fact.payload.model_fields:
            yield f"fact '{fact.name}' is reported by the clock, which knows no details: leave out its payload"
        if not any(rule.fact == fact.name for stage in playbook.stages for rule in stage.clock_facts):
            yield f"fact '{fact.name}' is reported by the clock, but no stage has it recorded"
    if any(party.name == CLOCK for party in playbook.parties):
        yield "the party 'clock' is there already; call yours something else"


def _name_problems(playbook: Playbook) -> Iterator[str]:
    if not NAME.fullmatch(playbook.name):
        yield "its name must be lower-case letters, digits, hyphens or underscores, and begin with a letter"
    yield from _duplicates("fact", (fact.name for fact in playbook.facts))
    yield from _duplicates("stage", (stage.name for stage in playbook.stages))
    yield from _duplicates("party", (party.name for party in playbook.parties))
    for what, names in (
        ("fact", [fact.name for fact in playbook.facts]),
        ("stage", [stage.name for stage in playbook.stages]),
        ("mail", playbook.mail_kinds),
    ):
        for name in names:
            if not PART_NAME.fullmatch(name):
                yield f"{what} name '{name}' is no identifier in lower case"
    for fact in playbook.facts:
        if fact.name in RESERVED_NAMES:
            yield f"fact '{fact.name}' has the name of a command; call it something else"


def _stage_problems(playbook: Playbook) -> Iterator[str]:
    """Every stage must be reachable, and every one but the last must end."""
    *stages, end = playbook.stages
    if end.until:
        yield f"the last stage '{end.name}' waits for {_quoted(end.until)}: end with a stage without 'until'"
    elif end.target or end.reminders or end.clock_facts:
        yield f"the last stage '{end.name}' has a deadline or reminders, but it is the end: nothing is waited for"
    for number, stage in enumerate(stages, start=1):
        if not stage.until:
            following = playbook.stages[number].name
            yield f"stage '{stage.name}' has no way out ('until' is empty), so '{following}' is never reached"
        if stage.waits_on is None:
            yield f"stage '{stage.name}' does not say whom it waits on"
    facts = {fact.name: fact for fact in playbook.facts}
    finished_by: dict[str, str] = {}
    for stage in playbook.stages:
        if stage.preparation and stage.preparation.fact not in stage.until[:-1]:
            fact = stage.preparation.fact
            yield f"stage '{stage.name}' is prepared by '{fact}', which is no earlier fact in its 'until'"
        for name in stage.until:
            if name not in facts:
                yield f"stage '{stage.name}' waits for '{name}', which is no fact of it"
            elif facts[name].ends:
                yield f"stage '{stage.name}' waits for '{name}', which ends the onboarding"
            elif name in finished_by:
                yield f"fact '{name}' ends both '{finished_by[name]}' and '{stage.name}'; the second would be skipped"
            finished_by.setdefault(name, stage.name)


def _party_problems(playbook: Playbook) -> Iterator[str]:
    parties = {CLOCK, *(party.name for party in playbook.parties)}
    for stage in playbook.stages:
        if stage.waits_on is not None and stage.waits_on not in parties:
            yield f"stage '{stage.name}' waits on '{stage.waits_on}', which is no party of it"
    for fact in playbook.facts:
        if fact.reported_by not in parties:
            yield f"fact '{fact.name}' is reported by '{fact.reported_by}', which is no party of it"


def _fact_problems(playbook: Playbook) -> Iterator[str]:
    facts = {fact.name: fact for fact in playbook.facts}
    named = {party.name for party in playbook.parties if party.side is Side.PRACTICE}
    for fact in playbook.facts:
        for name in fact.implies:
            if name not in facts:
                yield f"fact '{fact.name}' implies '{name}', which is no fact of it"
            elif facts[name].legal:
                yield f"fact '{fact.name}' implies '{name}', but a legal fact is never implied"
            elif facts[name].ends:
                yield f"fact '{fact.name}' implies '{name}', which ends the onboarding: such a fact is never implied"
        if fact.name in playbook.implied(fact.name):
            yield f"fact '{fact.name}' implies itself"
        if fact.renews and not fact.revisable:
            yield f"fact '{fact.name}' renews, but it cannot be revised"
        if fact.contact and fact.contact not in named:
            yield f"fact '{fact.name}' says who is {role_phrase(fact.contact)}, which is no party of it at the practice"
        if fact.contact in list(Role):
            yield f"fact '{fact.name}' names the {role_phrase(fact.contact)}, who is not named by a fact"
        if fact.contact and not {"name", "email"} <= fact.payload.model_fields.keys():
            yield f"fact '{fact.name}' says who is {role_phrase(fact.contact)}, so its payload needs 'name' and 'email'"
        for name in (*fact.figures, *([fact.size] if fact.size else [])):
            if name not in fact.payload.model_fields:
                yield f"fact '{fact.name}' has the figure '{name}', which is no field of its payload"
    for fact in playbook.facts:
        yield from _key_problems(playbook, fact)
    used = _used_facts(playbook)
    for name in facts:
        if name not in used and used.isdisjoint(playbook.implied(name)):
            yield f"fact '{name}' is used by no stage, no mail and no other fact"


def _key_problems(playbook: Playbook, fact: FactType) -> Iterator[str]:
    """Checks `per` and `each_of`, which tell several reports of a fact apart, and its secret fields."""
    fields = fact.payload.model_fields
    if fact.per and (fact.per not in fields or not fields[fact.per].is_required()):
        yield f"fact '{fact.name}' is reported per '{fact.per}', which must be a required field of its payload"
    if not {fact.per, fact.size, *fact.figures}.isdisjoint(fact.secrets):
        yield f"fact '{fact.name}' has a secret field that tells reports apart or is a figure: such a value is seen"
    if json.dumps(schema_of(fact.payload)).count('"format": "password"') != len(fact.secrets):
        yield f"fact '{fact.name}' has a secret within a field: only a field of its own is stored apart"
    if fact.each_of and not fact.per:
        yield f"fact '{fact.name}' is reported for each of '{fact.each_of}': say 'per' which field of its payload"
    if source := fact.source_of_keys:
        origin = next((each for each in playbook.facts if each.name == source[0]), None)
        if origin is None or source[1] not in origin.payload.model_fields or origin.per:
            yield f"fact '{fact.name}' is reported for each of '{fact.each_of}', which is no FACT.FIELD with a list"


def _used_facts(playbook: Playbook) -> set[str]:
    used = {name for stage in playbook.stages for name in stage.until}
    used |= {fact.name for fact in playbook.facts if fact.contact or fact.ends}
    used |= {source[0] for fact in playbook.facts if (source := fact.source_of_keys)}
    used |= {rule.fact for stage in playbook.stages for rule in stage.clock_facts}
    used |= {launch.on for launch in playbook.launches if launch.on}
    used |= {name for name in (playbook.knowledge.told, playbook.knowledge.reached_by) if name}
    for rule in playbook.mail_rules:
        used |= {rule.on, *rule.unless} | ({rule.lacking} if rule.lacking else set())
    return used


def _mail_problems(playbook: Playbook) -> Iterator[str]:
    facts = {fact.name: fact for fact in playbook.facts}
    for rule in playbook.mail_rules:
        for name in (rule.on, *rule.unless, *([rule.lacking] if rule.lacking else [])):
            if name not in facts:
                yield f"mail '{rule.kind}' depends on '{name}', which is no fact of it"
        if rule.on in facts:
            always = {rule.on, *playbook.implied(rule.on)}.intersection(rule.unless)
            always |= {rule.on}.intersection([rule.lacking])
            for name in sorted(always):
                yield f"mail '{rule.kind}' is never sent: '{name}' is always known once '{rule.on}' is"
            if rule.complete and not facts[rule.on].each_of:
                yield f"mail '{rule.kind}' waits for all reports of '{rule.on}', which has no 'each_of'"
    for kind, role in _recipients(playbook):
        if role not in PHARMACY_ROLES and role not in playbook.practice_roles:
            yield f"mail '{kind}' goes to the {role_phrase(role)}, but no fact says who that is"


def _launch_problems(playbook: Playbook) -> Iterator[str]:
    facts = {fact.name for fact in playbook.facts}
    for launch in playbook.launches:
        if launch.on is not None and launch.on not in facts:
            yield f"the launch of '{launch.workflow}' depends on '{launch.on}', which is no fact of it"
    yield from _duplicates("launch", (f"{launch.prefix}, on {launch.on}" for launch in playbook.launches))


def _recipients(playbook: Playbook) -> Iterator[tuple[str, str]]:
    for rule in playbook.mail_rules:
        yield rule.kind, rule.to
    for stage in playbook.stages:
        if stage.target:
            yield from stage.target.notify
            yield from ((stage.target.escalation, step.to) for step in stage.target.ladder)
        if stage.reminders:
            yield stage.reminders.kind, stage.reminders.to


def _timing_problems(stage: Stage) -> Iterator[str]:
    if stage.target:
        steps = [step.after for step in stage.target.ladder]
        if any(after < 0 for after in steps) or steps != sorted(steps):
            yield f"stage '{stage.name}' escalates after {steps} business days: give them in order, none below 0"
    if reminders := stage.reminders:
        days = list(reminders.days)
        if not days or days[0] < 0 or days != sorted(set(days)):
            yield f"stage '{stage.name}' reminds after {days} days: give whole days in order, none below 0"
        if reminders.then_every < 1:
            yield f"stage '{stage.name}' reminds every {reminders.then_every} days: give at least 1"
        if reminders.to in PHARMACY_ROLES:
            yield f"stage '{stage.name}' reminds the {role_phrase(reminders.to)}: reminders are for the practice"


def _duplicates(what: str, names: Iterable[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            yield f"two {_plural(what)} are called '{name}'"
        seen.add(name)


def _plural(what: str) -> str:
    return f"{what.removesuffix('y')}ies" if what.endswith("y") else f"{what}s"


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)
