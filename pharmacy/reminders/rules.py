"""Which reminders a patient's services give, and which are done (RS7).

A reminder comes from the clinic that gave the service. It is done when the same item of that clinic is given again, or
an item of a sister clinic that a rule declares to be the same service. A rule holds both ways, whichever of the two
clinics has set it: a service that one of them has given is not asked for by the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple


class ItemOf(NamedTuple):
    """An item or a service of one clinic."""

    clinic: str
    item: str


class Service(NamedTuple):
    """An item given to a patient. `day` is that of `at` where it was given; without a period it reminds of nothing."""

    at: datetime
    record: int
    day: date
    given: ItemOf
    reminds_after_days: int | None


class Reminder(NamedTuple):
    clinic: str
    item: str
    due_on: date
    done: bool


Rules = Iterable[tuple[ItemOf, ItemOf]]
"""Pairs of items of two clinics that are the same service."""


def reminders(services: Iterable[Service], rules: Rules) -> list[Reminder]:
    """Returns a patient's reminders in the order of their services."""
    same = neighbours(rules)
    ordered = sorted(services)
    found: list[Reminder] = []
    given_later: set[ItemOf] = set()
    for service in reversed(ordered):
        if service.reminds_after_days is not None:
            due_on = service.day + timedelta(days=service.reminds_after_days)
            done = not given_later.isdisjoint({service.given, *same[service.given]})
            found.append(Reminder(*service.given, due_on, done))
        given_later.add(service.given)
    return found[::-1]


def neighbours(rules: Rules) -> defaultdict[ItemOf, set[ItemOf]]:
    """Returns for each item those that are the same service."""
    found: defaultdict[ItemOf, set[ItemOf]] = defaultdict(set)
    for one, other in rules:
        found[one].add(other)
        found[other].add(one)
    return found
