"""A feed, read row by row and in the same order every time: clients and patients, and what was set aside.

The order matters: whoever was interrupted reads again from the start and passes over what it has.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from pharmacy.feeds import columns, objects, rows, table
from pharmacy.feeds.columns import Kind
from pharmacy.feeds.container import Member, members
from pharmacy.feeds.encoding import Writing, writing
from pharmacy.feeds.problem import FeedProblem
from pharmacy.feeds.rows import RAW, Row, SetAside
from pharmacy.feeds.table import Broken
from pharmacy.feeds.values import Wrong

Scope = Literal["full", "changes"]
MANIFEST = "manifest.json"
OBJECTS = (".ndjson", ".jsonl")
_KINDS: dict[str, Kind] = {"client": "client", "clients": "client", "patient": "patient", "patients": "patient"}
_MAKE = {"client": rows.client, "patient": rows.patient}


@dataclass(frozen=True)
class Source:
    """One file of the feed and how it is written; `kind` is None if each row says which it is."""

    member: Member
    writing: Writing
    kind: Kind | None
    is_table: bool


@dataclass
class Feed:
    """An opened feed. `made_at` is None if it does not say; `notes` are what its senders should know."""

    sources: list[Source]
    made_at: datetime | None = None
    scope: Scope = "full"
    practice: str | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def rows_total(self) -> int:
        """About how many rows there are, for telling how far the reading is."""
        return sum(max(0, source.writing.lines - source.is_table) for source in self.sources)

    def rows(self, today: date) -> Iterator[Row | SetAside]:
        """Every row in order; of one with values left out, those come before it.

        `today` is the day the feed was made. Raises `FeedProblem` if it turns out that the feed cannot be read on.
        """
        seen: dict[Kind, set[int]] = {"client": set(), "patient": set()}
        for source in self.sources:
            for found in _cells(source):
                if isinstance(found, Broken):
                    yield SetAside(source.kind or "row", found.line, "", None, found.reason, found.raw[:RAW])
                else:
                    yield from _taken(*found, today, seen)


def open_feed(path: Path, name: str) -> Feed:
    """Opens the feed that lies at `path` under the name it came with. Reads it once to see how it is written.

    Raises `FeedProblem` with one sentence if it is not a feed, or not one that can be read.
    """
    found = [each for each in members(path, name) if not each.title.startswith(("readme", "."))]
    feed = Feed([])
    for member in found:
        if member.title == MANIFEST:
            _read_manifest(member, feed)
            continue
        source = _source(member, writing(member), alone=sum(each.title != MANIFEST for each in found) == 1)
        if source.writing.encoding == "cp1252":
            feed.notes.append(f"{member.title} is not UTF-8 and was read as Windows-1252.")
        feed.sources.append(source)
    if not feed.sources:
        raise FeedProblem(f"{name} holds no feed: send clients.csv and patients.csv, or NDJSON.")
    twice = [each.kind for each in feed.sources if each.kind]
    if len(twice) > len(set(twice)):
        raise FeedProblem(
            f"{name} holds two files of {twice[0]}s: {', '.join(each.title for each in found)}; send one."
        )
    feed.sources.sort(key=lambda each: each.kind != "client")
    for source in feed.sources:
        _check(source, feed)
    return feed


def _source(member: Member, written: Writing, alone: bool) -> Source:
    title = member.title
    is_table = not title.endswith(OBJECTS)
    if is_table and not title.endswith((".csv", ".txt", ".tsv")):
        with _text(member, written) as text:
            is_table = not text.read(100).lstrip().startswith("{")
    kind = next((kind for start, kind in _KINDS.items() if title.startswith(start)), None)
    if kind is None and not (alone or not is_table):
        raise FeedProblem(f"{title} is not known: a feed holds clients.csv, patients.csv and manifest.json.")
    return Source(member, written, kind, is_table)


def _check(source: Source, feed: Feed) -> None:
    """Looks at a table's first line, or at the first object, which may speak of the feed as a whole."""
    with _text(source.member, source.writing) as text:
        if not source.is_table:
            first = next(objects.objects(text), None)
            if isinstance(first, tuple) and first[1].get("kind") == "feed":
                _manifest(first[1], feed, source.member.title)
            return
        names, _, _ = table.header(text, source.member.title)
    kind = _kind_of(source, names)
    if kind is not None:
        feed.notes += columns.check(kind, names, source.member.title)


