"""Reads a feed row by row: clients and patients, and what is rejected.

The order is the same every time, so that an interrupted import can start again and skip the rows it has.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pharmacy.feeds import csv_table, ndjson
from pharmacy.feeds.columns import Kind, canonical, check_columns
from pharmacy.feeds.container import Member, list_members
from pharmacy.feeds.csv_table import BrokenRow
from pharmacy.feeds.encoding import TextFormat, detect_format
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.rows import MAX_RAW_LENGTH, Rejection, Row, parse_client, parse_patient
from pharmacy.feeds.values import InvalidValue

Scope = Literal["full", "changes"]
MANIFEST = "manifest.json"
NDJSON_SUFFIXES = (".ndjson", ".jsonl")
_KINDS: dict[str, Kind] = {"client": "client", "clients": "client", "patient": "patient", "patients": "patient"}
_PARSERS = {"client": parse_client, "patient": parse_patient}


@dataclass(frozen=True)
class Source:
    """One file of the feed; `kind` is None if each row states its own."""

    member: Member
    format: TextFormat
    kind: Kind | None
    is_csv: bool

    def open(self) -> AbstractContextManager[io.TextIOWrapper]:
        """Opens the text. Bytes that are no character of its encoding become U+FFFD."""
        return _open_text(self.member, self.format)


@dataclass
class Feed:
    """An opened feed. `made_at` is None if it is not stated; `notes` are sentences for the sender."""

    sources: list[Source]
    made_at: datetime | None = None
    scope: Scope = "full"
    practice: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def estimated_rows(self) -> int:
        """Returns about how many rows there are, for progress reports."""
        return sum(max(0, source.format.lines - source.is_csv) for source in self.sources)

    def rows(self, today: date) -> Iterator[Row | Rejection]:
        """Yields every row in order; the rejected values of a row come before it.

        `today` is the day the feed was made. Raises `InvalidFeed` if the rest of the feed turns out to be unreadable.
        """
        ids: dict[Kind, set[int]] = {"client": set(), "patient": set()}
        for source in self.sources:
            for row in _read_cells(source):
                if isinstance(row, BrokenRow):
                    yield Rejection(source.kind or "row", row.line, "", None, row.reason, row.raw[:MAX_RAW_LENGTH])
                else:
                    yield from _parse_row(*row, today, ids)


def open_feed(path: Path, name: str) -> Feed:
    """Opens the feed at `path`, which arrived as `name`. Reads it once to detect its encoding.

    Raises `InvalidFeed` if it is no feed, or cannot be read.
    """
    members = [member for member in list_members(path, name) if not member.title.startswith(("readme", "."))]
    alone = sum(member.title != MANIFEST for member in members) == 1
    feed = Feed([])
    for member in members:
        if member.title == MANIFEST:
            _read_manifest(member, feed)
            continue
        source = _source(member, detect_format(member), alone)
        if source.format.encoding == "cp1252":
            feed.notes.append(f"{member.title} is not UTF-8 and was read as Windows-1252.")
        feed.sources.append(source)
    if not feed.sources:
        raise InvalidFeed(f"{name} holds no feed: send clients.csv and patients.csv, or NDJSON.")
    kinds = [source.kind for source in feed.sources if source.kind]
    if len(kinds) > len(set(kinds)):
        raise InvalidFeed(
            f"{name} holds two files of {kinds[0]}s: {', '.join(member.title for member in members)}; send one."
        )
    feed.sources.sort(key=lambda source: source.kind != "client")
    for source in feed.sources:
        _check(source, feed)
    return feed


def _source(member: Member, format: TextFormat, alone: bool) -> Source:
    title = member.title
    is_csv = not title.endswith(NDJSON_SUFFIXES)
    if is_csv and not title.endswith((".csv", ".txt", ".tsv")):
        with _open_text(member, format) as text:
            is_csv = not text.read(100).lstrip().startswith("{")
    kind = next((kind for start, kind in _KINDS.items() if title.startswith(start)), None)
    if kind is None and is_csv and not alone:
        raise InvalidFeed(f"{title} is not known: a feed holds clients.csv, patients.csv and manifest.json.")
    return Source(member, format, kind, is_csv)


def _check(source: Source, feed: Feed) -> None:
    """Checks a table's header, or reads the first object, which may be the manifest."""
    with source.open() as text:
        if not source.is_csv:
            first = next(ndjson.read_objects(text), None)
            if isinstance(first, tuple) and first[1].get("kind") == "feed":
                _apply_manifest(first[1], feed, source.member.title)
            return
        header, _, _ = csv_table.read_header(text, source.member.title)
    kind = _kind_of(source, header)
    if kind is not None:
        feed.notes += check_columns(kind, header, source.member.title)


