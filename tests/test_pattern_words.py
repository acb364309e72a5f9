"""What a form says of a text that has to match a pattern: which letters it may have, and never the pattern."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, StringConstraints, TypeAdapter, ValidationError

import desk
import pharmacy
import playbooks
import practice_page
import store
import web
from playbooks.engine.validation import PATTERNS, error_sentence

PROGRAMS = ("web.api.", "web.hooks_document")
"""What only programs send and read."""


@pytest.mark.filterwarnings("ignore::pydantic.json_schema.PydanticJsonSchemaWarning")
def test_each_pattern_of_a_form_has_words() -> None:
    modules = {
        importlib.import_module(each.name).__name__
        for package in (desk, pharmacy, playbooks, practice_page, store, web)
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not each.name.startswith(PROGRAMS)
    }
    forms = [form for form in _below(BaseModel) if form.__module__ in modules]
    assert {pattern for form in forms for pattern in _patterns(form.model_json_schema())} == PATTERNS.keys()


@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize("text", ["Bo Jensen!", "x" * 65])
def test_no_pattern_is_told(pattern: str, text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        TypeAdapter(Annotated[str, StringConstraints(pattern=pattern)]).validate_python(text)
    assert error_sentence(refused.value) == PATTERNS[pattern]


def _below(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from _below(each)


def _patterns(schema: Any) -> Iterator[str]:
    for each in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _patterns(each)
    if isinstance(schema, dict) and isinstance(schema.get("pattern"), str):
        yield schema["pattern"]
