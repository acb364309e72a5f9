"""The reports tell how often the automatic merging is wrong (DP9)."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from playwright.async_api import Browser as Chromium

from configuration.settings import Settings
from desk.service import Desk
from pharmacy.records.review_decisions import decide_pair
from store.database import connect
from tests.records.clinics import Clinic
from tests.records.reviewing import import_with_home_clients, number_of
from tests.web.browser import Browser, next_number, text_of
from tests.web.looking import EVERY_WINDOW, look
from tests.web.serving import serving
from web.app import create_app


async def test_dp9_the_report_has_the_rate_with_its_interval(
    chromium: Chromium, desk: Desk, web_settings: Settings, new_database: Callable[[], str], tmp_path: Path
) -> None:
    database = connect(new_database())
    clinic = await import_with_home_clients(await Clinic(database, "riverside", tmp_path).create())
    first, second, pair = [await number_of(clinic, f"C{each}", f"H{each}") for each in (4, 5, 1)]
    await decide_pair(database, clinic.id, first, "different", "ana", version=0, checking=True)
    await decide_pair(database, clinic.id, second, "same", "ana", version=0, checking=True)
    await decide_pair(database, clinic.id, pair, "same", "ana", version=0)
    async with (
        serving(create_app(Desk(desk.client, database, web_settings), web_settings), web_settings) as address,
        await Browser.of_new_person(address, database, "viewer", f"v-{next_number()}") as viewer,
    ):
        for path in ("/reports", "/review"):
            said = text_of((await viewer.get(path)).text)
            assert "Of 2 automatic merges checked at random, 1 was two people : 50.0 %" in said
            assert "(with 95 % certainty between 1.3 % and 98.7 %)" in said
        assert "Of 1 pair that it left to a person, 1 was the same." in said
        page = text_of((await viewer.get("/reports")).text)
        assert "Riverside 1 2 1 1.3 % to 98.7 % 1 1" in page
        async with look(chromium, viewer, windows=EVERY_WINDOW) as one:
            await one.go("/reports")
            await one.check()
    await database.dispose()
