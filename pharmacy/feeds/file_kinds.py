"""Recognizes files that are no feed by how they begin, and says what to send instead."""

from __future__ import annotations

import re

from pharmacy.feeds.errors import InvalidFeed

START_BYTES = 512
_CONTROL = re.compile(r"[\x01-\x08\x0e-\x1f\x7f]")
"""What no text has that people write."""
SPREADSHEETS = (".xlsx", ".xlsm", ".xlsb", ".ods", ".numbers")
_PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".heic", ".bmp", ".tif", ".tiff")
_CSV = "open it in its program, save it as CSV (UTF-8), and send that"
_KINDS: tuple[tuple[tuple[bytes, ...], str, str], ...] = (
    ((b"\xd0\xcf\x11\xe0",), "an Excel workbook of the old kind", _CSV),
    ((b"%pdf",), "a PDF", "send the table itself as CSV"),
    ((b"<!doctype html", b"<html", b"<table", b"<head", b"<meta"), "a web page", _CSV),
    ((b"<?xml", b"<workbook"), "an XML file", "send the table as CSV, or NDJSON"),
    ((b"{\\rtf",), "a text document", "send the table itself as CSV"),
    ((b"sqlite format 3", b"\x00\x01\x00\x00standard"), "a database", "export the tables as CSV and send these"),
    ((b"par1",), "a Parquet file", "send the table as CSV, or NDJSON"),
    ((b"\x89png", b"\xff\xd8\xff", b"gif8", b"ii*\x00", b"mm\x00*"), "a picture", "send the table itself as CSV"),
    ((b"7z\xbc\xaf", b"rar!", b"bzh", b"\xfd7zxz", b"\x28\xb5\x2f\xfd"), "an archive of another kind", "send a zip"),
    ((b"pk\x03\x04", b"\x1f\x8b"), "an archive within an archive", "send a zip with the tables themselves"),
)
_WORKBOOKS = {
    "xl/": ("an Excel workbook", _CSV),
    "content.xml": ("an OpenDocument spreadsheet", _CSV),
    "index/": ("a Numbers spreadsheet", _CSV),
    "word/": ("a Word document", "send the table itself as CSV"),
}


def refuse_workbook(name: str, members: list[str]) -> None:
    """Raises `InvalidFeed` if an archive of these members is a workbook or a document."""
    for member in members:
        for start, (kind, instead) in _WORKBOOKS.items():
            if member.lower().startswith(start):
                raise InvalidFeed(f"{name} is {kind}: {instead}.")


def refuse_other_kinds(name: str, start: bytes) -> None:
    """Raises `InvalidFeed` for a file that begins so, and is no text of rows."""
    if start.startswith(b"PK") and name.endswith(SPREADSHEETS):
        raise InvalidFeed(f"{name} is a workbook of a spreadsheet: {_CSV}.")
    exact = start.removeprefix(b"\xef\xbb\xbf").lower()
    plain = exact.lstrip()
    for starts, kind, instead in _KINDS:
        if exact.startswith(starts) or plain.startswith(starts):
            raise InvalidFeed(f"{name} is {kind}: {instead}.")
    if plain.startswith(b"[") and plain[1:].lstrip().startswith((b"{", b"]")):
        raise InvalidFeed(f"{name} is a JSON array: send NDJSON, one object a line.")


def refuse_no_text(name: str, text: str) -> None:
    """Raises `InvalidFeed` if a file of this name, which begins with `text`, is no text that people write."""
    if name.lower().endswith(_PICTURES) or _CONTROL.search(text):
        raise InvalidFeed(f"{name} is no table of text: save the table as CSV and send that.")
