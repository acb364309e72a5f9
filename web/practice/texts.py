"""Where the words of each integration for its practices are."""

from __future__ import annotations

from web.pages import environment

WORDS = "practice/words/{}.html"
Sheet = tuple[tuple[str, str, str], ...]


def words_file(playbook: str) -> str:
    """The template with the words of a playbook for its practices; one without its own gets the plain ones."""
    own = WORDS.format(playbook)
    return own if own in environment().list_templates() else WORDS.format("any")


def sheet_of(words: str) -> Sheet:
    """What the technical contact should have ready: an item's name, what it is, and more about it."""
    return tuple(getattr(environment().get_template(words).module, "SHEET", ()))
