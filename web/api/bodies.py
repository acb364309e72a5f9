"""Reads the JSON bodies of requests, strictly as the OpenAPI document describes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Key, Line, PracticeId, Text
from playbooks.engine.onboarding import MailChoice, ReplyKind
from playbooks.engine.onboarding import Practice as AnyPractice
from playbooks.engine.onboarding import Request as AnyRequest
from playbooks.engine.validation import error_sentence, errors_of
from web.problem import Problem

M = TypeVar("M", bound=BaseModel)
PRACTICE = r"^[a-z0-9-]{1,63}$"


class Practice(AnyPractice):
    """A veterinary practice. `time_zone` is a name such as America/Chicago, `country` and `state` have codes."""

    id: Annotated[PracticeId, Field(pattern=PRACTICE, description="Its name here; it cannot be changed later.")]


class StartOrder(AnyRequest):
    """The practice file, and the playbook to start with it."""

    playbook: Line
    practice: Practice


class Shown(Frozen):
    """What an answer shows of an object that has these attributes."""

    model_config = ConfigDict(from_attributes=True)


class FactReport(Frozen):
    """A fact: `data` as its playbook says, `at` when it happened (else now).

    `mail` says by kind which mails to the practice that the report sends are held, and what is added to them.
    """

    data: dict[str, Any] = Field(default_factory=dict)
    at: Instant | None = None
    mail: dict[Key, MailChoice] | None = None


class CommandOrder(Frozen):
    """What a person decides: `why` always, and what the command takes besides; `mail` as in a report."""

    why: Text
    until: Instant | None = None
    fact: Line | None = None
    of: Line | None = None
    kind: Line | None = None
    assignee: Line | None = None
    instead_of: Line | None = None
    contact: dict[Key, Key | None] | None = None
    practice: dict[Key, Key | None] | None = None
    role: Line | None = None
    reply: ReplyKind | None = None
    answers: dict[Key, Text] | None = None
    mail: dict[Key, MailChoice] | None = None


class EventReport(BaseModel):
    """What happened to a prescription: which fields it has, the event says."""

    model_config = ConfigDict(extra="allow")


BODIES: dict[Any, type[BaseModel]] = {}
"""The models of bodies, by the dependencies that read them: for the OpenAPI document."""


def json_body(model: type[M]) -> Callable[[Request], Awaitable[M]]:
    """Returns a dependency that reads the body. It raises `Problem` with the fields that are invalid."""

    async def read(request: Request) -> M:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media != "application/json":
            why = "Send JSON, with 'Content-Type: application/json'."
            raise Problem(415, "That cannot be read", why, code="media-type")
        try:
            return model.model_validate_json(await request.body(), strict=True)
        except ValidationError as error:
            raise field_errors(error) from None

    BODIES[read] = model
    return read


def field_errors(error: ValidationError) -> Problem:
    """Returns the problem that names the fields that are invalid."""
    errors = [
        {"at": ".".join(str(step)[:60] for step in each["loc"]), "message": each["msg"][:300]}
        for each in errors_of(error)[:20]
    ]
    text = error_sentence(error)
    return Problem(422, "That is not valid", f"{text[0].upper()}{text[1:]}.", code="invalid", more={"errors": errors})
