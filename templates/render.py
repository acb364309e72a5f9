"""Turns a kind of mail and its words into what is sent: subject, text and HTML.

Each kind is one file `email/KIND.mjml`. It is rendered twice, with two sets of pieces (paragraph, facts, button ...):
once as MJML, which `mrml` makes into HTML that Outlook and phones show right, and once as plain text. A word that is
missing is an error, never a gap in a mail.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, Protocol

import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, TemplateError

from templates.colors import ink, lighter
from templates.filters import FILTERS

EMAIL = Path(__file__).parent / "email"
CUT = "\f"
# Nothing is fetched from elsewhere when a mail is read, and nobody else learns that it was.
NO_FONTS = mrml.RenderOptions(fonts={})


class Brand(Hashable, Protocol):
    """How the pharmacy presents itself; `configuration.settings.Brand` is one. Colors are `#rrggbb`."""

    @property
    def name(self) -> str: ...
    @property
    def support_address(self) -> str: ...
    @property
    def support_phone(self) -> str: ...
    @property
    def care_phone(self) -> str: ...
    @property
    def privacy_policy_url(self) -> str: ...
    @property
    def color(self) -> str: ...
    @property
    def accent_color(self) -> str: ...
    @property
    def public_url(self) -> str | None: ...


class LetterProblem(Exception):
    """A mail that cannot be written; the message says what its words lack. Trying again does not help."""


@dataclass(frozen=True)
class Letter:
    """A mail as its reader sees it; `subject` is one line."""

    subject: str
    text: str
    html: str


@cache
def kinds() -> frozenset[str]:
    """Every kind of mail that has a template."""
    return frozenset(path.stem for path in EMAIL.glob("*.mjml"))


def render(kind: str, words: Mapping[str, Any], brand: Brand) -> Letter:
    """Writes one mail. Names in `words` are data: they are escaped, and never read as markup or template.

    Raises `LetterProblem` for a kind without a template, a word that is missing, or a subject with control characters.
    """
    if kind not in kinds():
        raise LetterProblem(f"There is no mail '{kind}'; add templates/email/{kind}.mjml or use one that exists.")
    as_text, as_mjml = _templates(kind, brand)
    try:
        subject, text = as_text.render(words).split(CUT, 1)
        html = mrml.to_html(as_mjml.render(words), None, NO_FONTS).content
    except (TemplateError, ValueError, TypeError, KeyError) as error:
        raise LetterProblem(f"The mail '{kind}' cannot be written: {error}.") from error
    subject = subject.strip()
    if any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in subject):
        raise LetterProblem(f"The mail '{kind}' cannot be written: a name in its subject has a line break in it.")
    return Letter(subject, _tidy(text), html)


@lru_cache(maxsize=256)
def _templates(kind: str, brand: Brand) -> tuple[Template, Template]:
    as_text, as_mjml = _environments(brand)
    return as_text.get_template(f"{kind}.mjml"), as_mjml.get_template(f"{kind}.mjml")


@lru_cache(maxsize=8)
def _environments(brand: Brand) -> tuple[Environment, Environment]:
    return _environment(brand, "txt"), _environment(brand, "mjml")


def _environment(brand: Brand, form: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(EMAIL),
        autoescape=form == "mjml",  # noqa: S701 - plain text has nothing to escape
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.filters.update(FILTERS, ink=ink, lighter=lighter)
    made.globals.update(brand=brand, layout=f"parts/layout.{form}")
    made.globals["say"] = made.get_template(f"parts/pieces.{form}").module
    return made


def _tidy(text: str) -> str:
    """No blanks at line ends, and one empty line where there are several."""
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"[ \t]+$", "", text, flags=re.MULTILINE)).strip() + "\n"
