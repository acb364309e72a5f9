"""DataPoint as the product meets it: the events that it sends, and the client that asks for a place in its queue.

An event is a signed POST (Standard Webhooks) with the body `{"type", "timestamp", "data": {"practice_id", ...}}`.
`timestamp` is when it happened; besides `practice_id`, `data` has the payload of the fact, its fields all as in the
playbook (a `?` marks what may be missing). Fields that are not listed are ignored: a partner may add some.

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

Those of a practice that is connected already, which are no facts of its onboarding, are in `partners.datapoint_feed`.
"""  # noqa: E501 - a table has no line breaks

from __future__ import annotations

from datetime import datetime
from functools import cache
from typing import Any

import httpx2
from pydantic import BaseModel, ConfigDict, HttpUrl, TypeAdapter, ValidationError
from pydantic_core import from_json, to_jsonable_python

from partners.datapoint_feed import SIGNS, read_sign
from partners.events import Event, EventProblem, SignOfLife, UnknownEvent
from playbooks.datapoint import DATAPOINT
from playbooks.engine.fields import Email, Instant, Line, PracticeId
from playbooks.engine.validation import error_sentence
from playbooks.feed_watch.values import Records

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
COMPLETED = "import_completed"
"""The onboarding is complete with the first data; the end of the first import is news of the feed."""
TYPES = {fact: kind for kind, fact in FACTS.items()}
TIMEOUT = 10.0
"""Seconds for DataPoint's answer."""
TRY_LATER = frozenset({401, 403, 404, 408, 425, 429})
"""Refusals that are about us or the moment, and not about what was asked."""


class _Wire(BaseModel):
    model_config = ConfigDict(frozen=True, str_strip_whitespace=True)


class _About(_Wire):
    practice_id: PracticeId


class _Known(_Wire):
    timestamp: Instant
    data: _About


def read_event(body: bytes | str) -> Event | SignOfLife | UnknownEvent:
    """What an event says. Raises `EventProblem` if it is malformed; its signature was checked before."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise EventProblem("This event is no JSON: send an object with type, timestamp and data.") from None
    if not isinstance(content, dict):
        raise EventProblem("This event is no object: send one with type, timestamp and data.")
    kind = _read(Line, content.get("type"))
    if kind is None:
        raise EventProblem("This event has no type: name one, such as invitation.sent.")
    if kind not in FACTS and kind not in SIGNS:
        return _unknown(kind, content)
    try:
        if kind in SIGNS:
            return read_sign(kind, content)
        fact = FACTS[kind]
        payload = DATAPOINT.fact(fact).payload
        known = _Known.model_validate(content)
        given = {name: value for name, value in content["data"].items() if name in payload.model_fields}
        data = payload.model_validate(given).model_dump(mode="json", exclude_none=True)
    except ValidationError as error:
        raise EventProblem(f"This event of type {kind} is malformed: {error_sentence(error)}.") from None
    counts = {name: data.get(name) for name in ("clients", "patients")}
    records = Records(at=known.timestamp, **counts) if fact == COMPLETED else None
    return Event(kind, known.data.practice_id, fact, data, known.timestamp, records)


def write_event(fact: str, practice: str, data: dict[str, Any], at: datetime) -> str:
    """The body of the event that reports a fact, as `read_event` reads it."""
    body = {"type": TYPES[fact], "timestamp": at, "data": {"practice_id": practice, **data}}
    return TypeAdapter(dict[str, Any]).dump_json(body).decode()


def _unknown(kind: str, content: dict[str, Any]) -> UnknownEvent:
    data = content.get("data")
    data = data if isinstance(data, dict) else {}
    practice = _read(PracticeId, data.get("practice_id"))
    return UnknownEvent(kind, practice, data, _read(Instant, content.get("timestamp")))


def _read(kind: Any, value: Any) -> Any:
    try:
        return _adapter(kind).validate_python(value)
    except ValidationError:
        return None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    # Making one takes longer than all else that is done about an event.
    return TypeAdapter(kind)


class Contact(_Wire):
    """Who DataPoint is to write to at the practice."""

    name: Line
    email: Email
    phone: Line | None = None


class Practice(_Wire):
    id: PracticeId
    name: Line


class QueueRequest(_Wire):
    """What DataPoint needs to know to put a practice into its queue. `callback` takes its events, if not the usual."""

    practice: Practice
    primary_contact: Contact
    callback: HttpUrl | None = None


class Queued(_Wire):
    """The receipt: `queued_at` is when the practice entered the queue, also if that was long ago."""

    practice_id: PracticeId
    queued_at: Instant


class DataPointError(Exception):
    """A request that DataPoint did not take; the message is a sentence. `permanent`: repeating it changes nothing."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class DataPoint:
    """DataPoint's integration request queue (DP1), at `url`. Safe to share between tasks; one connection a request."""

    def __init__(self, url: str, timeout: float = TIMEOUT) -> None:
        self._url = url.rstrip("/")
        self._timeout = timeout
        self._certificates = httpx2.create_ssl_context()

    async def request(self, wanted: QueueRequest) -> Queued:
        """Asks for a place in the queue; a practice has one, however often it is asked for. Raises `DataPointError`.

        Another contact than before replaces the earlier one, and is invited.
        """
        body = to_jsonable_python(wanted, exclude_none=True)
        try:
            async with httpx2.AsyncClient(timeout=self._timeout, verify=self._certificates) as client:
                answer = await client.post(f"{self._url}/requests", json=body)
        except httpx2.TimeoutException:
            raise DataPointError(f"DataPoint at {self._url} does not answer in time; it is asked again.") from None
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            cause = str(error).rstrip(".") or type(error).__name__
            raise DataPointError(f"DataPoint at {self._url} cannot be reached: {cause}; it is asked again.") from error
        if not answer.is_success:
            raise self._refused(answer)
        try:
            return Queued.model_validate_json(answer.content)
        except ValidationError as error:
            raise DataPointError(f"DataPoint's answer is no receipt of its queue: {error_sentence(error)}.") from None

    def _refused(self, answer: httpx2.Response) -> DataPointError:
        permanent = answer.is_client_error and answer.status_code not in TRY_LATER
        try:
            why = str(answer.json()["detail"]).rstrip(".")[:300]
        except (ValueError, KeyError, TypeError):
            why = answer.reason_phrase
        advice = "correct the practice or its contact" if permanent else "it is asked again"
        return DataPointError(
            f"DataPoint at {self._url} did not take the request ({answer.status_code}: {why}); {advice}.",
            permanent=permanent,
        )
