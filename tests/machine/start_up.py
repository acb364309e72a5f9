"""`onboard up` for the tests that kill it: `start_up.py HOME WHAT [READY-FILE]`."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from cli.components import SCHEMA
from cli.up import up
from machine.exit import hard_exit
from machine.servers import DATABASE, MAILBOX, TEMPORAL

if __name__ == "__main__":
    components = {
        "whole": None,
        "servers": [DATABASE, TEMPORAL, MAILBOX],
        "migrated": [DATABASE, SCHEMA, TEMPORAL],
        "mailbox": [MAILBOX],
    }[sys.argv[2]]
    ready_file = Path(sys.argv[3]) if len(sys.argv) > 3 else None
    hard_exit(asyncio.run(up(Path(sys.argv[1]), ready_file=ready_file, components=components)))
