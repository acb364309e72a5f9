"""Reads the credentials file that a practice downloads from ezyVet: JSON, or a line for each value."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError
from pydantic_core import from_json

from partners.ezyvet.credentials import Credentials

MOST_BYTES = 64 * 1024
_LINE = re.compile(r"\s*[\"']?([A-Za-z][\w -]{0,40}?)[\"']?\s*[:=]\s*(.*?)\s*,?\s*")


class InvalidFile(Exception):
    """The file has no complete credentials; the message is a sentence without any of its values."""


def read_credentials_file(content: bytes) -> Credentials:
    """Returns the credentials; what else the file has is passed over. Raises `InvalidFile`."""
    if len(content) > MOST_BYTES:
        raise InvalidFile(
            "This is not a credentials file: it is too long. Choose the file that ezyVet let you download."
        )
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise InvalidFile(
            "This is not a credentials file: it is not text. Choose the one that ezyVet gave you."
        ) from None
    try:
        return Credentials.model_validate({_key(name): value for name, value in _values(text)})
    except ValidationError as error:
        names = dict.fromkeys(str(each["loc"][0]) for each in error.errors(include_input=False, include_url=False))
        raise InvalidFile(
            f"The file lacks a usable {' and '.join(names)}: it needs client_id, client_secret and site_uid."
        ) from None


def _values(text: str) -> Iterator[tuple[str, Any]]:
    try:
        found = from_json(text)
    except ValueError:
        found = None
    if isinstance(found, dict):
        yield from ((name, value) for name, value in found.items() if isinstance(value, str))
        return
    for line in text.splitlines():
        if (match := _LINE.fullmatch(line)) and (value := match[2].strip("\"'")):
            yield match[1], value


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", "_", name.strip().lower())
