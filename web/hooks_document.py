"""What the OpenAPI document says of the addresses that take events."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from integrations.model import EventSource
from web.api.answers import problems

ID = r"^[!-~]{1,150}$"
TIMESTAMP = r"^[0-9]{1,12}$"
SIGNATURE = r"^v1,[A-Za-z0-9+/=]+( v1,[A-Za-z0-9+/=]+)*$"


class Event(BaseModel):
    """Something that happened at a partner. What is not listed may be added and is ignored.

    An event with a type that is otherwise malformed is taken too, and shown to people.
    """

    model_config = ConfigDict(extra="allow")

    type: str = Field(min_length=1, max_length=200, description="What happened; unknown types are kept.")
    timestamp: Any = Field(default=None, description="When it happened: ISO 8601 with an offset.")
    data: Any = Field(default=None, description="An object with `practice_id` and the payload of the fact.")


class Taken(BaseModel):
    """The receipt of an event: `already_known` if it came before."""

    event: str
    outcome: str = Field(pattern="^(stored|already_known)$")


def _header(name: str, text: str, pattern: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": pattern}
    return {"name": name, "in": "header", "required": True, "description": text, "schema": schema, "example": example}


def _answer(outcome: str, text: str) -> dict[str, Any]:
    example = {"summary": text, "value": {"event": "evt_2f1c8b", "outcome": outcome}}
    content = {"application/json": {"examples": {"usual": example}}}
    return {"description": text, "model": Taken, "content": content}


HEADERS = [
    _header("webhook-id", "The event's identifier, the same each time it is sent.", ID, "evt_2f1c8b"),
    _header("webhook-timestamp", "When it is sent, in seconds since 1970.", TIMESTAMP, "1763650800"),
    _header("webhook-signature", "The signature, or several of them.", SIGNATURE, "v1,K5oZfzN95Z9UVu1EsfQm"),
]


def described(source: EventSource) -> dict[str, Any]:
    """How the route for a partner's events describes itself."""
    return {
        "summary": f"Take an event of {source.actor}",
        "description": "By the Standard Webhooks specification. An event is stored before it is answered, and recorded"
        " in its onboarding afterwards. Events may come late, twice and in any order. The types are"
        f" {', '.join(f'`{name}`' for name in source.types)}.",
        "tags": ["events"],
        "status_code": 202,
        "response_model": Taken,
        "responses": {
            202: _answer("stored", "It is stored, and will be recorded."),
            200: _answer("already_known", "It was stored before; nothing more happens."),
            **problems(
                *("event", "signature", "request-timeout", "request-entity-too-large", "database-down", "not-ready")
            ),
        },
        "openapi_extra": {
            "security": [{"signature": []}],
            "parameters": HEADERS,
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {"$ref": "#/components/schemas/Event"},
                        "examples": {"usual": {"value": dict(source.example)}},
                    }
                },
            },
        },
    }
