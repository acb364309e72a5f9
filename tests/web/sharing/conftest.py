from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from tests.web.clinic.conftest import Linked, anybody, clinic, enter, pharmacy
from tests.web.sharing.group import Group

__all__ = ["anybody", "clinic", "enter", "pharmacy"]


@pytest.fixture
async def group(linked_web: Linked) -> AsyncIterator[Group]:
    async with AsyncExitStack() as open_ones:
        yield await Group(linked_web[0], linked_web[1], open_ones).add("north", "south")
