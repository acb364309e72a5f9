"""How the team reaches the partner whom something has to be asked or told, and the record that it was asked."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import quote

from configuration.settings import Settings
from desk.attention.item import AttentionItem
from integrations.model import PartnerContact
from integrations.registry import integration_of
from web.console.choices import new_key


@dataclass(frozen=True)
class Reach:
    """The partner's contact; `letter` is the address of a mail with a beginning, None without an e-mail address.

    `note` is the journal's note that the partner was asked, with the idempotency key `key`; None where being told is
    recorded instead.
    """

    partner: str
    contact: PartnerContact
    letter: str | None
    note: str | None
    key: str = field(default_factory=new_key)


def reach_of(settings: Settings, item: AttentionItem) -> Reach | None:
    """Returns how to reach the partner about an item; None if it is not the partner who is asked."""
    if item.asks is None:
        return None
    contact = integration_of(item.id.partition("/")[0]).contact(settings)
    subject = f"{item.practice_name} ({item.practice})"
    body = f"Hello,\n\nthis is about {item.practice_name}, which you know as {item.practice}.\n\n{item.text}\n\n"
    letter = f"mailto:{contact.email}?subject={quote(subject)}&body={quote(body)}" if contact.email else None
    note = None if item.kind == "partner" else f"We asked {item.asks}: {item.text}."
    return Reach(item.asks, contact, letter, note)
