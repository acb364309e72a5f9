"""Display texts for the journal: what was done, by whom, and times."""

from __future__ import annotations

import re
from datetime import datetime

from playbooks.engine.model import FactType, role_phrase
from playbooks.engine.onboarding import ALREADY_KNOWN, Entry, Receipt

WHO = {
    "feed watch": "automatic check of its data",
    "clock": "automatic",
    "mail": "automatic (mail)",
}
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def line_keys(line: Entry) -> dict[str, object]:
    """A line of the journal by name, for JSON, in the order that others rely on."""
    names = ("number", "kind", "name", "text", "by", "at", "recorded_at", "why", "data")
    return {name: getattr(line, name) for name in names}


def done(text: str) -> str:
    """Returns what was done, for a receipt; the journal's `Note` is no sentence."""
    return "Your note is in the journal." if text == "Note." else text


def receipt_sentence(receipt: Receipt) -> str:
    """Returns what was done, with a mark if it had been done before."""
    text = done(receipt.text)
    repeated = receipt.outcome == "already_known" and not text.startswith(ALREADY_KNOWN)
    return f"Already done: {text}" if repeated else text


def report_title(fact: FactType, on_record: bool) -> str:
    """Returns what a button calls a report: for a contact on record, that it replaces them."""
    if fact.contact is None or fact.per or not on_record:
        return fact.title
    return f"Replace the {role_phrase(fact.contact)}"


def who(by: str) -> str:
    return WHO.get(by, by)


def time_in(value: object) -> datetime | None:
    """The time that a detail of a fact is, which it holds as text; None if it is none."""
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
