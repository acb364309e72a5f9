"""DataPoint's events, and the client of its integration request queue.

An event is a signed POST (Standard Webhooks) with the body `{"type", "timestamp", "data": {"practice_id", ...}}`.
`timestamp` is when it happened; besides `practice_id`, `data` has the fact's payload, with fields named as in the
playbook (`?` marks optional ones). Other fields are ignored: a partner may add some.

| Type | Fact | Payload |
|---|---|---|
| `request.queued` | `queued` | – |
| `invitation.sent` | `invitation_sent` | – |
| `practice_information.given` | `practice_information_given` | management_system?, server_location?, address?, phone?, client_count?, comments? |
| `technical_contact.designated` | `technical_contact_designated` | name, email, phone? |
| `eula.accepted` | `eula_accepted` | version, accepted_by |
| `technical_contact.reached` | `technical_contact_reached` | – |
| `agent.installed` | `agent_installed` | client_count? |
| `data.received` | `data_received` | clients?, patients? |
| `import.completed` | `import_completed` | clients?, patients? |
| `agent.heartbeat` | – (the agent of a connected practice was seen) | – |
| `feed.delivered` | – (its feed was delivered) | last_changed_at?, clients?, patients? |

`last_changed_at` is when the feed's most recent change was made at the practice; the counts are of all its records.
"""  # noqa: E501 - a table has no line breaks

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter, ValidationError
from pydantic_core import from_json, to_jsonable_python

from partners.events import Event, EventProblem, FeedEvent, UnknownEvent
from playbooks.datapoint import DATAPOINT
from playbooks.engine.fields import Count, Email, Instant, Line, PracticeId
from playbooks.engine.validation import error_sentence
from playbooks.feed_watch.values import Heartbeat, Records

FACTS = {
    "request.queued": "queued",
    "invitation.sent": "invitation_sent",
    "practice_information.given": "practice_information_given",
    "technical_contact.designated": "technical_contact_designated",
    "eula.accepted": "eula_accepted",
    "technical_contact.reached": "technical_contact_reached",
    "agent.installed": "agent_installed",
    "data.received": "data_received",
    "import.completed": "import_completed",
}
"""The fact that each type of event reports."""
HEARTBEAT, DELIVERED = "agent.heartbeat", "feed.delivered"
FEED_EVENT_TYPES = (HEARTBEAT, DELIVERED)
COMPLETED = "import_completed"
"""The onboarding is complete with the first data; the end of the first import is news of the feed."""
TYPES = {fact: kind for kind, fact in FACTS.items()}
TIMEOUT = 10.0
"""Seconds for DataPoint's answer."""
TRY_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Status codes that are about our access or temporary, not about the request: worth a retry."""


class _Message(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


class _Data(_Message):
    practice_id: PracticeId


class _Body(_Message):
    timestamp: Instant
    data: _Data


class _FeedData(_Data):
    last_changed_at: Instant | None = None
    clients: Count | None = None
    patients: Count | None = None


class _FeedBody(_Body):
    data: _FeedData


def read_event(body: bytes | str) -> Event | FeedEvent | UnknownEvent:
    """Reads an event whose signature was verified. Raises EventProblem if it is malformed."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise EventProblem("This event is not JSON: send an object with type, timestamp and data.") from None
    if not isinstance(content, dict):
        raise EventProblem("This event is not an object: send one with type, timestamp and data.")
    kind = _validated(Line, content.get("type"))
    if kind is None:
        raise EventProblem("This event has no type: give one, for example invitation.sent.")
    if kind not in FACTS and kind not in FEED_EVENT_TYPES:
        return _unknown(kind, content)
    try:
        if kind in FEED_EVENT_TYPES:
            return _read_feed_event(kind, content)
        fact = FACTS[kind]
        payload = DATAPOINT.fact(fact).payload
        event = _Body.model_validate(content)
        fields = {name: value for name, value in content["data"].items() if name in payload.model_fields}
        data = payload.model_validate(fields).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        raise EventProblem(f"This event of type {kind} is malformed: {error_sentence(error)}.") from None
    counts = {name: data.get(name) for name in ("clients", "patients")}
    records = Records(at=event.timestamp, **counts) if fact == COMPLETED else None
    return Event(kind, event.data.practice_id, fact, data, event.timestamp, records)


