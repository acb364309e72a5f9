"""A mail server for one machine that stores every message in a Maildir.

Run as a process: `python -m machine.mailbox --maildir DIRECTORY --port PORT`. It prints
`listening on 127.0.0.1:PORT` once it listens.
"""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
import itertools
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

SIZE_LIMIT = 25 * 1024 * 1024
"""Bytes. A larger message is refused with 552, as the large providers do."""


@dataclass
class Maildir:
    """A mailbox with one file per message. A message is durable once `deliver` has returned."""

    path: Path
    _count: itertools.count[int] = field(default_factory=itertools.count)

    def create(self) -> None:
        for folder in ("tmp", "new", "cur"):
            (self.path / folder).mkdir(mode=0o700, parents=True, exist_ok=True)

    def deliver(self, message: bytes) -> Path:
        """Store one message durably and return its file. Raises OSError if it cannot be stored."""
        name = f"{time.time_ns()}.{os.getpid()}_{next(self._count)}.localhost"
        temporary, delivered = self.path / "tmp" / name, self.path / "new" / name
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(message)
            file.flush()
            os.fsync(descriptor)
        temporary.rename(delivered)
        folder = os.open(delivered.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return delivered


@dataclass(frozen=True)
class Handler:
    """Answers each recipient and message, with the hooks that aiosmtpd calls."""

    maildir: Maildir
    reject: tuple[str, ...] = ()
    delay: float = 0.0

    async def handle_RCPT(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if any(fnmatch.fnmatch(address.lower(), pattern.lower()) for pattern in self.reject):
            return "550 5.1.1 No such mailbox here"
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the name is aiosmtpd's
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        try:
            await asyncio.to_thread(self.maildir.deliver, _with_envelope(envelope))
        except OSError as error:
            return f"451 4.3.0 The message could not be stored: {error.strerror}"
        await asyncio.sleep(self.delay)
        return "250 OK"


def _with_envelope(envelope: Envelope) -> bytes:
    """The message below its envelope sender and recipients, as at final delivery (RFC 5321, 4.4)."""
    lines = [f"Return-Path: <{envelope.mail_from or ''}>"]
    lines += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
    content = envelope.content
    body = content if isinstance(content, bytes) else (content or "").encode()
    # SMTP ends lines with CR LF, a Maildir with LF.
    return "".join(f"{line}\n" for line in lines).encode() + body.replace(b"\r\n", b"\n")


async def serve(maildir: Path, port: int, reject: Sequence[str] = (), delay: float = 0.0) -> None:
    """Accept mail on `port` of 127.0.0.1 (0: any free one) until SIGTERM or SIGINT.

    For tests: recipients that match a pattern of `reject` (`*@gone.example`) are refused with 550, and `delay` seconds
    pass between storing a message and accepting it. Raises OSError if the port is in use.
    """
    box = Maildir(maildir)
    box.create()
    handler = Handler(box, tuple(reject), delay)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(handler, data_size_limit=SIZE_LIMIT, enable_SMTPUTF8=True, hostname="localhost", ident="mailbox"),
        "127.0.0.1",
        port,
    )
    print(f"listening on 127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)  # noqa: T201
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()
    server.close()


def main() -> int:
    """Returns the exit status: 0 after a signal, 1 with one sentence if it cannot listen or write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--maildir", type=Path, required=True)
    parser.add_argument("--port", type=int, default=1025)
    parser.add_argument("--reject", action="append", default=[], metavar="PATTERN")
    parser.add_argument("--delay", type=float, default=0.0, metavar="SECONDS")
    arguments = parser.parse_args()
    try:
        asyncio.run(serve(arguments.maildir, arguments.port, arguments.reject, arguments.delay))
    except OSError as error:
        sys.stderr.write(f"The mailbox cannot start: {error.strerror or error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
