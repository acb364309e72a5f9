"""A Python process that loads its program while the servers it needs still start.

`python -m machine.preload MODULE FILE` imports MODULE, waits until FILE is there, takes the variables in it (a JSON
object) into its environment, and calls `MODULE.main()`. Importing the worker takes longer than starting the servers.
"""

from __future__ import annotations

import json
import os
import sys
import time
from importlib import import_module
from pathlib import Path

PAUSE = 0.02


def main(module: str, file: Path) -> None:
    """Load, wait, run. Ends by a signal, as any process does, while it waits."""
    program = import_module(module)
    while not file.exists():
        time.sleep(PAUSE)
    os.environ.update(json.loads(file.read_text(encoding="utf-8")))
    program.main()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
