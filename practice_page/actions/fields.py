"""What people type into the forms of the practice's page, and what is wrong about it, under the labels they see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from playbooks.engine.fields import Line, Words

Values = dict[str, str]
Model = TypeVar("Model", bound="Answers")
LONGEST = 1000
"""Characters of what people write in their own words."""
DIGITS = 5
"""Without so many no telephone number is one, in any country."""


class InvalidAnswer(Exception):
    """Something in a form is missing or wrong; the message is a sentence that says what to do."""


class Answers(BaseModel):
    """What a form asks for; a field's title is its label. Fields left empty count as left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    def values(self) -> Values:
        """As they go into a form again: text, and nothing for what was left out."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items() if value is not None}


def _short(text: object) -> object:
    length = len(text.strip().replace("\r\n", "\n")) if isinstance(text, str) else 0
    if length > LONGEST:
        raise ValueError(f"has {length:,} characters, and at most {LONGEST:,} fit: please shorten it")
    return text


def _phone(text: str) -> str:
    if sum(each.isdecimal() for each in text) < DIGITS:
        raise ValueError(f"must have at least {DIGITS} digits, as in 312 555 0100")
    return text


Short = Annotated[Words, BeforeValidator(_short)]
Phone = Annotated[Line, AfterValidator(_phone)]


def read(form: type[Model], given: Mapping[str, str]) -> Model:
    """The answers of a form. Raises `InvalidAnswer` with all that is wrong about them."""
    try:
        return form.model_validate({name: text for name, text in given.items() if text.strip()})
    except ValidationError as error:
        raise InvalidAnswer(" ".join(_sentence(form, each, given) for each in error.errors())) from None


def _sentence(form: type[Answers], error: ErrorDetails, given: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    label = form.model_fields[name].title or name.replace("_", " ").capitalize()
    if error["type"] == "missing":
        return f"{label} is missing."
    if error["type"] == "string_too_long":
        limit, length = error["ctx"]["max_length"], len(given[name].strip())
        return f"{label} has {length:,} characters, and at most {limit:,} fit: please shorten it."
    said = error["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{label} {said}." if said.startswith(("has ", "must ", "is ")) else f"{said[:1].upper()}{said[1:]}."
