"""The credentials file that a practice hands over, in whatever form it comes."""

from __future__ import annotations

import json

import pytest

from integrations.ezyvet.credentials_file import InvalidFile, read_credentials_file

VALUES = {"client_id": "c-1", "client_secret": "s3cr=t:x", "site_uid": "5f0a", "partner_id": "p-1"}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps(VALUES),
        json.dumps({**VALUES, "scope": "read-user", "grant_type": "client_credentials", "expires": 5}),
        "\n".join(f"{name}: {value}" for name, value in VALUES.items()),
        "\r\n".join(f"{name} = {value}" for name, value in VALUES.items()),
        "ezyVet API credentials\n\nPartner ID: p-1\nClient ID:  c-1\nClient Secret: s3cr=t:x\nSite UID: 5f0a\n",
        "\ufeff" + "\n".join(f'"{name}": "{value}",' for name, value in VALUES.items()),
    ],
)
def test_each_form_is_read(content: str) -> None:
    assert read_credentials_file(content.encode()).values == VALUES


def test_a_file_without_our_partner_id_is_read() -> None:
    content = "client_id: a\nclient_secret: b\nsite_uid: c"
    assert read_credentials_file(content.encode()).partner_id is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "client_id and client_secret and site_uid"),
        (b"client_id: a\nclient_secret: topsecret\n", "lacks a usable site_uid"),
        (json.dumps({**VALUES, "client_secret": "two\nlines"}).encode(), "lacks a usable client_secret"),
        (b"\xff\xfe\x00", "it is not text"),
        (b"x" * 70_000, "it is too long"),
        (b"[1, 2]", "client_id"),
    ],
)
def test_what_is_no_such_file_is_refused_without_repeating_it(content: bytes, why: str) -> None:
    with pytest.raises(InvalidFile, match=why) as refused:
        read_credentials_file(content)
    assert "topsecret" not in str(refused.value) and "two" not in str(refused.value)
