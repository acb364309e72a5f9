"""The pages of `bench.sharing` as a browser asks the web application for them, signed in at a clinic."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from urllib.parse import quote, urlencode

from bench.plans import Watched, watched
from bench.sharing_compare import in_turns, lines
from bench.sharing_fill import ALONE, GROUP
from bench.sharing_tasks import PERSON
from bench.table import Line
from bench.world import World
from store.accounts import access

ALL = urlencode([("clinics", each) for each in GROUP])


async def web_lines(world: World, url: str, sister: str, asked: Sequence[tuple[str, str, str]]) -> list[Line]:
    """`asked` are a client as the sister and as the clinic alone know them, and the beginning of a name, each time."""
    there = replace(world, addresses=world.addresses | {"database": url})
    async with AsyncExitStack() as stack:

        async def signed_in(person: str) -> Watched:
            secret = await access.open_session(first.engine, person, "bench")
            return await stack.enter_async_context(watched(there, {"session": secret}))

        first = await stack.enter_async_context(watched(there, {}))
        shared, alone, relief = [await signed_in(each) for each in (f"member:{sister}", f"member:{ALONE}", PERSON)]

        async def compare(what: str, one: tuple[Watched, list[str]], other: tuple[Watched, list[str]]) -> list[Line]:
            async def get(application: Watched, paths: list[str], number: int) -> None:
                answer = await application.client.get(paths[number])
                assert answer.status_code == 200, f"{paths[number]}: {answer.status_code}"

            asks = [partial(get, *each) for each in (one, other)]
            return lines(f"The page of {what}", *await in_turns(asks, len(asked)))

        return [
            *await compare(
                "a client",
                (shared, [f"/clinic/{sister}/clients/{quote(id, safe='~')}" for id, _, _ in asked]),
                (alone, [f"/clinic/{ALONE}/clients/{id}" for _, id, _ in asked]),
            ),
            *await compare(
                "clients by name",
                (shared, [f"/clinic/{sister}/clients?name={quote(name)}" for _, _, name in asked]),
                (alone, [f"/clinic/{ALONE}/clients?name={quote(name)}" for _, _, name in asked]),
            ),
            *await compare(
                "tasks",
                (relief, [f"/clinic/{GROUP[0]}/tasks?{ALL}"] * len(asked)),
                (relief, [f"/clinic/{ALONE}/tasks"] * len(asked)),
            ),
        ]
