"""Searching in several processes finds what searching in one finds, and leaves no process behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncGenerator, Iterable, Sequence
from dataclasses import astuple, fields
from pathlib import Path

import pytest

from bench.matching import Sides, practice
from pharmacy.merge.match import make_proposals, match
from pharmacy.merge.people import Person
from pharmacy.merge.processes import HelperDied, Helpers, helper_processes
from pharmacy.merge.proposal import Proposal
from tests.merge.pairs import ANN
from tests.patience import PATIENCE

PARENT = """
import asyncio, sys
from pharmacy.merge.processes import helper_processes

async def main():
    async with helper_processes(2) as helpers, helpers.search([], []):
        print("ready", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def helpers_of(parent: int) -> list[int]:
    children = [file.read_text() for file in Path(f"/proc/{parent}/task").glob("*/children")]
    return [
        pid
        for pids in children
        for pid in map(int, pids.split())
        if b"pharmacy.merge.processes" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def as_json(people: Iterable[Person]) -> list[str]:
    return [
        json.dumps([getattr(each, field.name) for field in fields(Person)[:-1]] + [list(map(astuple, each.patients))])
        for each in people
    ]


async def in_chunks(people: Sequence[Person], size: int = 500) -> AsyncGenerator[Sequence[str]]:
    for start in range(0, len(people), size):
        yield as_json(people[start : start + size])


def ids(people: Iterable[Person]) -> list[str]:
    return [person.id for person in people]


@pytest.mark.parametrize("processes", [0, 2])
async def test_all_processes_find_what_one_search_finds(processes: int) -> None:
    sides = practice(7, 600, 3_000)
    different = frozenset({(each.existing, each.imported) for each in match(sides.existing, sides.imported)[:5]})
    async with helper_processes(processes) as helpers, helpers.search(as_json(sides.existing), different) as number:
        [candidates] = await helpers.find([number], in_chunks(sides.imported))
    proposals = make_proposals(ids(sides.existing), candidates)
    assert len(proposals) > 300
    assert proposals == match(sides.existing, sides.imported, different=different, strict=True)


async def test_two_searches_at_once_share_the_processes_and_each_finds_its_own() -> None:
    files = practice(7, 300, 1_500), practice(8, 300, 1_500)

    async def searched(helpers: Helpers, sides: Sides) -> list[Proposal]:
        async with helpers.search(as_json(sides.existing), []) as number:
            [candidates] = await helpers.find([number], in_chunks(sides.imported))
        return make_proposals(ids(sides.existing), candidates)

    async with helper_processes(2) as helpers:
        proposals = await asyncio.gather(*(searched(helpers, sides) for sides in files))
        assert len(helpers_of(os.getpid())) == 2
    assert proposals == [match(sides.existing, sides.imported, strict=True) for sides in files]


async def test_two_searches_share_what_is_read_and_each_finds_those_whom_it_wants() -> None:
    sides, others = practice(7, 300, 1_500), practice(7, 200, 1_500).existing
    wanted = sides.imported[::3]
    async with (
        helper_processes(2) as helpers,
        helpers.search(as_json(sides.existing), []) as every,
        helpers.search(as_json(others), [], wanted=ids(wanted)) as some,
    ):
        found = await helpers.find([every, some], in_chunks(sides.imported))
    assert [each.searched for each in found] == [len(sides.imported), len(wanted)]
    proposals = [make_proposals(ids(side), each) for side, each in zip((sides.existing, others), found, strict=True)]
    expected = match(sides.existing, sides.imported, strict=True), match(others, wanted, strict=True)
    assert proposals == list(expected)
    assert all(proposals)


async def test_an_answer_that_nobody_waits_for_is_not_taken_for_the_next() -> None:
    asked = asyncio.Event()

    async def one_and_no_end() -> AsyncGenerator[Sequence[str]]:
        yield as_json([ANN])
        asked.set()
        await asyncio.Event().wait()

    async with helper_processes(2) as helpers, helpers.search(as_json([ANN]), []) as number:
        abandoned = asyncio.create_task(helpers.find([number], one_and_no_end()))
        await asked.wait()
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.wait([abandoned])
        with pytest.raises(HelperDied):
            await helpers.find([number], in_chunks([ANN, ANN], 1))


async def test_a_killed_process_is_reported_and_the_others_end() -> None:
    async with helper_processes(2) as helpers, helpers.search([], []) as number:
        os.kill(helpers_of(os.getpid())[0], signal.SIGKILL)
        with pytest.raises(HelperDied, match="ended before its time"):
            await helpers.find([number], in_chunks([ANN] * 4, 1))
    assert not helpers_of(os.getpid())


async def test_a_parent_that_is_killed_leaves_no_process_behind() -> None:
    parent = await asyncio.create_subprocess_exec(sys.executable, "-c", PARENT, stdout=asyncio.subprocess.PIPE)
    assert parent.stdout
    assert await parent.stdout.readline() == b"ready\n"
    watched = [os.pidfd_open(pid) for pid in helpers_of(parent.pid)]
    assert len(watched) == 2
    parent.kill()
    await parent.wait()
    for descriptor in watched:
        gone = asyncio.Event()
        asyncio.get_running_loop().add_reader(descriptor, gone.set)
        await asyncio.wait_for(gone.wait(), PATIENCE)
        asyncio.get_running_loop().remove_reader(descriptor)
        os.close(descriptor)
