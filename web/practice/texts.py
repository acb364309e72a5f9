"""The words of each integration for its practices: its own, and the plain ones for what it leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

from web.pages import environment

PLAIN = "practice/words/any.html"
OWN = "practice/words/{}.html"


class Words:
    """What a template of words defines; what it does not is that of the plain one."""

    def __init__(self, own: TemplateModule, plain: TemplateModule) -> None:
        self._own, self._plain = own, plain

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name, None) or getattr(self._plain, name)


def words_file(playbook: str) -> str:
    """The template with the words of a playbook for its practices; the plain one, if it has none of its own."""
    own = OWN.format(playbook)
    return own if own in environment().list_templates() else PLAIN


def words_of(playbook: str) -> Callable[[Context], Words]:
    """For a template: `words_of()` are the playbook's words, which may speak of all that the template knows."""

    @pass_context
    def words(context: Context) -> Words:
        given = context.get_all()
        own, plain = (environment().get_template(name).make_module(given) for name in (words_file(playbook), PLAIN))
        return Words(own, plain)

    return words
