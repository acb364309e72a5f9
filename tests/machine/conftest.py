from __future__ import annotations

from collections.abc import Iterator

import pytest

from machine.home import Home
from tests.machine.trial_system import fresh_home


@pytest.fixture
def home() -> Iterator[Home]:
    with fresh_home() as place:
        yield place
