"""Reads the forms of the practice's page; error messages use the labels that people see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from playbooks.engine.fields import Line, Text
from practice_page.actions.person_names import is_message

Values = dict[str, str]
Model = TypeVar("Model", bound="Answers")
MAX_LENGTH = 1000
"""Characters of a free text."""
MIN_DIGITS = 5
"""The fewest digits of a telephone number in any country."""
NAME_LENGTH = 80
NAME = re.compile(r"[^\W\d_](?:[ .,'’()&-]|[^\W\d_])*")


class InvalidAnswer(Exception):
    """Something in a form is missing or invalid; the message says what to do, `errors` the same by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(errors.values())))
        self.errors = errors


class Answers(BaseModel):
    """The fields of a form; a field's title is its label. Empty fields count as left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    def values(self) -> Values:
        """Returns the values as text, to fill a form with; those left out are missing."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items() if value is not None}


def _short(text: object) -> object:
    length = len(text.strip().replace("\r\n", "\n")) if isinstance(text, str) else 0
    if length > MAX_LENGTH:
        raise ValueError(f"has {length:,} characters, and at most {MAX_LENGTH:,} fit: please shorten it")
    return text


def _phone(text: str) -> str:
    if sum(character.isdecimal() for character in text) < MIN_DIGITS:
        raise ValueError(f"must have at least {MIN_DIGITS} digits, as in 312 555 0100")
    return text


def _name(text: str) -> str:
    # It goes into mails to people who do not know us: no place for a message or a link.
    if not NAME.fullmatch(text) or is_message(text):
        raise ValueError("must be a person's name, as in Lee Park: letters only, without numbers, links or sentences")
    if len(text) > NAME_LENGTH:
        raise ValueError(f"must be a person's name of at most {NAME_LENGTH} characters")
    return text


Name = Annotated[Line, AfterValidator(_name)]
Short = Annotated[Text, BeforeValidator(_short)]
Phone = Annotated[Line, AfterValidator(_phone)]


def read(form: type[Model], given: Mapping[str, str]) -> Model:
    """Returns the form's answers. Raises `InvalidAnswer` that names every invalid one."""
    try:
        return form.model_validate({name: text for name, text in given.items() if text.strip()})
    except ValidationError as error:
        raise InvalidAnswer({str(each["loc"][0]): _sentence(form, each, given) for each in error.errors()}) from None


def _sentence(form: type[Answers], error: ErrorDetails, given: Mapping[str, str]) -> str:
    name = str(error["loc"][0])
    label = form.model_fields[name].title or name.replace("_", " ").capitalize()
    if error["type"] == "missing":
        return f"{label} is missing."
    if error["type"] == "string_too_long":
        limit, length = error["ctx"]["max_length"], len(given[name].strip())
        return f"{label} has {length:,} characters, and at most {limit:,} fit: please shorten it."
    reason = error["msg"].removeprefix("Value error, ").rstrip(".")
    return f"{label} {reason}." if reason.startswith(("has ", "must ", "is ")) else f"{reason[:1].upper()}{reason[1:]}."
