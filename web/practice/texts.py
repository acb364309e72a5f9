"""The texts of each integration for practices, with a common text for each that it lacks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import pass_context
from jinja2.environment import TemplateModule
from jinja2.runtime import Context

from web.pages import environment

COMMON = "practice/texts/any.html"
OWN = "practice/texts/{}.html"


class Texts:
    """The macros of the integration's template, else those of the common one."""

    def __init__(self, own: TemplateModule, common: TemplateModule) -> None:
        self._own, self._common = own, common

    def __getattr__(self, name: str) -> Any:
        return getattr(self._own, name, None) or getattr(self._common, name)


def texts_file(playbook: str) -> str:
    """Returns the template with a playbook's texts; the common one if it has none."""
    own = OWN.format(playbook)
    return own if own in environment().list_templates() else COMMON


def step_title(playbook: str, stage: str, title: str) -> str:
    """Returns what practices read as a stage's name; `title` is that of the playbook."""
    steps = getattr(environment().get_template(texts_file(playbook)).make_module(), "STEPS", {})
    return str(steps.get(stage, title))


def texts_of(playbook: str) -> Callable[[Context], Texts]:
    """Returns a function for templates: `texts_of()` are the playbook's texts, with the template's own variables."""

    @pass_context
    def texts(context: Context) -> Texts:
        given = context.get_all()
        own, common = (environment().get_template(name).make_module(given) for name in (texts_file(playbook), COMMON))
        return Texts(own, common)

    return texts
