"""Signs e-mails as the mail server of a domain does (DKIM)."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

import dkim
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

HEADERS = (b"from", b"to", b"subject", b"date", b"message-id")


# A key of 768 bits for tests, as no library makes one any more.
WEAK_KEY = (
    "MIIBywIBAAJhANjuDzpcSYO2HgzfbqLGB/Ii2Lqbr2rgJWEz82iSwPyONi9tr5fSeZOmXIyD9KR3l3wBPK5ijlrW9uP8WeNQQUQO"
    "cWMpEmL+NkVFLASNn8zFhNrjWzXMxuVP67I4siTBtQIDAQABAmEAzehRngTBZvrz1SYz/t9X5Xc8Hwzt2dV+xaApOCasdk2Kk0Ra"
    "+xI2gnbTvDD4gzBbYt83To4yZ5RXCeSO9qh83hcLlhzABexFu+6IEnnuM+/WqcYT2VlMW6Z0RnAEMc1BAjEA9zyN9VBsYbLDqgUv"
    "fbc6yosw6S4LLDebjaIlyCQn+p+s2e9z5Ib+m8yZPifJVNlFAjEA4J6ABgZUiNxehs3EMEYoWGKMiOBlxsj+HgUkIjB37KAdZ9YM"
    "dub3nP0EBT1yVnWxAjEA32rKQc+uUU8w/7h15R4qM5Q628zu7cNGf2PyznzV3+ZhVgPL78yJ0pK+PGvJxTIdAjBrt/dDbGO74pq+"
    "YQ117R9KC7DDr4F/jEI5mVOTxdStOLgBZOhDWU5kDf6QmMAtcHECMAQ6rWnm+KSyLomIF4eIDMWT1q+SLuRqci3kCSh/j8N/R6t4"
    "i+MsPchb+36xWEloCQ=="
)
WEAK_RECORD = (
    "v=DKIM1; k=rsa; p="
    "MHwwDQYJKoZIhvcNAQEBBQADawAwaAJhANjuDzpcSYO2HgzfbqLGB/Ii2Lqbr2rgJWEz82iSwPyONi9tr5fSeZOmXIyD9KR3l3wB"
    "PK5ijlrW9uP8WeNQQUQOcWMpEmL+NkVFLASNn8zFhNrjWzXMxuVP67I4siTBtQIDAQAB"
)


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=1024)


def record() -> str:
    """The TXT record of the key."""
    public = key().public_key()
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={base64.b64encode(der).decode()}"


def name(domain: str) -> str:
    return f"mail._domainkey.{domain}."


def mail(sender: str, text: str, at: datetime | None = None, number: int = 1) -> bytes:
    message = EmailMessage()
    message["From"] = f"The office <{sender}>"
    message["To"] = "sharing@pharmacy.test"
    message["Subject"] = "Record sharing"
    message["Date"] = format_datetime(at or datetime.now(UTC))
    message["Message-ID"] = f"<{number}@{sender.rpartition('@')[2]}>"
    message.set_content(text)
    return message.as_bytes().replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def signed(
    raw: bytes, domain: str, *, weak: bool = False, headers: tuple[bytes, ...] = HEADERS, length: bool = False
) -> bytes:
    """The mail with a signature of the domain before its headers."""
    pem = key().private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    if weak:
        kind = "RSA PRIVATE KEY"
        pem = f"-----BEGIN {kind}-----\n{WEAK_KEY}\n-----END {kind}-----\n".encode()
    signature: bytes = dkim.sign(
        raw,
        b"mail",
        domain.encode(),
        pem,
        include_headers=list(headers),
        length=length,
        canonicalize=(b"relaxed", b"simple"),
    )
    return signature + raw
