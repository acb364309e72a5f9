"""Makes reports and commands of what people filled in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from desk.problem import DeskProblem
from playbooks.engine.model import labels_of
from playbooks.engine.onboarding import Report
from playbooks.engine.validation import error_sentence

M = TypeVar("M", bound=BaseModel)


def order(kind: type[M], labels: Mapping[str, str] | None = None, /, **given: Any) -> M:
    """Returns the report or the command. Raises `DeskProblem` saying which field is wrong, by a form's own `labels`."""
    try:
        return kind(**given)
    except ValidationError as error:
        what = "recorded" if kind is Report else "done"
        plain = f"This cannot be {what}: {error_sentence(error, labels_of(kind) | dict(labels or {}))}."
        raise DeskProblem(f"This cannot be {what}: {error_sentence(error)}.", plain) from None
