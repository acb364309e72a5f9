"""`onboard up` for the tests that kill it: `start_up.py HOME WHAT [READY-FILE]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cli.up import up
from machine.leave import leave
from machine.servers import DATABASE, MAILBOX, TEMPORAL

if __name__ == "__main__":
    parts = {"whole": None, "servers": [DATABASE, TEMPORAL, MAILBOX], "mailbox": [MAILBOX]}[sys.argv[2]]
    ready_file = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    leave(asyncio.run(up(Path(sys.argv[1]), ready_file=ready_file, parts=parts)))
