"""Ends a process without finalizing the interpreter.

An interpreter that used Temporal's client can crash while it finalizes (exit status 134 or 139). Every entry point
that may have used it ends by `hard_exit`, so that its own exit status counts.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
from typing import NoReturn


def hard_exit(status: int) -> NoReturn:
    """Flush the standard streams and all logging, then end this process with `status` (0 to 255).

    Nothing after the call runs: no `finally`, no `atexit`. Close what must be closed before.
    """
    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        # A reader that went away (`onboard list | head`) must not change the status.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            stream.flush()
    os._exit(status)
