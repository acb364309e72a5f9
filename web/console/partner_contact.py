"""How the team reaches whom something has to be asked or told, and the record that it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from configuration.settings import Settings
from desk.attention.item import TOLD, AttentionItem
from integrations.model import PartnerContact
from integrations.registry import integration_of
from web.console.choices import new_key

ASKED = "We asked "
"""Begins the note that somebody was asked."""


@dataclass(frozen=True)
class Reach:
    """Whom to ask and how to reach them; `letter` is the address of a mail that is begun, None without an address.

    `note` is the journal's note that they were asked, with the idempotency key `key`; None where being told is
    recorded instead.
    """

    name: str
    contact: PartnerContact
    letter: str | None
    note: str | None
    key: str = field(default_factory=new_key)


def reach_of(settings: Settings, item: AttentionItem) -> Reach | None:
    """Returns how to reach whom an item says to ask; None if nobody is asked."""
    if item.asks is None:
        return None
    contact = integration_of(item.id.partition("/")[0]).contact(settings)
    if item.asks_email:
        contact = PartnerContact(item.asks_email, None)
    subject = f"{item.practice_name} ({item.practice})"
    known_as = "" if item.asks_email else f", which you know as {item.practice}"
    wish = item.todo.removeprefix(f"Ask {item.asks} to ")
    please = f"Please {wish}\n\n" if wish != item.todo else ""
    body = f"Hello,\n\nthis is about {item.practice_name}{known_as}.\n\n{item.text}\n\n{please}"
    letter = f"mailto:{contact.email}?subject={quote(subject)}&body={quote(body)}" if contact.email else None
    note = None if item.kind in TOLD else f"{ASKED}{item.asks}: {item.text}."
    return Reach(item.asks, contact, letter, note)
