"""The error that each refusal of ezyVet is."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from typing import Any

from partners.ezyvet.envelope import Raw, clean, list_of, said, transaction_of
from partners.ezyvet.errors import (
    AccessRevoked,
    EzyvetError,
    Garbage,
    Invalid,
    NotFound,
    RateLimited,
    SiteGone,
    TokenRefused,
    Unavailable,
    Uncertain,
)
from partners.ezyvet.requests import Request
from playbooks.plural import count_of

DEFAULT_SECONDS, MOST_SECONDS = 60, 3600
"""Seconds to wait after a 429 that names none, and at most."""
GATEWAY_TIMEOUTS = (504, 524)
"""What is before ezyVet has waited long enough; ezyVet may still be at it."""
_EPOCH = 1_000_000_000
"""A reset time from here on is a time, not a number of seconds."""
_GONE = re.compile(r"\bno (\w+ )*prescription\b|\bprescription\b.*\b(not found|not exist)\b", re.IGNORECASE)


def refusal(request: Request, raw: Raw, content: dict[str, Any] | None, errors: list[dict[str, Any]]) -> EzyvetError:
    """The error for an answer that is none of success."""
    text = said(raw, content, errors or list_of(content, "messages"))
    transaction = transaction_of(content)
    # Before 44.4 every error is HTTP 200: only its text tells what it is.
    status = raw.status if raw.status >= 300 else _status_of(request, text)
    quoted = f"{raw.status}: {text}" if text else str(raw.status)
    if status == 429:
        seconds = wait_seconds(raw, text)
        return RateLimited(
            f"ezyVet takes no more calls to {request.name} for {count_of(seconds, 'second')}.",
            seconds,
            transaction=transaction,
        )
    if status == 401:
        return TokenRefused(
            f"ezyVet does not give us access ({quoted}); ask the practice to give us access again.",
            transaction=transaction,
        )
    if status == 403:
        return AccessRevoked(
            f"ezyVet does not allow us {request.name} ({quoted}); ask the practice to give our partner access again,"
            " with all its scopes.",
            transaction=transaction,
        )
    if status == 404 and request.record:
        return NotFound(f"ezyVet no longer has such a record ({quoted}).", transaction=transaction)
    if status == 404:
        return SiteGone(
            f"ezyVet no longer has such a site ({quoted}); if it was a trial, it has expired.", transaction=transaction
        )
    if 400 <= status < 500 and status not in (408, 425):
        fields = {name: text for each in errors for name, text in _fields(each, raw.secrets)}
        return Invalid(
            f"ezyVet refuses this ({quoted}); correct it, then send it again.", fields=fields, transaction=transaction
        )
    if request.write:
        return Uncertain(
            f"ezyVet failed ({quoted}), so we check whether it was done.",
            timed_out=status in GATEWAY_TIMEOUTS,
            transaction=transaction,
        )
    if 300 <= status < 400:
        return Garbage(
            f"ezyVet redirects us ({quoted}), which we do not follow; correct ONBOARD_EZYVET_URL.",
            transaction=transaction,
        )
    return Unavailable(f"ezyVet fails to answer {request.name} ({quoted}); we ask again.", transaction=transaction)


def no_answer(request: Request, why: str) -> EzyvetError:
    """The error for an answer that makes no sense."""
    if request.write:
        return Uncertain(f"ezyVet's answer makes no sense ({why}), so we check whether it was done.")
    return Garbage(f"ezyVet's answer to {request.name} makes no sense ({why}); try again later, or ask its support.")


def wait_seconds(raw: Raw, text: str) -> int:
    """How long a 429 asks to wait: the most that its text and its headers say."""
    named = [int(number) for number in re.findall(r"(\d{1,9})\s*seconds?\b", text)]
    for name in ("x-ratelimit-reset", "retry-after"):
        if (value := raw.headers.get(name, "").strip()).isdecimal():
            number = int(value)
            named.append(number if number < _EPOCH else number - int(time.time()))
    return min(max(1, *named), MOST_SECONDS) if named else DEFAULT_SECONDS


def _status_of(request: Request, text: str) -> int:
    if re.search(r"too many requests", text, re.IGNORECASE):
        return 429
    return 404 if request.record and _GONE.search(text) else 422


def _fields(message: dict[str, Any], secrets: Iterable[str]) -> list[tuple[str, str]]:
    fields = message.get("fields")
    return [(str(name), clean(str(text), secrets)) for name, text in fields.items()] if isinstance(fields, dict) else []
