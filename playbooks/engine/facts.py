"""The current facts of an onboarding: which report counts, what it implies, who holds a role, the practice's size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import takewhile

from playbooks.engine.model import FactType, Playbook, Role
from playbooks.engine.onboarding import Contact, Fact, Onboarding

FactKey = tuple[str, str | None]
"""The name of a fact, and its key if it is reported `per` something."""


@dataclass(frozen=True)
class CurrentFact:
    """A fact that holds: reported (`fact`), or implied by another and dated by that.

    `since` is when it first happened, `at` is the time of the report that counts, `times` are all times at which it
    happened anew. A fact reported `per` something has its reports in `by_key`, the last of them in `fact`, and is
    `complete` once none is missing.
    """

    name: str
    at: datetime
    fact: Fact | None
    implied_by: str | None = None
    times: tuple[datetime, ...] = ()
    by_key: Mapping[str, CurrentFact] = field(default_factory=dict)
    complete: bool = True

    @property
    def since(self) -> datetime:
        return self.times[0] if self.times else self.at

    def last_time(self, until: datetime | None = None) -> datetime:
        """Returns when it last happened, up to `until`."""
        return next((time for time in reversed(self.times) if until is None or time <= until), self.since)


def valid_reports(onboarding: Onboarding) -> dict[FactKey, list[Fact]]:
    """Returns the reports of each fact that were not retracted, in the order in which they happened."""
    reports: dict[FactKey, list[Fact]] = {}
    for fact in onboarding.facts:
        if fact.retracted is None:
            reports.setdefault((fact.name, fact.of), []).append(fact)
    for several in reports.values():
        if len(several) > 1:
            several.sort(key=_order)
    return reports


def current_reports(onboarding: Onboarding) -> dict[FactKey, Fact]:
    """Returns the report of each fact that counts: of several, the one that happened last."""
    return {key: reports[-1] for key, reports in valid_reports(onboarding).items()}


def current_facts(playbook: Playbook, onboarding: Onboarding) -> dict[str, CurrentFact]:
    """Returns the facts that hold, by name: reported or implied."""
    reported = {
        (name, of): CurrentFact(name, reports[-1].at, reports[-1], times=_times(playbook.fact(name), reports))
        for (name, of), reports in valid_reports(onboarding).items()
    }
    facts: dict[str, CurrentFact] = {}
    for (name, of), one in reported.items():
        if of is None:
            facts[name] = one
        elif name not in facts:
            by_key = {of: each for (other, of), each in reported.items() if other == name and of is not None}
            one_is_enough = playbook.fact(name).each_of is None
            facts[name] = _merged(by_key, expected_keys(playbook, onboarding, name), one_is_enough)
    # Earliest first, so that a fact that two imply is dated by the first of them, in whatever order they came.
    for cause in sorted(reported.values(), key=lambda each: (each.since, each.name)):
        for name in playbook.implied(cause.name):
            if name not in facts:
                facts[name] = CurrentFact(name, cause.since, None, implied_by=cause.name)
            elif not facts[name].complete:
                facts[name] = replace(facts[name], complete=True, implied_by=cause.name)
    return facts


def expected_keys(playbook: Playbook, onboarding: Onboarding, name: str) -> tuple[str, ...]:
    """Returns the keys for which a fact has to be reported (`each_of`); none while they are unknown."""
    source = playbook.fact(name).source_of_keys
    report = current_reports(onboarding).get((source[0], None)) if source else None
    return tuple(dict.fromkeys(map(str, report.data.get(source[1], ())))) if source and report else ()


def _merged(by_key: dict[str, CurrentFact], expected: tuple[str, ...], one_is_enough: bool) -> CurrentFact:
    """Merges the reports of one fact: it happened with the last that was expected, else with the first."""
    counting = [by_key[key] for key in expected if key in by_key] or list(by_key.values())
    complete = one_is_enough or (bool(expected) and all(key in by_key for key in expected))
    last = max(counting, key=lambda each: _order(each.fact) if each.fact else (each.at, 0))
    since = max(each.since for each in counting) if complete and expected else min(each.since for each in counting)
    again = sorted(time for each in counting for time in each.times[1:] if time > since)
    return CurrentFact(last.name, last.at, last.fact, times=(since, *again), by_key=by_key, complete=complete)


def contact(playbook: Playbook, onboarding: Onboarding, role: str, of: str | None = None) -> Contact | None:
    """Returns who holds a role at the practice now: the holder `of` a key, else the one named last."""
    if role == Role.PRIMARY_CONTACT:
        return onboarding.primary_contact
    named = {kind.name for kind in playbook.facts if kind.contact == role}
    reports = [fact for fact in onboarding.facts if fact.name in named and fact.retracted is None]
    fact = latest(fact for fact in reports if fact.of == of) or latest(reports)
    if fact is None:
        return None
    # The payload was validated when it was reported; validating it again would cost more than all the rest.
    return Contact.model_construct(name=fact.data["name"], email=fact.data["email"], phone=fact.data.get("phone"))


def holders(playbook: Playbook, onboarding: Onboarding, role: str) -> dict[str | None, Contact]:
    """Returns all who hold a role at the practice, by key; the key is None where there is one holder."""
    named = {kind.name for kind in playbook.facts if kind.contact == role}
    keys = dict.fromkeys(fact.of for fact in onboarding.facts if fact.name in named and fact.retracted is None)
    found = ((of, contact(playbook, onboarding, role, of)) for of in keys or (None,))
    return {of: person for of, person in found if person is not None}


def contacts(playbook: Playbook, onboarding: Onboarding, of: str | None = None) -> dict[str, Contact]:
    """Returns who holds each role at the practice, without the roles that nobody holds."""
    held = ((role, contact(playbook, onboarding, role, of)) for role in playbook.practice_roles)
    return {role: person for role, person in held if person is not None}


def practice_phone(playbook: Playbook, onboarding: Onboarding) -> str | None:
    """Returns the telephone of the practice itself, which no contact's is: as it was reported last, None if it never
    was."""
    reports = current_reports(onboarding).values()
    fact = latest(each for each in reports if each.data.get("phone") and playbook.fact(each.name).contact is None)
    return fact.data["phone"] if fact else None


def former_address(playbook: Playbook, onboarding: Onboarding, role: str, of: str | None = None) -> str | None:
    """Returns the address by which the partner may still know a contact, None if it is the present one.

    The partner learns the primary contact's address with the first fact of `Playbook.address_given_by`, and the first
    mail since then shows which one that was. Another contact's is that under which the same person was named first.
    """
    if role != Role.PRIMARY_CONTACT:
        named = naming_reports(playbook, onboarding, role, of)
        return named[0].data["email"] if named and named[0].data["email"] != named[-1].data["email"] else None
    known = current_facts(playbook, onboarding)
    given = min((known[name].since for name in playbook.address_given_by if name in known), default=None)
    mails = (mail for mail in onboarding.mails if mail.to == role and given is not None and mail.at >= given)
    first = next((mail.email for mail in mails), None)
    return first if first != onboarding.primary_contact.email else None


def naming_reports(playbook: Playbook, onboarding: Onboarding, role: str, of: str | None = None) -> list[Fact]:
    """Returns the reports that name the present holder of a role, by the same name, in the order of happening."""
    kinds = {kind.name for kind in playbook.facts if kind.contact == role}
    facts = (fact for fact in onboarding.facts if fact.name in kinds and fact.of == of and fact.retracted is None)
    reports = sorted(facts, key=_order, reverse=True)
    return list(takewhile(lambda fact: fact.data["name"] == reports[0].data["name"], reports))[::-1]


def practice_size(playbook: Playbook, onboarding: Onboarding) -> int | None:
    """Returns the practice's number of clients: as last reported, else from the request."""
    fields = {kind.name: kind.size for kind in playbook.facts if kind.size}
    sizes = {fact.number: fact.data.get(fields.get(fact.name, "")) for fact in onboarding.facts}
    fact = latest(fact for fact in onboarding.facts if fact.retracted is None and sizes[fact.number] is not None)
    return onboarding.practice.client_count if fact is None else sizes[fact.number]


def latest(facts: Iterable[Fact]) -> Fact | None:
    """Returns the fact that happened last; of several at the same time, the one reported last."""
    return max(facts, key=_order, default=None)


def _order(fact: Fact) -> tuple[datetime, int]:
    return fact.at, fact.number


def _times(kind: FactType, reports: list[Fact]) -> tuple[datetime, ...]:
    """Returns when a fact happened, and each time it happened anew (`FactType.renews`)."""
    times, holder = [reports[0].at], reports[0].data.get("email")
    for report in reports[1:] if kind.renews else ():
        if kind.contact is None or report.data["email"] != holder:
            times.append(report.at)
            holder = report.data.get("email")
    return tuple(times)
