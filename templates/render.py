"""Renders a mail: from its kind and context to subject, text and HTML.

Each kind is one file `email/KIND.mjml`. It is rendered twice, with two sets of macros (paragraph, facts, button ...):
as MJML, which `mrml` turns into HTML that Outlook and phones display correctly, and as plain text. A value missing in
the context is an error, never a gap in a mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError

from templates.colors import lighter, text_color
from templates.filters import FILTERS

EMAIL = Path(__file__).parent / "email"
SUBJECT_END = "\f"
# Reading a mail must not fetch anything from another server, which would then know that it was read.
NO_FONTS = mrml.RenderOptions(fonts={})


ADDED: Mapping[str, Any] = {
    "reminders": {"sent": 0, "last_at": None},
    "former_address": None,
    "has_to_be_named": False,
    "moved_from": None,
    "paragraph": None,
    "reader": "",
    "replies": {"primary_contact": {}, "technical_contact": {}},
    "vacant": (),
    "link": None,
}
"""Values of the context that mails lack which were ordered before they were added."""


class RenderProblem(Exception):
    """A mail cannot be rendered; the message says what its context lacks. A retry does not help."""


@dataclass(frozen=True)
class RenderedMail:
    """A mail as its recipient sees it; `subject` is one line."""

    subject: str
    text: str
    html: str


@cache
def kinds() -> frozenset[str]:
    return frozenset(path.stem for path in EMAIL.glob("*.mjml"))


def render(kind: str, context: Mapping[str, Any], brand: Hashable) -> RenderedMail:
    """Renders one mail. Values of `context` are escaped, and never read as markup or template. `brand` has the
    pharmacy's name, contacts and colors, as `configuration.settings.Brand`.

    Raises RenderProblem for a kind without a template, a missing value, or a subject with control characters.
    """
    if kind not in kinds():
        raise RenderProblem(f"There is no mail '{kind}'; add templates/email/{kind}.mjml or use one that exists.")
    as_text, as_mjml = _templates(kind, brand)
    context = {**ADDED, **context}
    try:
        subject, text = as_text.render(context).split(SUBJECT_END, 1)
        html = mrml.to_html(as_mjml.render(context), None, NO_FONTS).content
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        raise RenderProblem(f"The mail '{kind}' cannot be written: {error}.") from error
    subject = subject.strip()
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in subject):
        raise RenderProblem(f"The mail '{kind}' cannot be written: a name in its subject has a line break in it.")
    return RenderedMail(subject, _strip_blanks(text), html)


@lru_cache(maxsize=256)
def _templates(kind: str, brand: Hashable) -> tuple[Template, Template]:
    as_text, as_mjml = _environments(brand)
    return as_text.get_template(f"{kind}.mjml"), as_mjml.get_template(f"{kind}.mjml")


@lru_cache(maxsize=8)
def _environments(brand: Hashable) -> tuple[Environment, Environment]:
    return _environment(brand, "txt"), _environment(brand, "mjml")


def _environment(brand: Hashable, form: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(EMAIL),
        autoescape=form == "mjml",  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters.update(FILTERS, text_color=text_color, lighter=lighter)
    environment.globals.update(brand=brand, layout=f"partials/layout.{form}")
    environment.globals["macros"] = environment.get_template(f"partials/macros.{form}").module
    return environment


def _strip_blanks(text: str) -> str:
    """Removes blanks at line ends, and all but one of several empty lines."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)).strip() + "\n"