def _kind_of(source: Source, header: list[str]) -> Kind | None:
    columns = {canonical(name) for name in header}
    if source.kind is not None or "kind" in columns:
        return source.kind
    has_patients = {"patient_id", "species"} & columns or {"id", "client_id"} <= columns
    return "patient" if has_patients else "client"


def _read_cells(source: Source) -> Iterator[tuple[str, int, dict[str, str], str] | BrokenRow]:
    """Yields for each row its stated kind, its line number, its cells by our column names, and its raw text."""
    with source.open() as text:
        if source.is_csv:
            header, lines, delimiter = csv_table.read_header(text, source.member.title)
            kind = _kind_of(source, header)
            columns = [canonical(name, kind) for name in header]
            for row in csv_table.read_rows(lines, delimiter, len(header)):
                if isinstance(row, BrokenRow):
                    yield row
                else:
                    line, values, raw = row
                    cells = dict(zip(columns, values, strict=True))
                    yield kind or cells["kind"], line, cells, raw
            return
        for row_or_object in ndjson.read_objects(text):
            if isinstance(row_or_object, BrokenRow):
                yield row_or_object
                continue
            line, fields, raw = row_or_object
            stated = source.kind or fields.get("kind", "")
            if stated != "feed":
                kind = _KINDS.get(stated.strip().lower())
                yield stated, line, {canonical(name, kind): value for name, value in fields.items()}, raw


def _parse_row(
    stated: str, line: int, cells: dict[str, str], raw: str, today: date, ids: dict[Kind, set[int]]
) -> Iterator[Row | Rejection]:
    kind = _KINDS.get(stated.strip().lower())
    if kind is None:
        yield Rejection(
            "row", line, "", None, "The row says neither client nor patient as its kind.", raw[:MAX_RAW_LENGTH]
        )
        return
    if "id" not in cells:
        cells["id"] = cells.get(f"{kind}_id", "")
    cells.setdefault("client_id", "")
    rejected: list[tuple[str, str, str]] = []
    try:
        row = _PARSERS[kind](cells, line, today, lambda *value: rejected.append(value))
    except InvalidValue as error:
        yield Rejection(kind, line, "", cells["id"].strip()[:64] or None, f"The row {error}.", raw[:MAX_RAW_LENGTH])
        return
    # Hashes, because the ids themselves would take three times the memory.
    if (key := hash(row.id)) in ids[kind]:
        reason = "The same id stands in an earlier row, which was taken."
        yield Rejection(kind, line, "", row.id, reason, raw[:MAX_RAW_LENGTH])
        return
    ids[kind].add(key)
    for name, reason, value in rejected:
        yield Rejection(kind, line, name, row.id, reason, value)
    yield row


@contextmanager
def _open_text(member: Member, format: TextFormat) -> Iterator[io.TextIOWrapper]:
    with member.open() as stream:
        text = io.TextIOWrapper(stream, format.encoding, errors="replace", newline="")
        try:
            yield text
        finally:
            text.detach()


def _read_manifest(member: Member, feed: Feed) -> None:
    with member.open() as stream:
        try:
            content = json.loads(stream.read(1_000_000).decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise InvalidFeed(f"{MANIFEST} is not JSON; see docs/feeds.md for what stands in it.") from None
    if not isinstance(content, dict):
        raise InvalidFeed(f"{MANIFEST} is not a JSON object; see docs/feeds.md for what stands in it.")
    _apply_manifest({name: ndjson.as_cell(value) for name, value in content.items()}, feed, MANIFEST)


def _apply_manifest(content: dict[str, Any], feed: Feed, where: str) -> None:
    if made_at := content.get("made_at"):
        feed.made_at = parse_made_at(made_at, where)
    if scope := content.get("scope"):
        if scope not in ("full", "changes"):
            raise InvalidFeed(f"The scope in {where} is '{scope[:40]}'; it must be full or changes.")
        feed.scope = scope
    if practice := content.get("practice"):
        feed.practice = practice


def parse_made_at(text: str, where: str) -> datetime:
    """Returns when a feed was made, in UTC. Raises `InvalidFeed`."""
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise InvalidFeed(f"made_at in {where} has no time zone; write it as 2026-05-31T18:00:00Z.")
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidFeed(f"made_at in {where} is no time; write it as 2026-05-31T18:00:00Z.") from None
