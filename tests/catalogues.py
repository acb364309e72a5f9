"""The catalogues of words for practices: what there is to translate, and the files renewed from it.

    python -m tests.catalogues    # renews templates/catalogues/: new sentences are added, gone ones are taken out

Sentences are found in the pages for practices and in the code behind them; what the page shows of a playbook, such as
a fact's title, comes from the playbook itself. docs/writing-a-playbook.md says how they get translated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po, write_po

from desk.fact_fields import fields_of
from integrations.model import Integration
from integrations.registry import INTEGRATIONS
from pharmacy.records.update_rules import RULES
from practice_page.actions.base import Action
from templates.languages import CATALOGUES, ENGLISH, LANGUAGES
from tests.documents import ROOT
from web.practice.texts import COMMON, texts_file

PAGES = ("templates/pages/frame.html", "templates/pages/parts.html", "templates/pages/fields.html")
FOLDERS = ("templates/pages/practice", "practice_page", "web/practice", "templates/languages.py")
KEYWORDS = {"_": None, "gettext": None, "say": None, "marked": None, "ngettext": (1, 2)}
OPTIONS = {"trimmed": "true", "newstyle_gettext": "true", "silent": "false"}
PLACE = re.compile(r"%\(\w+\)s|</?\w+[^>]*>|%%")
"""What a translation has to keep: places for values, and tags."""
FIXED = datetime(2026, 1, 1, tzinfo=UTC)
"""The date in the files, so that renewing them changes nothing else."""


def sources() -> Iterator[Path]:
    for name in (*PAGES, *FOLDERS):
        path = ROOT / name
        yield from (path,) if path.is_file() else sorted((*path.rglob("*.html"), *path.rglob("*.py")))


def extracted() -> Catalog:
    """Every sentence that is to be translated, in the order of the files."""
    found = Catalog()
    for path in sources():
        name = path.relative_to(ROOT).as_posix()
        method = "jinja2.ext:babel_extract" if path.suffix == ".html" else "python"
        for _, message, _, _ in extract_from_file(method, path, KEYWORDS, (), OPTIONS):
            found.add(message, locations=[(name, None)])  # type: ignore[list-item]
    for name, text in words_of_rules():
        found.add(text, locations=[(name, None)])  # type: ignore[list-item]
    return found


def words_of_rules() -> Iterator[tuple[str, str]]:
    """Words that the pages show of playbooks, integrations and update rules: where they are from, and the words."""
    for each in INTEGRATIONS.values():
        where = f"playbook {each.playbook.name}"
        if any(party.name in Action.roles for party in each.playbook.parties):
            yield from ((where, text) for text in words_of(each) if text)
        yield from ((where, text) for _, what, about in each.page.checklist for text in (what, about))
    yield from (("update rules", rule.title) for rule in RULES)


def words_of(integration: Integration) -> Iterator[str]:
    playbook = integration.playbook
    yield from (party.title for party in playbook.parties)
    for fact in playbook.facts:
        if fact.reported_by in Action.roles and fact.contact is None and not fact.secrets:
            yield from (fact.title, fact.phrase)
            for field in fields_of(fact.payload):
                yield from (field.label, field.hint)
    if texts_file(playbook.name) == COMMON:
        # Nothing says it in other words.
        yield from (fact.title for fact in playbook.facts)
        for stage in playbook.stages:
            yield from (stage.title, stage.asks or "")


def read(code: str) -> Catalog:
    path = CATALOGUES / f"{code}.po"
    if not path.exists():
        return Catalog(locale=code)
    with path.open("rb") as file:
        return read_po(file, locale=code)


def renewed(code: str) -> Catalog:
    """The catalogue of a language with today's sentences; what was translated stays."""
    before = read(code)
    after = Catalog(locale=code, project="Practice onboarding", creation_date=FIXED, revision_date=FIXED, fuzzy=False)
    after.header_comment = f"# {LANGUAGES[code]}: translate each msgid; `python -m tests.catalogues` adds new ones."
    for message in extracted():
        if message.id:
            known = before.get(message.id)
            after.add(message.id, known.string if known else "", locations=message.locations)
    return after


def untranslated(catalogue: Catalog) -> list[Message]:
    return [each for each in catalogue if each.id and (each.fuzzy or not all(_texts(each.string)))]


def changed_places(catalogue: Catalog) -> list[Message]:
    """Messages whose translation lacks a place for a value or a tag, or has another one."""

    def places(text: str) -> list[str]:
        return sorted(set(PLACE.findall(text)))

    return [
        each
        for each in catalogue
        if each.id and any(places(text) != places(_texts(each.id)[-1]) for text in _texts(each.string) if text)
    ]


def _texts(of: str | tuple[str, ...] | list[str] | None) -> tuple[str, ...]:
    return (of or "",) if of is None or isinstance(of, str) else tuple(of)


def main() -> None:
    for code in LANGUAGES:
        if code != ENGLISH:
            catalogue = renewed(code)
            with (CATALOGUES / f"{code}.po").open("wb") as file:
                write_po(file, catalogue, width=0, include_lineno=False, ignore_obsolete=True)
            print(f"{code}: {len(untranslated(catalogue))} of {len(catalogue)} sentences to translate")


if __name__ == "__main__":
    main()
