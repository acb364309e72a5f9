"""The layers of the tests, from what needs nothing to what is killed on purpose. The cheaper ones run first.

A test is in the layer of its folder, or in a later one if it uses what that starts. `make test-store` runs one layer.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent
LAYERS = {
    "unit": "needs no server",
    "store": "needs PostgreSQL",
    "workflow": "needs Temporal, PostgreSQL and a worker",
    "process": "starts our programs as processes: commands, simulators, the servers of one machine",
    "web": "needs the web besides",
    "browser": "needs Chromium besides",
    "faults": "kills parts of a whole system",
}
FOLDERS = {
    "store": "store",
    "records": "store",
    "system": "workflow",
    "cli": "process",
    "machine": "process",
    "simulators": "process",
    "web": "web",
    "faults": "faults",
}
FIXTURES = {"postgres_server": "store", "temporal": "workflow", "chromium": "browser"}
ORDER = tuple(LAYERS)


def layer(test: pytest.Item) -> str:
    """The layer of a test."""
    folder = test.path.relative_to(FOLDER).parts[0]
    used = [FIXTURES[name] for name in getattr(test, "fixturenames", ()) if name in FIXTURES]
    return max([FOLDERS.get(folder, "unit"), *used], key=ORDER.index)


def sort(tests: list[pytest.Item]) -> None:
    """Marks each test with its layer, and sorts the files by the last layer that each has a test in.

    Within a layer those of folders come first, so that a folder's servers are started once and end before the rest.
    """
    last: dict[Path, int] = {}
    for test in tests:
        mine = layer(test)
        test.add_marker(mine)
        last[test.path] = max(last.get(test.path, 0), ORDER.index(mine))
    tests.sort(key=lambda test: (last[test.path], test.path.parent == FOLDER))


def lines() -> Iterable[str]:
    """The marks, as pytest wants them told."""
    return (f"{name}: {what}" for name, what in LAYERS.items())