def _read_feed_event(kind: str, content: dict[str, Any]) -> FeedEvent:
    if kind == HEARTBEAT and isinstance(data := content.get("data"), dict):
        # A heartbeat has no payload: ignore whatever a partner adds to it.
        content = content | {"data": {"practice_id": data.get("practice_id")}}
    body = _FeedBody.model_validate(content)
    if kind == HEARTBEAT:
        return FeedEvent(kind, body.data.practice_id, Heartbeat(at=body.timestamp), body.timestamp)
    counts = {"clients": body.data.clients, "patients": body.data.patients}
    records = Records(at=body.timestamp, changed_at=body.data.last_changed_at, **counts)
    return FeedEvent(kind, body.data.practice_id, records, body.timestamp)


def write_event(what: str, practice: str, data: dict[str, Any], at: datetime) -> str:
    """The body of the event that reports a fact, or of a type without one, as `read_event` reads it."""
    body = {"type": TYPES.get(what, what), "timestamp": at, "data": {"practice_id": practice, **data}}
    return TypeAdapter(dict[str, Any]).dump_json(body).decode()


def _unknown(kind: str, content: dict[str, Any]) -> UnknownEvent:
    data = content.get("data")
    data = data if isinstance(data, dict) else {}
    practice = _validated(PracticeId, data.get("practice_id"))
    return UnknownEvent(kind, practice, data, _validated(Instant, content.get("timestamp")))


def _validated(of_type: Any, value: Any) -> Any:
    """The value as this type, or None if it is none."""
    try:
        return _adapter(of_type).validate_python(value)
    except ValidationError:
        return None


@cache
def _adapter(of_type: Any) -> TypeAdapter[Any]:
    # Creating one takes longer than everything else about an event.
    return TypeAdapter(of_type)


class Contact(_Message):
    """The person at the practice whom DataPoint is to contact."""

    name: Line
    email: Email
    phone: Line | None = None


class Practice(_Message):
    id: PracticeId
    name: Line


class QueueRequest(_Message):
    """A request for a place in DataPoint's queue. `callback` is a URL of its own for the practice's events."""

    practice: Practice
    primary_contact: Contact
    callback: HttpUrl | None = None


class Queued(_Message):
    """The answer. `queued_at` is when the practice first entered the queue."""

    practice_id: PracticeId
    queued_at: Instant


class DataPointError(Exception):
    """DataPoint did not accept a request; the message is a sentence. `permanent`: a retry would not help."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class DataPoint:
    """The client of DataPoint's integration request queue (DP1) at `url`.

    Safe to share between tasks; opens one connection per request.
    """

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._certificates = httpx2.create_ssl_context()

    async def request(self, request: QueueRequest) -> Queued:
        """Asks for a place in the queue. Idempotent; a different contact replaces the earlier one and is invited.

        Raises DataPointError.
        """
        body = to_jsonable_python(request, exclude_none=True)
        try:
            async with httpx2.AsyncClient(timeout=self._timeout, verify=self._certificates) as client:
                response = await client.post(f"{self._url}/requests", json=body)
        except httpx2.TimeoutException:
            raise DataPointError(f"DataPoint at {self._url} does not answer in time; we ask again.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            cause = str(error).rstrip(".") or type(error).__name__
            raise DataPointError(f"DataPoint at {self._url} cannot be reached: {cause}; we ask again.") from error
        if not response.is_success:
            raise self._refusal(response)
        try:
            return Queued.model_validate_json(response.content)
        except ValidationError as error:
            raise DataPointError(
                f"DataPoint's answer is not a receipt of its queue: {error_sentence(error)}."
            ) from None

    def _refusal(self, response: httpx2.Response) -> DataPointError:
        permanent = response.is_client_error and response.status_code not in TRY_LATER
        try:
            why = str(response.json()["detail"]).rstrip(".")[:300]
        except (ValueError, KeyError, TypeError):
            why = response.reason_phrase
        advice = "correct the practice or its contact" if permanent else "we ask again"
        return DataPointError(
            f"DataPoint at {self._url} did not take the request ({response.status_code}: {why}); {advice}.",
            permanent=permanent,
        )
