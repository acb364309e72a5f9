"""A server on this machine that answers as a test says, also as no HTTP server should."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Received:
    """`body` is the JSON that came, or None."""

    method: str
    target: str
    headers: dict[str, str]
    body: Any


Reply = Callable[[Received], bytes | None]
"""What is sent back as it is; None: nothing ever."""


@dataclass
class Canned:
    url: str
    reply: Reply
    received: list[Received] = field(default_factory=list)


def http(status: int, content: Any = None, /, *, kind: str = "application/json", **headers: str) -> bytes:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    lines = [f"HTTP/1.1 {status} Canned", f"content-type: {kind}", f"content-length: {len(body)}", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def rows(resource: str, *items: dict[str, Any], page: int = 1, pages: int = 1) -> bytes:
    meta = {"items_page": page, "items_page_total": pages, "items_total": len(items), "transaction_id": "tx-1"}
    return http(200, {"meta": meta, "items": [{resource: item} for item in items], "messages": []})


def error(status: int, text: str, fields: Any = (), /, **headers: str) -> bytes:
    message = {"level": "error", "type": "InvalidRequestException", "text": text, "fields": fields}
    return http(status, {"meta": {"transaction_id": "tx-1"}, "items": [], "messages": [message]}, **headers)


def jwt(lifetime: int = 43_200, number: int = 1) -> str:
    claims = json.dumps({"iat": 1_700_000_000, "exp": 1_700_000_000 + lifetime, "jti": number}).encode()
    return f"header.{urlsafe_b64encode(claims).decode().rstrip('=')}.signature"


def token(value: str) -> bytes:
    return http(200, {"access_token": value, "token_type": "Bearer", "expires_in": 1_209_600})


@asynccontextmanager
async def canned(reply: Reply) -> AsyncIterator[Canned]:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = head.strip().split("\r\n")
        method, target, _ = first.split()
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        received = Received(method, target, headers, json.loads(body) if body else None)
        server.received.append(received)
        if (sent := server.reply(received)) is None:
            await reader.read()
        else:
            writer.write(sent)
        writer.close()

    listening = await asyncio.start_server(answer, "127.0.0.1", 0)
    server = Canned(f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}", reply)
    async with listening:
        yield server
