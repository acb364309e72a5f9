"""Searching in several processes finds what searching in one finds, and leaves no process behind."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterable
from dataclasses import astuple, fields
from pathlib import Path

import pytest

from bench.matching import Sides, practice
from pharmacy.merge.candidates import Candidates
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
    async with helper_processes() as helpers, helpers.searchers([], [], [], 2):
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


async def test_two_processes_find_what_one_finds() -> None:
    sides = practice(7, 600, 3_000)
    different = frozenset({(each.existing, each.imported) for each in match(sides.existing, sides.imported)[:5]})
    candidates = Candidates()
    async with helper_processes() as both, both.searchers(as_json(sides.existing), different, [], 2) as helpers:
        parts = [as_json(sides.imported[start : start + 500]) for start in range(0, 3_000, 500)]
        for first, second in zip(parts[::2], parts[1::2], strict=True):
            for part in await asyncio.gather(helpers[0].find(first), helpers[1].find(second)):
                candidates.add(part)
    proposals = make_proposals(sides.existing, candidates)
    assert len(proposals) > 300
    assert proposals == match(sides.existing, sides.imported, different=different, strict=True)


async def test_two_searches_at_once_share_the_processes_and_each_finds_its_own() -> None:
    files = practice(7, 300, 1_500), practice(8, 300, 1_500)

    async def searched(both: Helpers, sides: Sides) -> list[Proposal]:
        parts = as_json(sides.imported[:700]), as_json(sides.imported[700:])
        async with both.searchers(as_json(sides.existing), [], [], 2) as helpers:
            found = await asyncio.gather(*(helper.find(part) for helper, part in zip(helpers, parts, strict=True)))
        for part in found[1:]:
            found[0].add(part)
        return make_proposals(sides.existing, found[0])

    async with helper_processes() as both:
        proposals = await asyncio.gather(*(searched(both, sides) for sides in files))
        assert len(helpers_of(os.getpid())) == 2
    assert proposals == [match(sides.existing, sides.imported, strict=True) for sides in files]


async def test_an_answer_that_nobody_waits_for_is_not_taken_for_the_next() -> None:
    async with helper_processes() as both, both.searchers(as_json([ANN]), [], [], 2) as helpers:
        abandoned = asyncio.create_task(helpers[0].find(as_json([ANN])))
        await asyncio.sleep(0)
        abandoned.cancel()
        await asyncio.wait([abandoned])
        with pytest.raises(HelperDied):
            await helpers[0].find(as_json([]))
        assert (await helpers[1].find(as_json([ANN]))).searched == 1


async def test_a_killed_process_is_reported_and_the_others_end() -> None:
    async with helper_processes() as both, both.searchers([], [], [], 2) as helpers:
        os.kill(helpers_of(os.getpid())[0], signal.SIGKILL)
        with pytest.raises(HelperDied, match="ended before its time"):
            for helper in helpers:
                await helper.find(as_json([ANN]))
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
