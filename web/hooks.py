"""Receives partners' events by the Standard Webhooks specification.

An event is verified and stored before it is answered; `desk.event_recorder` records it in its onboarding afterwards. A
repeated event has no second effect. Invalid events are stored too, for people: sending them again would not help.
"""

from __future__ import annotations

import logging
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from fastapi import APIRouter
from pydantic import SecretStr
from pydantic_core import from_json
from standardwebhooks.webhooks import Webhook, WebhookVerificationError
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from integrations.model import EventSource
from integrations.registry import SOURCES
from partners.events import EventProblem, UnknownEvent
from playbooks.engine.fields import PRACTICE_ID
from store.inbox.inbox import Arrival
from web.hooks_document import described
from web.problem import Problem
from web.services import Web

router = APIRouter()
log = logging.getLogger("web.hooks")

EVENT_ID = re.compile(r"[\x21-\x7e]{1,150}")
TOLERANCE_SECONDS = 300
LARGEST = 10**300
"""Larger numbers are stored as text, because PostgreSQL cannot hold them."""


def _taking(source: EventSource) -> Callable[[Request, Web], Awaitable[Response]]:
    async def take(request: Request, web: Web) -> Response:
        body = await request.body()
        identifier = verified(source.secrets(web.settings), request.headers, body, source.setting)
        new = await web.intake.store(web.database, arrival(source, identifier, body))
        return JSONResponse({"event": identifier, "outcome": "stored" if new else "already_known"}, 202 if new else 200)

    return take


def verified(secrets: Iterable[SecretStr], headers: Headers, body: bytes, setting: str) -> str:
    """The identifier of an event that was signed with one of the secrets, now. Raises `Problem`.

    `setting` is where the secrets come from, for the log if there is none.
    """
    webhooks = [Webhook(secret.get_secret_value()) for secret in secrets]
    if not webhooks:
        log.warning("an event came, but %s is not set", setting)
        why = "Events cannot be verified here yet; send it again later."
        raise Problem(503, "Not ready for events", why, code="not-ready", headers={"Retry-After": "300"})
    given = {name: headers.get(name, "") for name in ("webhook-id", "webhook-timestamp", "webhook-signature")}
    if missing := [name for name, value in given.items() if not value]:
        raise _unverified(f"It lacks {' and '.join(missing)}: sign it as the Standard Webhooks specification says.")
    if unit := _wrong_unit(given["webhook-timestamp"]):
        raise _malformed(f"Its webhook-timestamp is {unit}: write whole seconds since 1970.")
    if _is_untimely(given["webhook-timestamp"]):
        raise _unverified(
            "It was signed more than five minutes ago, or in the future: sign it each time it is sent,"
            " and check the clock."
        )
    if not any(_signed(webhook, given, body) for webhook in webhooks):
        try:
            body.decode()
        except UnicodeDecodeError:
            # The library takes no such body, so a right signature looks wrong.
            raise _malformed("Its body is not UTF-8: encode the JSON in UTF-8.") from None
        raise _unverified("The signature is not that of this identifier, time and body with a secret that we share.")
    identifier = given["webhook-id"]
    if not EVENT_ID.fullmatch(identifier):
        raise _malformed("Its webhook-id must be 1 to 150 printable ASCII characters without spaces.")
    return identifier


def _signed(webhook: Webhook, given: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, given, json_parse=False)
    except (WebhookVerificationError, ValueError, TypeError):
        # The latter two for what the library cannot even take apart.
        return False
    return True


def _wrong_unit(timestamp: str) -> str | None:
    """Returns how a present time is written if not in whole seconds; its signature may well be right."""
    if re.fullmatch(r"\d{13}", timestamp) and not _is_untimely(timestamp[:10]):
        return "in milliseconds"
    if re.fullmatch(r"\d{10}\.\d+", timestamp):
        return "a fraction"
    return "a date" if re.match(r"\d{4}-\d\d-\d\d", timestamp) else None


def _is_untimely(timestamp: str) -> bool:
    """Whether the library would refuse this time, which it tells apart from a wrong signature by its message alone."""
    try:
        return abs(time.time() - float(timestamp)) > TOLERANCE_SECONDS
    except ValueError:
        return False


def arrival(source: EventSource, identifier: str, body: bytes) -> Arrival:
    """Returns the event to store. Raises `Problem` if it is no event at all."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        raise _malformed("It is not JSON: send an object with type, timestamp and data.") from None
    kind = content.get("type") if isinstance(content, dict) else None
    if not isinstance(kind, str) or not 1 <= len(kind.strip()) <= 200 or not kind.isprintable():
        raise _malformed(f"It must be an object with a type, for example {source.example['type']}.")
    stored: dict[str, Any] = {"source": source.name, "event": identifier, "type": kind.strip()}
    stored |= {"payload": storable(content), "onboarding": _onboarding(source, content)}
    try:
        event = source.read(body)
    except EventProblem as problem:
        return Arrival(**stored, state="refused", error=str(problem))
    if isinstance(event, UnknownEvent):
        why = f"Events of type {event.type} are not known."
        return Arrival(**stored, occurred_at=event.at, state="kept", error=why)
    return Arrival(**stored, occurred_at=event.at)


def storable(value: Any) -> Any:
    """Returns the value as PostgreSQL can store it in JSON: without U+0000 and too large numbers."""
    match value:
        case str():
            return value.replace("\0", "")
        case float() if not math.isfinite(value) or abs(value) > LARGEST:
            return str(value)
        case int() if abs(value) > LARGEST:
            return str(value)
        case dict():
            return {name.replace("\0", ""): storable(each) for name, each in value.items()}
        case list():
            return [storable(each) for each in value]
    return value


def _onboarding(source: EventSource, content: dict[str, Any]) -> str | None:
    data = content.get("data")
    practice = data.get("practice_id") if isinstance(data, dict) else None
    known = isinstance(practice, str) and PRACTICE_ID.fullmatch(practice.strip())
    return f"{source.playbook}/{str(practice).strip()}" if known else None


def _unverified(detail: str) -> Problem:
    return Problem(401, "The event cannot be verified", detail, code="signature", headers=CHALLENGE)


def _malformed(detail: str) -> Problem:
    return Problem(400, "This is not an event", detail, code="event")


CHALLENGE = {"WWW-Authenticate": "Webhook-Signature"}

for each in SOURCES.values():
    router.add_api_route(f"/hooks/{each.name}", _taking(each), methods=["POST"], **described(each))
