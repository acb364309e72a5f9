"""Reads what a feed says about itself: when it was made, what it covers, and whose it is."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from pharmacy.feeds import ndjson
from pharmacy.feeds.container import Member
from pharmacy.feeds.errors import InvalidFeed

Scope = Literal["full", "changes"]
MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Manifest:
    """What is None is not stated."""

    made_at: datetime | None
    scope: Scope | None
    practice: str | None


def read_manifest(member: Member) -> Manifest:
    """Reads a feed's `manifest.json`. Raises `InvalidFeed`."""
    with member.open() as stream:
        try:
            content = json.loads(stream.read(1_000_000).decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise InvalidFeed(f"{MANIFEST} is not JSON; see docs/feeds.md for its contents.") from None
    if not isinstance(content, dict):
        raise InvalidFeed(f"{MANIFEST} is not a JSON object; see docs/feeds.md for its contents.")
    return parse_manifest({name: ndjson.as_cell(value) for name, value in content.items()}, MANIFEST)


def parse_manifest(content: dict[str, str], where: str) -> Manifest:
    """Returns what `content` states; `where` it stands is for the sentence. Raises `InvalidFeed`."""
    made_at, scope = content.get("made_at"), content.get("scope")
    if scope and scope not in ("full", "changes"):
        raise InvalidFeed(f"The scope in {where} is '{scope[:40]}'; it must be full or changes.")
    stated: Scope | None = "changes" if scope == "changes" else "full" if scope else None
    return Manifest(_parse_time(made_at, where) if made_at else None, stated, content.get("practice") or None)


def _parse_time(text: str, where: str) -> datetime:
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise InvalidFeed(f"made_at in {where} has no time zone; write it as 2026-05-31T18:00:00Z.")
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFeed(f"made_at in {where} is not a time; write it as 2026-05-31T18:00:00Z.") from None
