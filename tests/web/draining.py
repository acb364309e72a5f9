"""A process that only drains the inbox, to be killed: `python -m tests.web.draining URL TEMPORAL NAMESPACE`."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from configuration.settings import Settings
from desk.connection import connect
from desk.event_recorder import Drain
from desk.service import Desk
from machine.exit import hard_exit
from store.database import connect as connect_database


async def main(url: str, temporal: str, namespace: str) -> None:
    desk = Desk(await connect(temporal, namespace), connect_database(url), Settings())
    async with Drain(desk, parallel=3, held_for=timedelta(seconds=2)).running():
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    hard_exit(0)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
