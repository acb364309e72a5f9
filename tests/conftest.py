"""One real system for the whole run: Temporal with time travel, PostgreSQL, a mailbox over SMTP, and a worker."""

from __future__ import annotations

import os
import sys

import pytest

_status = 0


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    global _status
    _status = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure(config: pytest.Config) -> None:
    """Leaves without finalizing: an interpreter that used Temporal's client can crash on its way out."""
    if "temporalio" in sys.modules and not hasattr(config, "workerinput"):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(_status)
