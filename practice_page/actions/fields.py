"""Reads the forms of the practice's page; error messages use the labels that people see."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from playbooks.engine.fields import Line, Text
from practice_page.actions.person_names import is_message
from store.telephone import FEWEST, has_number
from templates.languages import ENGLISH, language, marked, number, say

Values = dict[str, str]
Model = TypeVar("Model", bound="Answers")
MAX_LENGTH = 1000
"""Characters of a free text."""
NAME_LENGTH = 80
NAME = re.compile(r"[^\W\d_](?:[ .,'’()&-]|[^\W\d_])*")


class InvalidAnswer(Exception):
    """Something in a form is missing or invalid; the message says what to do, `errors` the same by field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(errors.values())))
        self.errors = errors


class Unfit(ValueError):
    """A value does not fit; the message goes on the field's label, in the reader's language: "must have a digit"."""


class Answers(BaseModel):
    """The fields of a form; a field's title is its label. Empty fields count as left out."""

    model_config = ConfigDict(frozen=True, extra="ignore", str_strip_whitespace=True)

    def values(self) -> Values:
        """Returns the values as text, to fill a form with; those left out are missing."""
        return {name: str(value) for name, value in self.model_dump(mode="json").items() if value is not None}


def _short(text: object) -> object:
    length = len(text.strip().replace("\r\n", "\n")) if isinstance(text, str) else 0
    if length > MAX_LENGTH:
        raise Unfit(too_long(length, MAX_LENGTH))
    return text


def too_long(length: int, most: int) -> str:
    text = marked("has %(length)s characters, and at most %(most)s fit: please shorten it")
    return say(text, length=number(length), most=number(most))


def _phone(text: str) -> str:
    if not has_number(text):
        raise Unfit(say("must have at least %(count)s digits, as in 312 555 0100", count=FEWEST))
    return text


def _name(text: str) -> str:
    # It goes into mails to people who do not know us: no place for a message or a link.
    if not NAME.fullmatch(text) or is_message(text):
        raise Unfit(say("must be a person's name, as in Lee Park: letters only, without numbers, links or sentences"))
    if len(text) > NAME_LENGTH:
        raise Unfit(say("must be a person's name of at most %(count)s characters", count=NAME_LENGTH))
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
    """Returns what is wrong with a field, by its label. What the fields of playbooks say of a value is in English; in
    other languages it says only which field it is."""
    name = str(error["loc"][0])
    label = say(form.model_fields[name].title or name.replace("_", " ").capitalize())
    if error["type"] == "missing":
        return say("%(label)s is missing.", label=label)
    if error["type"] == "string_too_long":
        return f"{label} {too_long(len(given[name].strip()), error['ctx']['max_length'])}."
    reason = error["msg"].removeprefix("Value error, ").rstrip(".")
    if isinstance(error.get("ctx", {}).get("error"), Unfit):
        return f"{label} {reason}."
    if language() != ENGLISH:
        return say("%(label)s is not valid; please check it.", label=label)
    return f"{label} {reason}." if reason.startswith(("has ", "must ", "is ")) else f"{reason[:1].upper()}{reason[1:]}."
