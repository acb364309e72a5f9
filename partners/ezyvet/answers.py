"""ezyVet's successful answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from partners.ezyvet.envelope import Raw, content_of, list_of, meta_of, transaction_of
from partners.ezyvet.refusals import no_answer, refusal
from partners.ezyvet.requests import Request


@dataclass(frozen=True)
class Answer:
    """A successful answer: its records without their wrapping, and which page of how many this is."""

    items: tuple[dict[str, Any], ...] = ()
    messages: tuple[dict[str, Any], ...] = ()
    pages: int = 1
    transaction: str | None = None


def read_answer(request: Request, raw: Raw) -> Answer:
    """Returns what a successful answer holds. Raises `EzyvetError`, also for HTTP 200 that carries an error."""
    content = content_of(raw.body)
    messages = tuple(each for each in list_of(content, "messages") if isinstance(each, dict))
    errors = [each for each in messages if str(each.get("level", "")).lower() == "error"]
    if not 200 <= raw.status < 300 or errors:
        raise refusal(request, raw, content, errors)
    if content is None:
        if request.write and not raw.body.strip():
            return Answer()
        raise no_answer(request, "it is not a JSON object")
    if not isinstance(content.get("items"), list) and not request.write:
        raise no_answer(request, "it has no list of items")
    rows = tuple(_unwrapped(each) for each in list_of(content, "items") if isinstance(each, dict))
    if len(rows) < len(list_of(content, "items")):
        raise no_answer(request, "its items are not objects")
    return Answer(rows, messages, _pages(meta_of(content)), transaction_of(content))


def _unwrapped(item: dict[str, Any]) -> dict[str, Any]:
    inner = next(iter(item.values()), None)
    return inner if len(item) == 1 and isinstance(inner, dict) else item


def _pages(meta: dict[str, Any]) -> int:
    total = str(meta.get("items_page_total", ""))
    return int(total) if total.isdecimal() else 1
