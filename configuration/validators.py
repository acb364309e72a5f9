"""Validators of settings. Their messages never repeat a value, which may be a secret."""

from __future__ import annotations

import base64
import binascii
import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

from pydantic import SecretStr

SECRET_KEY_LENGTH = 32


def split_list(value: Any) -> Any:
    """`a, b` as a list; anything but text stays as it is."""
    if isinstance(value, str):
        return [item for item in (each.strip() for each in value.split(",")) if item]
    return value


def parse_people(value: Any) -> Any:
    """`ana=ana@example.com, bo=bo@example.com`, or the same as a JSON object, as a dict."""
    if not isinstance(value, str):
        return value
    if value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except ValueError:
            raise ValueError("must be a JSON object, or written as ana=ana@example.com, bo=bo@example.com") from None
    people = {}
    for pair in split_list(value):
        handle, separator, address = pair.partition("=")
        if not separator:
            raise ValueError("must be written as ana=ana@example.com, bo=bo@example.com")
        people[handle.strip()] = address.strip()
    return people


def parse_duration(value: Any) -> Any:
    """`0s`, `15m` or `24h` as a duration; anything but text stays as it is."""
    if not isinstance(value, str):
        return value
    if not (found := re.fullmatch(r"(\d{1,6})([smhd])", value.strip())):
        raise ValueError("must be a duration, for example 0s, 15m or 24h")
    return timedelta(seconds=int(found[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[found[2]])


def check_web_address(value: str) -> str:
    parts = _split(value)
    printable = value.isprintable() and " " not in value
    if parts is None or parts.scheme not in ("https", "http") or not parts.hostname or not printable:
        raise ValueError("must be a web address, for example https://onboarding.example.com")
    return value.rstrip("/")


def check_database_url(secret: SecretStr) -> SecretStr:
    parts = _split(secret.get_secret_value())
    if parts is None or parts.scheme not in ("postgresql", "postgres", "postgresql+psycopg"):
        raise ValueError(
            "must be the address of a PostgreSQL database, for example postgresql://user:password@host:5432/onboarding,"
            " with %-escapes for special characters in the password"
        )
    return secret


def check_smtp_url(secret: SecretStr) -> SecretStr:
    return _check_server(secret, "smtp", "a mail server", "smtp://user:password@host:587?starttls=required")


def check_bounce_mailbox(secret: SecretStr) -> SecretStr:
    return _check_server(secret, "imap", "a mailbox", "imaps://user:password@host/INBOX")


def _check_server(secret: SecretStr, scheme: str, what: str, example: str) -> SecretStr:
    """Checks scheme and host only; `partners.server_url` checks the rest."""
    parts = _split(secret.get_secret_value())
    if parts is None or parts.scheme not in (scheme, f"{scheme}s") or not parts.hostname:
        raise ValueError(
            f"must be the address of {what}, for example {example}, with %-escapes for special characters"
            " in the password"
        )
    return secret


def check_secret_key(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_KEY_LENGTH:
        raise ValueError(f"must have at least {SECRET_KEY_LENGTH} characters, made at random")
    return secret


def check_payload_key(secret: SecretStr) -> SecretStr:
    padded = _padded(secret.get_secret_value())
    try:
        length = len(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if length != 32:
        raise ValueError("must list keys of 32 random bytes each, in URL-safe base64, separated by commas")
    return SecretStr(padded)


def check_webhook_secret(secret: SecretStr) -> SecretStr:
    """As in the Standard Webhooks specification: `whsec_` and 24 to 64 random bytes in base64."""
    prefix, _, encoded = secret.get_secret_value().partition("_")
    padded = _padded(encoded)
    try:
        length = len(base64.b64decode(padded, validate=True))
    except (binascii.Error, ValueError):
        length = 0
    if prefix != "whsec" or not 24 <= length <= 64:
        raise ValueError("must list secrets of whsec_ and 24 to 64 random bytes in base64, separated by commas")
    return SecretStr(f"{prefix}_{padded}")


def _padded(encoded: str) -> str:
    """Returns base64 with the padding at its end, which some tools leave out."""
    return encoded + "=" * (-len(encoded) % 4)


def _split(value: str) -> SplitResult | None:
    try:
        parts = urlsplit(value.strip())
        parts.port  # noqa: B018 - reading it raises if it is invalid
    except ValueError:
        return None
    return parts
