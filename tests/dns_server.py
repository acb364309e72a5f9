"""A DNS server on this machine that knows the TXT records of a test, or says nothing at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import cast

import dns.flags
import dns.message
import dns.rcode
import dns.rrset


class _Server(asyncio.DatagramProtocol):
    def __init__(self, records: Mapping[str, str] | None) -> None:
        self.records = records

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # The event loop's own transport, which does not say by its class what it is.
        self.transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        if self.records is None:
            return
        question = dns.message.from_wire(data)
        answer = dns.message.make_response(question)
        answer.flags |= dns.flags.RA
        name = question.question[0].name.to_text()
        if text := self.records.get(name):
            parts = " ".join(f'"{text[start : start + 200]}"' for start in range(0, len(text), 200))
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", parts))
        else:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        self.transport.sendto(answer.to_wire(), addr)


@asynccontextmanager
async def dns_server(records: Mapping[str, str] | None) -> AsyncIterator[tuple[str, int]]:
    """The address and port of a server with these records; without any it never answers."""
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(records), local_addr=("127.0.0.1", 0))
    try:
        address = transport.get_extra_info("sockname")
        yield address[0], address[1]
    finally:
        transport.close()
