"""A process that reads a mailbox once: `python -m tests.system.bounce_reader PORT FOLDER HOST NAMESPACE DATABASE`."""

from __future__ import annotations

import asyncio
import sys
from datetime import timedelta

from configuration.settings import Settings
from desk.bounce_mailbox import read
from desk.connection import connect
from desk.service import Desk
from store.database import connect as connect_database
from tests.imap_server import Folder


async def main(port: str, folder: str, temporal: str, namespace: str, database: str) -> None:
    client = await connect(temporal, namespace)
    desk = Desk(client, connect_database(database), Settings())
    await read(desk, Folder(int(port), folder).url(), claim=timedelta())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
