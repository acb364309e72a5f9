"""The practice's page tells what came of the practice's data, in plain words (DP6, DP11)."""

from __future__ import annotations

from pathlib import Path

from desk import feed_imports
from pharmacy.records import feed_progress, feeds, home_delivery, review_decisions, review_queue
from store.journal import journal
from tests.records.clinics import client, ndjson, patient
from tests.records.reviewing import at_home
from tests.system.harness import eventually
from tests.web.browser import Browser, text_of
from tests.web.practice.world import Clinic


async def import_rows(clinic: Clinic, folder: Path, day: int, *rows: dict[str, object], scope: str = "full") -> None:
    """A feed, handed in and followed until it is over or asks."""
    path = folder / "export.ndjson"
    path.write_bytes(ndjson(rows, made_at=f"2026-10-{day:02}T12:00:00Z", scope=scope))
    await eventually(lambda: journal.find(clinic.desk.database, clinic.identity), bool)
    number = (await feed_imports.hand_in(clinic.desk, clinic.id, path, path.name, "sam")).number
    await eventually(
        lambda: feed_progress.load_feed(clinic.desk.database, clinic.id, number),
        lambda feed: feed.is_over or feed.state == "asking",
        60,
    )


async def test_dp11_what_came_is_told(registering: Clinic, phone: Browser, tmp_path: Path) -> None:
    page = await registering.link(registering.contact)
    assert 'id="data"' not in (await phone.get(page)).text
    pets = [patient(number, 1) for number in range(1, 21)]
    await import_rows(registering, tmp_path, 1, client(1), client(2), *pets, patient(90, 77))
    said = text_of((await phone.get(page)).text)
    assert "Your data 2 clients and 20 pets are with us." in said
    assert "Your clients and patients are copied" in said
    assert "1 entry of the last time could not be read. We ask you if we need it." in said


async def test_dp9_who_was_known_is_told_and_who_may_be_until_it_is_decided(
    registering: Clinic, phone: Browser, tmp_path: Path
) -> None:
    page, database = await registering.link(registering.contact), registering.desk.database
    await eventually(lambda: journal.find(database, registering.identity), bool)
    await feeds.ensure_practice(database, registering.id)
    await home_delivery.add_home_clients(database, registering.id, [at_home(1), at_home(2, given_name="")])
    await import_rows(registering, tmp_path, 1, client(1), client(2), patient(1, 1))
    said = text_of((await phone.get(page)).text)
    assert "1 client was known from home delivery, and is one record now." in said
    assert "1 other may be known, too" in said
    number = await review_queue.next_pair(database, registering.id)
    assert number
    await review_decisions.decide_pair(database, registering.id, number, "different", "ana", version=0)
    said = text_of((await phone.get(page)).text)
    assert "1 client was known" in said and "may be known, too" not in said


async def test_what_a_person_looks_at_first_is_told(registering: Clinic, phone: Browser, tmp_path: Path) -> None:
    page = await registering.link(registering.contact)
    pets = [patient(number, 1) for number in range(1, 21)]
    await import_rows(registering, tmp_path, 1, client(1), *pets)
    await import_rows(registering, tmp_path, 2, client(1), *({**pet, "deceased": True} for pet in pets))
    said = text_of((await phone.get(page)).text)
    assert "Something about them is unusual, so one of us checks them before we import them" in said
    assert "1 client and 20 pets are with us." in said
