"""The envelope of ezyVet's answers, and what it says in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import from_json

LONGEST_TEXT = 300


@dataclass(frozen=True)
class Raw:
    """An answer as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    secrets: Iterable[str] = field(default=(), repr=False)
    """What must not be repeated of its text."""


def content_of(body: bytes) -> dict[str, Any] | None:
    """Returns the envelope; None if the body is no JSON object."""
    try:
        content = from_json(body, allow_inf_nan=False)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def list_of(content: dict[str, Any] | None, name: str) -> list[Any]:
    """Returns a list of the envelope; empty if there is none."""
    found = content.get(name) if content else None
    return found if isinstance(found, list) else []


def meta_of(content: dict[str, Any] | None) -> dict[str, Any]:
    found = content.get("meta") if content else None
    return found if isinstance(found, dict) else {}


def transaction_of(content: dict[str, Any] | None) -> str | None:
    """Returns what to quote to ezyVet's support."""
    found = meta_of(content).get("transaction_id")
    return str(found)[:100] if found else None


def error_text(raw: Raw) -> str:
    """What ezyVet says of an error, shortened, and without our secrets."""
    content = content_of(raw.body)
    errors = [each for each in list_of(content, "messages") if isinstance(each, dict)]
    return said(raw, content, errors)


def said(raw: Raw, content: dict[str, Any] | None, errors: Iterable[Any]) -> str:
    """The texts of these errors; else what other ezyVet endpoints call the reason."""
    texts = [str(each.get("text", "")) for each in errors if isinstance(each, dict)]
    if not any(texts) and content:
        texts = [str(content[name]) for name in ("detail", "message", "title", "error", "id") if content.get(name)][:1]
    return clean("; ".join(filter(None, texts)), raw.secrets).rstrip(".")


def clean(text: str, secrets: Iterable[str]) -> str:
    """The text in one short line of printable characters, without these secrets."""
    for secret in secrets:
        text = text.replace(secret, "…")
    line = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return line if len(line) <= LONGEST_TEXT else line[:LONGEST_TEXT] + "…"
