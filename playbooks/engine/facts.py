"""What is known of an onboarding: which report of a fact counts, what it implies, who holds a role, how large it is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from playbooks.engine.model import FactType, Playbook, Role
from playbooks.engine.onboarding import Contact, Fact, Onboarding

FactKey = tuple[str, str | None]
"""The name of a fact, and which of several it is where it is reported `per` something."""


@dataclass(frozen=True)
class CurrentFact:
    """A fact that holds: reported itself (`fact`), or implied by another, and then without a time of its own.

    `since` is when it first happened, `at` when what counts of it happened. They differ if it was revised; the ones
    in between, and these two, are `times`: whenever it happened anew.

    Where it is reported `per` something, `by_key` has what is known of each, and `fact` is the last of all. It is
    `complete` when nothing is missing of it; then, and not before, it happened.
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

    def time_by(self, moment: datetime | None) -> datetime:
        """When it happened last, as far as that was by `moment`."""
        return next((time for time in reversed(self.times) if moment is None or time <= moment), self.since)


def valid_reports(onboarding: Onboarding) -> dict[FactKey, list[Fact]]:
    """The reports of each fact that were not taken back, in the order in which they happened."""
    reports: dict[FactKey, list[Fact]] = {}
    for fact in onboarding.facts:
        if fact.retracted is None:
            reports.setdefault((fact.name, fact.of), []).append(fact)
    for several in reports.values():
        if len(several) > 1:
            several.sort(key=_order)
    return reports


def current_reports(onboarding: Onboarding) -> dict[FactKey, Fact]:
    """The report that counts for each fact: not taken back, and of several the one that happened last."""
    return {key: reports[-1] for key, reports in valid_reports(onboarding).items()}


def current_facts(playbook: Playbook, onboarding: Onboarding) -> dict[str, CurrentFact]:
    """All that is known: the reports that count, and what they imply."""
    reported = {
        (name, of): CurrentFact(name, reports[-1].at, reports[-1], times=_times(playbook.fact(name), reports))
        for (name, of), reports in valid_reports(onboarding).items()
    }
    known: dict[str, CurrentFact] = {}
    for (name, of), one in reported.items():
        if of is None:
            known[name] = one
        elif name not in known:
            by_key = {of: each for (other, of), each in reported.items() if other == name and of is not None}
            known[name] = _merged(by_key, wanted_keys(playbook, onboarding, name), playbook.fact(name).each_of is None)
    # Earliest first, so that what two facts imply is dated by the first of them, whatever order they came in.
    for cause in sorted(reported.values(), key=lambda each: (each.since, each.name)):
        for name in playbook.implied(cause.name):
            if name not in known:
                known[name] = CurrentFact(name, cause.since, None, implied_by=cause.name)
            elif not known[name].complete:
                known[name] = replace(known[name], complete=True, implied_by=cause.name)
    return known


def wanted_keys(playbook: Playbook, onboarding: Onboarding, name: str) -> tuple[str, ...]:
    """For what a fact has to be reported, each; nothing where that is not known, or does not matter."""
    source = playbook.fact(name).source_of_keys
    report = current_reports(onboarding).get((source[0], None)) if source else None
    return tuple(dict.fromkeys(map(str, report.data.get(source[1], ())))) if source and report else ()


def _merged(by_key: dict[str, CurrentFact], wanted: tuple[str, ...], one_is_enough: bool) -> CurrentFact:
    """Several reports of one fact as one: it happened when the last that was wanted did, or else the first."""
    counting = [by_key[key] for key in wanted if key in by_key] or list(by_key.values())
    complete = one_is_enough or (bool(wanted) and all(key in by_key for key in wanted))
    last = max(counting, key=lambda each: _order(each.fact) if each.fact else (each.at, 0))
    since = max(each.since for each in counting) if complete and wanted else min(each.since for each in counting)
    again = sorted(time for each in counting for time in each.times[1:] if time > since)
    return CurrentFact(last.name, last.at, last.fact, times=(since, *again), by_key=by_key, complete=complete)


def contact(playbook: Playbook, onboarding: Onboarding, role: str, of: str | None = None) -> Contact | None:
    """Who holds a role at the practice now, or None if nobody has been named; of several holders the one `of` a key,
    else the one who was named last."""
    if role == Role.PRIMARY_CONTACT:
        return onboarding.primary_contact
    named = {kind.name for kind in playbook.facts if kind.contact == role}
    reports = [fact for fact in onboarding.facts if fact.name in named and fact.retracted is None]
    fact = latest(fact for fact in reports if fact.of == of) or latest(reports)
    if fact is None:
        return None
    # Its payload was validated when it was reported; doing so again for every look costs more than all the rest.
    return Contact.model_construct(name=fact.data["name"], email=fact.data["email"], phone=fact.data.get("phone"))


def holders(playbook: Playbook, onboarding: Onboarding, role: str) -> dict[str | None, Contact]:
    """All who hold a role at the practice, by what they hold it of: None where there is one holder."""
    named = {kind.name for kind in playbook.facts if kind.contact == role}
    keys = dict.fromkeys(fact.of for fact in onboarding.facts if fact.name in named and fact.retracted is None)
    found = ((of, contact(playbook, onboarding, role, of)) for of in keys or (None,))
    return {of: person for of, person in found if person is not None}


def contacts(playbook: Playbook, onboarding: Onboarding, of: str | None = None) -> dict[str, Contact]:
    """Who holds the roles at the practice; those that nobody is named for are left out."""
    held = ((role, contact(playbook, onboarding, role, of)) for role in playbook.practice_roles)
    return {role: person for role, person in held if person is not None}


def practice_size(playbook: Playbook, onboarding: Onboarding) -> int | None:
    """The practice's number of clients: as last reported by a fact, else as the request says."""
    fields = {kind.name: kind.size for kind in playbook.facts if kind.size}
    sizes = {fact.number: fact.data.get(fields.get(fact.name, "")) for fact in onboarding.facts}
    fact = latest(fact for fact in onboarding.facts if fact.retracted is None and sizes[fact.number] is not None)
    return onboarding.practice.client_count if fact is None else sizes[fact.number]


def latest(facts: Iterable[Fact]) -> Fact | None:
    """The fact that happened last, and of those at the same time the one reported last."""
    return max(facts, key=_order, default=None)


def _order(fact: Fact) -> tuple[datetime, int]:
    return fact.at, fact.number


def _times(kind: FactType, reports: list[Fact]) -> tuple[datetime, ...]:
    """When a fact happened, and happened anew."""
    times, holder = [reports[0].at], reports[0].data.get("email")
    for report in reports[1:] if kind.renews else ():
        if kind.contact is None or report.data["email"] != holder:
            times.append(report.at)
            holder = report.data.get("email")
    return tuple(times)