def _kind_of(source: Source, names: list[str]) -> Kind | None:
    plain = [columns.canonical(name) for name in names]
    if source.kind is not None or "kind" in plain:
        return source.kind
    pets = {"patient_id", "species"} & set(plain) or {"id", "client_id"} <= set(plain)
    return "patient" if pets else "client"


def _cells(source: Source) -> Iterator[tuple[Kind | str, int, dict[str, str], str] | Broken]:
    """Every row as the kind it is, its line, its cells by our names for the columns, and its raw text."""
    with _text(source.member, source.writing) as text:
        if source.is_table:
            names, lines, delimiter = table.header(text, source.member.title)
            kind = _kind_of(source, names)
            known = [columns.canonical(name, kind) for name in names]
            for found in table.rows(lines, delimiter, len(names)):
                if isinstance(found, Broken):
                    yield found
                else:
                    cells = dict(zip(known, found[1], strict=True))
                    yield kind or cells["kind"], found[0], cells, found[2]
            return
        for each in objects.objects(text):
            if isinstance(each, Broken):
                yield each
                continue
            kind_said = source.kind or each[1].get("kind", "")
            if kind_said == "feed":
                continue
            said = _KINDS.get(kind_said.strip().lower())
            yield kind_said, each[0], {columns.canonical(name, said): value for name, value in each[1].items()}, each[2]


def _taken(
    said: str, line: int, cells: dict[str, str], raw: str, today: date, seen: dict[Kind, set[int]]
) -> Iterator[Row | SetAside]:
    kind = _KINDS.get(said.strip().lower())
    if kind is None:
        yield SetAside("row", line, "", None, "The row says neither client nor patient as its kind.", raw[:RAW])
        return
    if "id" not in cells:
        cells["id"] = cells.get(f"{kind}_id", "")
    cells.setdefault("client_id", "")
    wrong: list[tuple[str, str, str]] = []
    try:
        row = _MAKE[kind](cells, line, today, lambda *told: wrong.append(told))
    except Wrong as problem:
        yield SetAside(kind, line, "", cells["id"].strip()[:64] or None, f"The row {problem}.", raw[:RAW])
        return
    # Kept as numbers: the ids themselves would take three times the room.
    if (mark := hash(row.id)) in seen[kind]:
        reason = "The same id stands in an earlier row, which was taken."
        yield SetAside(kind, line, "", row.id, reason, raw[:RAW])
        return
    seen[kind].add(mark)
    for name, reason, given in wrong:
        yield SetAside(kind, line, name, row.id, reason, given)
    yield row


def _text(member: Member, written: Writing) -> _Opened:
    return _Opened(member, written)


class _Opened:
    """A file's text, for as long as it is read. What is no letter in its encoding becomes the sign for that."""

    def __init__(self, member: Member, written: Writing) -> None:
        self._context = member.opened()
        self._encoding = written.encoding

    def __enter__(self) -> io.TextIOWrapper:
        stream = self._context.__enter__()
        self._text = io.TextIOWrapper(stream, self._encoding, errors="replace", newline="")
        return self._text

    def __exit__(self, *error: Any) -> None:
        self._text.detach()
        self._context.__exit__(*error)


def _read_manifest(member: Member, feed: Feed) -> None:
    with member.opened() as stream:
        try:
            content = json.loads(stream.read(1_000_000).decode("utf-8-sig"))
        except (ValueError, RecursionError):
            raise FeedProblem(f"{MANIFEST} is not JSON; see docs/feeds.md for what stands in it.") from None
    if not isinstance(content, dict):
        raise FeedProblem(f"{MANIFEST} is not a JSON object; see docs/feeds.md for what stands in it.")
    _manifest({name: objects.told(value) for name, value in content.items()}, feed, MANIFEST)


def _manifest(content: dict[str, Any], feed: Feed, where: str) -> None:
    if made_at := content.get("made_at"):
        feed.made_at = made_at_time(made_at, where)
    if scope := content.get("scope"):
        if scope not in ("full", "changes"):
            raise FeedProblem(f"The scope in {where} is '{scope[:40]}'; it must be full or changes.")
        feed.scope = scope
    if practice := content.get("practice"):
        feed.practice = practice


def made_at_time(text: str, where: str) -> datetime:
    """When a feed was made, as it says. Raises `FeedProblem`."""
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            raise FeedProblem(f"made_at in {where} has no time zone; write it as 2026-05-31T18:00:00Z.")
        return when.astimezone(UTC)
    except (ValueError, OverflowError):
        raise FeedProblem(f"made_at in {where} is no time; write it as 2026-05-31T18:00:00Z.") from None
