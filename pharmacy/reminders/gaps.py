"""Finds the reminders that would go out twice, and the rules that are missing, among clinics (RS7)."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import combinations
from typing import NamedTuple

from pharmacy.reminders.rules import ItemOf, Rules, neighbours

# What the names of one vaccine at two clinics may differ in.
UNSPECIFIC = {
    *("vaccine", "vaccines", "vaccination", "vacc", "vac", "shot", "injection", "booster", "dose"),
    *("annual", "year", "years", "yr", "yrs", "month", "months"),
}


Pairs = Collection[tuple[str, str]]
"""Clinics that share, or would, two by two."""


class Item(NamedTuple):
    clinic: str
    item: str
    name: str
    reminds_after_days: int | None

    @property
    def key(self) -> ItemOf:
        return ItemOf(self.clinic, self.item)


class DoubleReminder(NamedTuple):
    """A service for which several clinics would remind."""

    item: str
    clinics: tuple[str, ...]


class MissingRule(NamedTuple):
    """An item whose reminder goes out although a sister clinic has given the service. `alike` are that clinic's."""

    item: Item
    alike: tuple[Item, ...]


def double_reminders(items: Iterable[Item], rules: Rules, pairs: Pairs) -> list[DoubleReminder]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in _unconnected(items, rules, pairs):
        if one.reminds_after_days is not None and other.reminds_after_days is not None:
            found[one.item] |= {one.clinic, other.clinic}
    return [DoubleReminder(item, tuple(sorted(clinics))) for item, clinics in sorted(found.items())]


def missing_rules(items: Iterable[Item], rules: Rules, pairs: Pairs) -> list[MissingRule]:
    found: defaultdict[Item, list[Item]] = defaultdict(list)
    for pair in _unconnected(items, rules, pairs):
        for one, other in (pair, pair[::-1]):
            if one.reminds_after_days is not None:
                found[one].append(other)
    return [MissingRule(item, tuple(alike)) for item, alike in sorted(found.items(), key=lambda each: each[0].key)]


def _unconnected(items: Iterable[Item], rules: Rules, pairs: Pairs) -> Iterator[tuple[Item, Item]]:
    """Yields pairs of items of two clinics that look like the same service, and no rule says so."""
    sisters = {frozenset(pair) for pair in pairs}
    same = neighbours(rules)
    groups: defaultdict[str, list[Item]] = defaultdict(list)
    for item in sorted(items, key=lambda each: each.key):
        for name in {service_of(item.name), service_of(item.item)}:
            groups[name].append(item)
    alike = {pair for group in groups.values() for pair in combinations(group, 2)}
    for one, other in sorted(alike, key=lambda pair: (pair[0].key, pair[1].key)):
        if {one.clinic, other.clinic} in sisters and other.key not in same[one.key]:
            yield one, other


def service_of(name: str) -> str:
    """Returns what a name says of the service, without the order of words, numbers and words for every vaccine."""
    words = re.findall(r"[^\W\d_]+", name.casefold())
    return " ".join(sorted({*words} - UNSPECIFIC)) or name.casefold().strip()
