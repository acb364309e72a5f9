"""Where the words of each integration for its practices are."""

from __future__ import annotations

from web.pages import environment

WORDS = "practice/words/{}.html"


def words_file(playbook: str) -> str:
    """The template with the words of a playbook for its practices; one without its own gets the plain ones."""
    own = WORDS.format(playbook)
    return own if own in environment().list_templates() else WORDS.format("any")
