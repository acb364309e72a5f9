"""What the OpenAPI document says of the way in for events."""

from __future__ import annotations

from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from partners.datapoint import FACTS
from web.api.answers import problems


class Event(BaseModel):
    """Something that happened at DataPoint. What is not listed may be added and is ignored."""

    model_config = ConfigDict(extra="allow")

    type: str = Field(min_length=1, max_length=200, description=f"One of {', '.join(FACTS)}; others are kept.")
    timestamp: AwareDatetime | None = Field(default=None, description="When it happened.")
    data: dict[str, Any] | None = Field(default=None, description="`practice_id`, and the payload of the fact.")


class Taken(BaseModel):
    """The receipt of an event: `already_known` if it came before."""

    event: str
    outcome: str = Field(pattern="^(stored|already_known)$")


def _header(name: str, text: str, example: str) -> dict[str, Any]:
    schema = {"type": "string", "minLength": 1, "maxLength": 500}
    return {"name": name, "in": "header", "required": True, "description": text, "schema": schema, "example": example}


def _answer(outcome: str, text: str) -> dict[str, Any]:
    example = {"summary": text, "value": {"event": "evt_2f1c8b", "outcome": outcome}}
    content = {"application/json": {"examples": {"usual": example}}}
    return {"description": text, "model": Taken, "content": content}


DATAPOINT: dict[str, Any] = {
    "summary": "Take an event of DataPoint",
    "description": "By the Standard Webhooks specification. An event is stored before it is answered, and recorded in"
    " its onboarding afterwards. Events may come late, twice and in any order.",
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
        "parameters": [
            _header("webhook-id", "The event's own identifier, the same each time it is sent.", "evt_2f1c8b"),
            _header("webhook-timestamp", "When it is sent, in seconds since 1970.", "1763650800"),
            _header("webhook-signature", "`v1,` and the signature; several are separated by spaces.", "v1,K5oZfz="),
        ],
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {
                    "schema": {"$ref": "#/components/schemas/Event"},
                    "examples": {
                        "invited": {
                            "value": {
                                "type": "invitation.sent",
                                "timestamp": "2026-11-21T12:00:00Z",
                                "data": {"practice_id": "riverside-vet"},
                            }
                        }
                    },
                }
            },
        },
    },
}
