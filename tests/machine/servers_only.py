"""`onboard up` without schema and worker, for the tests that kill it: `servers_only.py HOME [READY-FILE]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cli.up import up
from machine.leave import leave
from machine.servers import DATABASE, MAILBOX, TEMPORAL

if __name__ == "__main__":
    ready_file = Path(sys.argv[2]) if len(sys.argv) > 2 else None
    leave(asyncio.run(up(Path(sys.argv[1]), ready_file=ready_file, parts=[DATABASE, TEMPORAL, MAILBOX])))
