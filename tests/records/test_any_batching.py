"""Whatever the batches, the kills and the repeats: the database is that of one clean run."""

from __future__ import annotations

import itertools
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records import feed_progress, feeds, home_delivery
from tests.records.clinics import Cells, Clinic, client, ndjson, patient
from tests.records.killing import Killed, killed_at, leaves_cursors_open
from tests.records.reviewing import at_home

pytestmark = leaves_cursors_open

fresh = itertools.count(1).__next__


clients = st.builds(
    client,
    st.integers(1, 4),
    given_name=st.sampled_from(["Ann", "Anna", ""]),
    street=st.sampled_from(["1 Main St", "9 Elm St"]),
    phone=st.sampled_from(["555-0101", "555-9999", ""]),
    email=st.sampled_from(["a@mail.example", "b@mail.example", "none", "wrong@"]),
)
patients = st.builds(
    patient,
    st.integers(1, 5),
    st.integers(1, 5),
    name=st.sampled_from(["Rex", "Max"]),
    weight_kg=st.sampled_from([12.5, 13, "", "heavy"]),
    deceased=st.sampled_from([True, False, ""]),
    birth_date=st.sampled_from(["2019-05-01", "2031-01-01", ""]),
    age=st.sampled_from(["3", "7", ""]),
)
rows = st.lists(st.one_of(clients, patients, st.just({"kind": "neither", "id": "X"})), min_size=1, max_size=9)


async def import_with_kills(clinic: Clinic, content: bytes, sizes: list[int], kills: list[int]) -> None:
    """Imports a feed to its end, with a kill after each of so many steps, each time in batches of another size."""
    number = await clinic.receive(content)
    for steps, size in itertools.zip_longest(kills, sizes, fillvalue=3):
        try:
            with killed_at(clinic.engine, steps):
                await clinic.import_feed(number, size)
        except Killed:
            pass
        await approve_if_asked(clinic, number)
    await clinic.import_feed(number)
    await approve_if_asked(clinic, number)
    await clinic.import_feed(number)
    # Once it is in, whoever comes again has nothing to do.
    await clinic.import_feed(number)


async def approve_if_asked(clinic: Clinic, number: int) -> None:
    if (await feed_progress.load_feed(clinic.engine, clinic.id, number)).state == "asking":
        await feeds.approve_feed(clinic.engine, clinic.id, number, "ana", "Looked into it")


async def create_clinic(engine: AsyncEngine, name: str, folder: str) -> Clinic:
    clinic = await Clinic(engine, name, Path(folder)).create()
    home = [at_home(1), at_home(2, given_name="Anna"), at_home(3, email="b@mail.example")]
    await home_delivery.add_home_clients(engine, name, home)
    return clinic


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    contents=st.lists(rows, min_size=1, max_size=3),
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    kills=st.lists(st.integers(0, 60), max_size=4),
)
async def test_any_batching_with_kills_and_repeats_gives_the_same(
    engine: AsyncEngine, contents: list[list[Cells]], sizes: list[int], kills: list[int]
) -> None:
    number = fresh()
    dumps: list[Any] = []
    with TemporaryDirectory() as folder:
        for name, how in ((f"clean-{number}", ([1_000], [])), (f"broken-{number}", (sizes, kills))):
            clinic = await create_clinic(engine, name, folder)
            for rows in contents:
                await import_with_kills(clinic, ndjson(rows), *how)
            dumps.append(await clinic.dump())
            assert await clinic.rows("SELECT * FROM staged_clients") == []
            assert await clinic.rows("SELECT * FROM staged_patients") == []
            assert await clinic.rows("SELECT * FROM feed_parts") == []
    assert dumps[0] == dumps[1]


async def test_killed_at_every_single_step(engine: AsyncEngine, tmp_path: Path) -> None:
    """Not by chance but at each: before every statement and every commit of two feeds, one after the other."""
    first = ndjson([client(1), client(2), patient(1, 1), patient(2, 2), patient(3, 9)])
    later = ndjson(
        [client(1, email="n@mail.example"), client(2, street="9 Elm St"), client(3), patient(1, 1, name="Max")]
    )
    clean = await create_clinic(engine, "clean", str(tmp_path))
    for content in (first, later):
        await import_with_kills(clean, content, [2], [])
    wanted = await clean.dump()
    steps = 0
    while True:
        clinic = await create_clinic(engine, f"killed-{steps}", str(tmp_path))
        reached = 0
        for content in (first, later):
            number = await clinic.receive(content)
            try:
                with killed_at(engine, steps):
                    await clinic.import_feed(number, 2)
            except Killed:
                reached += 1
            await clinic.import_feed(number, 2)
        assert await clinic.dump() == wanted, f"killed after {steps} steps"
        if not reached:
            break
        steps += 1
    assert steps > 50
