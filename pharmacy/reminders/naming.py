"""Which item is meant by what somebody types, its ID or its name."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from pharmacy.records.errors import RecordsError
from pharmacy.reminders.gaps import Item, service_of

SIMILAR = 0.8
"""From here on, of 1, two spellings may be of one name."""


def item_meant(typed: str, items: Collection[Item]) -> str:
    """Returns the ID of the one of a clinic's items whose ID or name is typed, or the text as the ID of a new one.

    Raises `RecordsError` for what resembles an item, and for a name that several have. Of items with one name, those
    that remind are meant: another has only come about because its name was taken for an ID.
    """
    said = _plain(typed)
    named = [each for each in items if said in (_plain(each.item), _plain(each.name))]
    reminding = [each for each in named if each.reminds_after_days is not None] or named
    found = [each.item for each in reminding if each.item == typed] or [each.item for each in reminding]
    if len(found) > 1:
        raise RecordsError(f"Several items are called {typed}. Write the ID of one: {', '.join(sorted(found))}.")
    if found:
        return found[0]
    if alike := _alike(said, items):
        raise RecordsError(f"Do you mean {alike}? If it is something else, add it under Items first.")
    return typed


def _alike(said: str, items: Collection[Item]) -> str | None:
    """Returns the name of an item that resembles what is typed."""
    names = {_plain(name): each.name for each in items for name in (each.item, each.name)}
    services = {service_of(name): names[name] for name in names}
    close = get_close_matches(said, names, n=1, cutoff=SIMILAR)
    return names[close[0]] if close else services.get(service_of(said))


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())
