"""One file of a feed, as rows of cells by our names of the columns."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple

from pharmacy.feeds import csv_table, ndjson
from pharmacy.feeds.columns import Kind, canonical, check_columns, is_header, table_columns
from pharmacy.feeds.container import Member
from pharmacy.feeds.csv_table import BrokenRow
from pharmacy.feeds.encoding import UNKNOWN, TextFormat, detect_format
from pharmacy.feeds.errors import InvalidFeed
from pharmacy.feeds.file_kinds import START_BYTES, refuse_other_kinds
from pharmacy.feeds.manifest import MANIFEST, Manifest, parse_manifest

NDJSON_SUFFIXES = (".ndjson", ".jsonl")
KINDS: dict[str, Kind] = {"client": "client", "clients": "client", "patient": "patient", "patients": "patient"}


class Cells(NamedTuple):
    """A row: the kind that it states, its line, its cells, and its raw text."""

    stated: str
    line: int
    cells: dict[str, str]
    raw: str


@dataclass(frozen=True)
class Source:
    """One file of the feed; `kind` is None if each row states its own."""

    member: Member
    format: TextFormat
    kind: Kind | None
    is_csv: bool

    @contextmanager
    def open(self) -> Iterator[io.TextIOWrapper]:
        """Opens the text. Bytes that are no character of its encoding become U+FFFD."""
        with self.member.open() as stream:
            text = io.TextIOWrapper(stream, self.format.encoding, errors=self.format.errors, newline="")
            try:
                yield text
            finally:
                text.detach()

    def rows(self) -> Iterator[Cells | BrokenRow]:
        """Yields every row in order."""
        with self.open() as text:
            if self.is_csv:
                header = csv_table.read_header(text, self.member.title, is_header)
                kind = self._kind_of(header.cells)
                columns = table_columns(header.cells, kind)
                for row in csv_table.read_rows(header):
                    if isinstance(row, BrokenRow):
                        yield row
                    else:
                        line, values, raw = row
                        cells = dict(zip(columns, map(str.strip, values)))  # noqa: B905 - rows are of this width
                        yield Cells(kind or cells["kind"], line, cells, raw)
                return
            for row_or_object in ndjson.read_objects(text):
                if isinstance(row_or_object, BrokenRow):
                    yield row_or_object
                    continue
                line, fields, raw = row_or_object
                stated = self.kind or fields.get("kind", "")
                if stated != "feed":
                    yield Cells(stated, line, self._named(fields, KINDS.get(stated.strip().lower())), raw)

    def check(self) -> tuple[list[str], Manifest | None]:
        """Checks a table's header, or reads the first object, which may be the manifest.

        Returns notes for the sender. Raises `InvalidFeed`.
        """
        title, notes = self.member.title, self._encoding_notes()
        with self.open() as text:
            if not self.is_csv:
                first = next(ndjson.read_objects(text), None)
                is_manifest = isinstance(first, tuple) and first[1].get("kind") == "feed"
                return notes, parse_manifest(first[1], title) if is_manifest and isinstance(first, tuple) else None
            header = csv_table.read_header(text, title, is_header)
        if header.before:
            one = header.before == 1
            lines, were = ("The first line", "was") if one else (f"The first {header.before} lines", "were")
            notes.append(f"{lines} of {title} came before the names of the columns, and {were} skipped.")
        kind = self._kind_of(header.cells)
        return notes + (check_columns(kind, header.cells, title) if kind else []), None

    def _encoding_notes(self) -> list[str]:
        title = self.member.title
        if self.format.strays:
            lines = ", ".join(map(str, self.format.strays))
            return [f"{title} is UTF-8 except for some letters, which were read as Windows-1252 (lines {lines})."]
        if self.format.encoding == UNKNOWN:
            return [
                f"{title} is neither UTF-8 nor Windows-1252 but perhaps of an old Mac or DOS: values with accents "
                "are left out; save it as UTF-8 and send it again."
            ]
        if self.format.encoding == "cp1252":
            return [f"{title} is not UTF-8 and was read as Windows-1252."]
        return []

    def _kind_of(self, header: list[str]) -> Kind | None:
        if self.kind is not None or "kind" in {canonical(name) for name in header}:
            return self.kind
        columns = {canonical(name, "patient") for name in header}
        return "patient" if "species" in columns or {"id", "client_id"} <= columns else "client"

    @staticmethod
    def _named(fields: dict[str, str], kind: Kind | None) -> dict[str, str]:
        return {canonical(name, kind): value.strip() for name, value in fields.items()}


def open_source(member: Member, alone: bool) -> Source:
    """Looks what a member is; it is the only one if `alone`. Raises `InvalidFeed` if it is no part of a feed."""
    with member.open() as stream:
        refuse_other_kinds(member.title, stream.read(START_BYTES))
    format = detect_format(member)
    title = member.title
    kind = next((kind for start, kind in KINDS.items() if title.startswith(start)), None)
    is_csv = not title.endswith(NDJSON_SUFFIXES)
    if is_csv and not title.endswith((".csv", ".txt", ".tsv")):
        with Source(member, format, kind, is_csv).open() as text:
            is_csv = not text.read(100).lstrip().startswith("{")
    if kind is None and is_csv and not alone:
        raise InvalidFeed(f"{title} is not known: a feed holds clients.csv, patients.csv and {MANIFEST}.")
    return Source(member, format, kind, is_csv)
