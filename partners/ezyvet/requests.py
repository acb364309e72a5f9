"""One HTTP request to ezyVet, before it has a token."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from partners.ezyvet.guesses import PRESCRIPTIONS

TOKEN_ENDPOINT = "oauth/access_token"  # noqa: S105 - a path
PRESCRIPTION_ENDPOINT = PRESCRIPTIONS.removeprefix("/v1/")


@dataclass(frozen=True)
class Request:
    """`record` says that the path names one record, so that 404 means this record and not the site."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None
    record: bool = False

    @property
    def write(self) -> bool:
        """Whether it changes something there, so that it must not be repeated blindly."""
        return self.method != "GET"

    @property
    def endpoint(self) -> str:
        """What ezyVet counts the calls of: all verbs and records of a path are one endpoint."""
        return PRESCRIPTION_ENDPOINT if self.path.startswith(PRESCRIPTIONS) else self.path.removeprefix("/v1/")

    @property
    def name(self) -> str:
        """Names the call in messages, without any id."""
        return f"{self.method} v1/{self.endpoint}"

    @property
    def content(self) -> bytes | None:
        """The body in JSON; decimals are numbers."""
        return None if self.body is None else json.dumps(self.body, default=_number, allow_nan=False).encode()


def _number(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON.")
