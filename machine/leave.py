"""Leaving a process with its own exit status.

An interpreter that used Temporal's client can crash while it finalizes (exit status 134 or 139), so every
entry point that may have used it leaves without finalizing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def leave(status: int) -> NoReturn:
    """Flush the standard streams and all logging, then end this process with `status` (0 to 255).

    Nothing after the call runs: no `finally`, no `atexit`. Close what must be closed before.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away (`onboard list | head`) must not change the status.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)
