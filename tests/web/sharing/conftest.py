from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from pydantic import SecretStr

from desk.service import Desk
from tests.dns_server import dns_server
from tests.signing import name, record
from tests.web.clinic.conftest import Linked, anybody, clinic, enter, pharmacy
from tests.web.conftest import API_TOKEN
from tests.web.programs import program
from tests.web.serving import serving
from tests.web.sharing.group import Group
from tests.web.sharing.mailroom import Mailroom
from web.app import create_app

__all__ = ["anybody", "clinic", "enter", "pharmacy"]


@pytest.fixture
async def group(linked_web: Linked) -> AsyncIterator[Group]:
    async with AsyncExitStack() as open_ones:
        yield await Group(linked_web[0], linked_web[1], open_ones).add("north", "south")


@pytest.fixture
async def mailroom(linked_web: Linked, group: Group) -> AsyncIterator[Mailroom]:
    async with dns_server({name(f"{group.id('north')}.test"): record()}) as (address, port):
        given = {"dns_server": f"{address}#{port}", "api_token": SecretStr(API_TOKEN)}
        settings = linked_web[2].model_copy(update=given)
        app = create_app(Desk(linked_web[1].client, linked_web[1].database, settings), settings)
        async with serving(app, settings) as web, program(web, API_TOKEN) as one:
            yield Mailroom(one, group)
