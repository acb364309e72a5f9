"""Reads a feed row by row: clients and patients, what is rejected, and what a person must be asked.

The order is the same every time, so that an interrupted import can start again and skip the rows it has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from io import StringIO
from pathlib import Path

from pharmacy.feeds.columns import Kind, is_header, passed_over_note
from pharmacy.feeds.container import Member, list_members
from pharmacy.feeds.csv_table import BrokenRow, read_header
from pharmacy.feeds.encoding import encoding_by_start
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.file_kinds import START_BYTES, refuse_no_text, refuse_other_kinds
from pharmacy.feeds.findings import Findings
from pharmacy.feeds.id_damage import IdDamage
from pharmacy.feeds.manifest import MANIFEST, Manifest, Scope, read_manifest
from pharmacy.feeds.rows import MAX_RAW_LENGTH, Context, Rejection, Row, clean_cells, parse_client, parse_patient
from pharmacy.feeds.source import KINDS, Cells, Source, open_source
from pharmacy.feeds.spreadsheets import BLANK_WORDS
from pharmacy.feeds.styles import Styles
from pharmacy.feeds.values import InvalidValue, is_plain

_LOOK_BYTES = 1 << 16
_OBJECT = re.compile(r'^[ \t]*\{\s*"', re.MULTILINE)
"""A line that begins an object."""
_PARSERS = {"client": parse_client, "patient": parse_patient}


@dataclass
class Feed:
    """An opened feed. `made_at` is None if it is not stated; `notes` are sentences for the sender.

    `findings` and `damage` fill while the rows are read.
    """

    sources: list[Source]
    made_at: datetime | None = None
    scope: Scope = "full"
    practice: str | None = None
    notes: list[str] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    damage: IdDamage = field(default_factory=IdDamage)

    @property
    def estimated_rows(self) -> int:
        """Returns about how many rows there are, for progress reports."""
        return sum(max(0, source.format.lines - source.is_csv) for source in self.sources)

    def apply(self, manifest: Manifest) -> None:
        """Takes over what a manifest states."""
        self.made_at = manifest.made_at or self.made_at
        self.scope = manifest.scope or self.scope
        self.practice = manifest.practice or self.practice

    @property
    def report(self) -> list[str]:
        """Returns the notes, and once the rows are read, what was done with damaged values."""
        return self.notes + self.findings.sentences()

    def rows(self, today: date) -> Iterator[Row | Rejection]:
        """Yields every row in order; the rejected values of a row come before it.

        `today` is the day the feed was made. Raises `InvalidFeed` if the rest of the feed turns out to be unreadable.
        """
        for source, parse in self.parsers(today):
            for row in source.rows():
                yield from parse(row)
            self.notes += parse.passed_over()

    def parsers(self, today: date) -> Iterator[tuple[Source, RowParser]]:
        """Yields each file with the parser of its rows; no id is taken twice."""
        ids: dict[Kind, set[int]] = {"client": set(), "patient": set()}
        for source in self.sources:
            yield source, RowParser(self, source, today, ids)


class RowParser:
    """Parses the rows of one file, and keeps account of what was found in them."""

    def __init__(self, feed: Feed, source: Source, today: date, ids: dict[Kind, set[int]]) -> None:
        self._feed, self._title, self._kind, self._ids = feed, source.member.title, source.kind, ids
        styles = Styles(lambda: (row.cells for row in source.rows() if isinstance(row, Cells)))
        self._fields: dict[Kind, dict[str, None]] | None = None if source.is_csv else {"client": {}, "patient": {}}
        self._line, self._rejected = 0, list[tuple[str, str, str]]()
        self._context = Context(today, styles, lambda *value: self._rejected.append(value), self._mend)

    def __call__(self, row: Cells | BrokenRow) -> list[Row | Rejection]:
        """Returns the row after its rejected values, or why it is rejected as a whole."""
        if isinstance(row, BrokenRow):
            return [self.reject(self._kind or "row", row.line, "", None, row.reason, row.raw)]
        stated, line, cells, raw = row
        kind = KINDS.get(stated) or KINDS.get(stated.strip().lower())
        if kind is None:
            reason = "The row says neither client nor patient as its kind."
            return [self.reject("row", line, "", None, reason, raw)]
        if self._fields is not None:
            self._fields[kind].update(dict.fromkeys(cells))
        if "id" not in cells:
            cells["id"] = cells.get(f"{kind}_id", "")
        cells.setdefault("client_id", "")
        self._line = line
        self._rejected.clear()
        if "#" in raw or "=" in raw or "Err:" in raw or not BLANK_WORDS.isdisjoint(cells.values()):
            clean_cells(cells, self._context)
        # In JSON a backslash may stand for any letter.
        self._context.is_plain = is_plain(raw.rstrip()) and "\\" not in raw
        try:
            parsed = _PARSERS[kind](cells, line, self._context)
        except InvalidValue as error:
            self._feed.damage.add_rejected(error, line)
            return [self.reject(kind, line, "", cells["id"][:64] or None, f"The row {error}.", raw)]
        # Hashes, because the ids themselves would take three times the memory.
        if (key := hash(parsed.id)) in self._ids[kind]:
            reason = "The same id is in an earlier row, which was imported."
            return [self.reject(kind, line, "", parsed.id, reason, raw)]
        self._ids[kind].add(key)
        self._feed.damage.add(parsed)
        if not self._rejected:
            return [parsed]
        return [*(self.reject(kind, line, name, parsed.id, *value) for name, *value in self._rejected), parsed]

    def passed_over(self) -> list[str]:
        """Returns notes about the fields of objects of which nothing was taken; of a table its header says so."""
        fields = self._fields or {}
        return [
            note
            for kind in fields
            for note in passed_over_note(kind, zip(fields[kind], fields[kind], strict=True), f"{self._title} ({kind}s)")
        ]

    def reject(self, kind: str, line: int, field: str, id: str | None, reason: str, raw: str) -> Rejection:
        self._feed.findings.add(f"{self._title}: {reason}", line)
        return Rejection(kind, line, field, id, reason, raw[:MAX_RAW_LENGTH])

    def _mend(self, what: str) -> None:
        self._feed.findings.add(f"{self._title}: {what}", self._line)


def open_feed(path: Path, name: str) -> Feed:
    """Opens the feed at `path`, which arrived as `name`. Reads it once to detect its encoding.

    Raises `InvalidFeed` if it is no feed, or cannot be read.
    """
    members = _members(path, name)
    alone = sum(member.title != MANIFEST for member in members) == 1
    feed = Feed([])
    for member in members:
        if member.title == MANIFEST:
            feed.apply(read_manifest(member))
        else:
            feed.sources.append(open_source(member, alone))
    if not feed.sources:
        raise InvalidFeed(f"{name} holds no feed: send clients.csv and patients.csv, or NDJSON.")
    kinds = [source.kind for source in feed.sources if source.kind]
    if len(kinds) > len(set(kinds)):
        raise InvalidFeed(
            f"{name} holds two files of {kinds[0]}s: {', '.join(member.title for member in members)}; send one."
        )
    feed.sources.sort(key=lambda source: source.kind != "client")
    for source in feed.sources:
        notes, manifest = source.check()
        feed.notes += notes
        if manifest is not None:
            feed.apply(manifest)
    return feed


def refuse_no_table(path: Path, name: str) -> None:
    """Raises `InvalidFeed` if the file at `path` holds no rows of text. Reads only how it begins.

    What `open_feed` takes passes: where a line names the columns, or is an object, odd characters are its rows' matter.
    """
    for member in _members(path, name):
        if member.title == MANIFEST:
            continue
        with member.open() as stream:
            start = stream.read(_LOOK_BYTES)
        refuse_other_kinds(member.title, start[:START_BYTES])
        text = start.decode(encoding_by_start(start) or "latin-1", errors="replace")
        if text.strip() and not _OBJECT.search(text):
            header = read_header(StringIO(text, newline=""), member.title, is_header)
            if not is_header(header.cells):
                refuse_no_text(member.title, text)


def _members(path: Path, name: str) -> list[Member]:
    return [member for member in list_members(path, name) if not member.title.startswith(("readme", "."))]
