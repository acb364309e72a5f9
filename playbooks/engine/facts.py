"""What is known of an onboarding: which report of a fact counts, what it implies, who holds a role, how large it is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from playbooks.engine.model import FactType, Playbook, Role
from playbooks.engine.onboarding import Contact, Fact, Onboarding


@dataclass(frozen=True)
class CurrentFact:
    """A fact that holds: reported itself (`fact`), or implied by another, and then without a time of its own.

    `since` is when it first happened, `at` when what counts of it happened. They differ if it was revised; the ones
    in between, and these two, are `times`: whenever it happened anew.
    """

    name: str
    at: datetime
    fact: Fact | None
    implied_by: str | None = None
    times: tuple[datetime, ...] = ()

    @property
    def since(self) -> datetime:
        return self.times[0] if self.times else self.at

    def time_by(self, moment: datetime | None) -> datetime:
        """When it happened last, as far as that was by `moment`."""
        return next((time for time in reversed(self.times) if moment is None or time <= moment), self.since)


def valid_reports(onboarding: Onboarding) -> dict[str, list[Fact]]:
    """The reports of each fact that were not taken back, in the order in which they happened."""
    reports: dict[str, list[Fact]] = {}
    for fact in onboarding.facts:
        if fact.retracted is None:
            reports.setdefault(fact.name, []).append(fact)
    for several in reports.values():
        if len(several) > 1:
            several.sort(key=_order)
    return reports


def current_reports(onboarding: Onboarding) -> dict[str, Fact]:
    """The report that counts for each fact: not taken back, and of several the one that happened last."""
    return {name: reports[-1] for name, reports in valid_reports(onboarding).items()}


def current_facts(playbook: Playbook, onboarding: Onboarding) -> dict[str, CurrentFact]:
    """All that is known: the reports that count, and what they imply."""
    known = {
        name: CurrentFact(name, reports[-1].at, reports[-1], times=_times(playbook.fact(name), reports))
        for name, reports in valid_reports(onboarding).items()
    }
    # Earliest first, so that what two facts imply is dated by the first of them, whatever order they came in.
    for cause in sorted(known.values(), key=lambda each: (each.since, each.name)):
        for name in playbook.implied(cause.name):
            if name not in known:
                known[name] = CurrentFact(name, cause.since, None, implied_by=cause.name)
    return known


def contact(playbook: Playbook, onboarding: Onboarding, role: str) -> Contact | None:
    """Who holds a role at the practice now, or None if nobody has been named."""
    if role == Role.PRIMARY_CONTACT:
        return onboarding.primary_contact
    named = {kind.name for kind in playbook.facts if kind.contact == role}
    fact = latest(fact for fact in onboarding.facts if fact.name in named and fact.retracted is None)
    if fact is None:
        return None
    # Its payload was validated when it was reported; doing so again for every look costs more than all the rest.
    return Contact.model_construct(name=fact.data["name"], email=fact.data["email"], phone=fact.data.get("phone"))


def contacts(playbook: Playbook, onboarding: Onboarding) -> dict[str, Contact]:
    """Who holds the roles at the practice; those that nobody is named for are left out."""
    held = ((role, contact(playbook, onboarding, role)) for role in playbook.practice_roles)
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
