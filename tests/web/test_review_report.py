"""The reports tell how often the automatic merging is wrong (DP9)."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser as Chromium

from desk.office import Desk
from pharmacy.records.review_decisions import decide
from tests.records.clinics import Clinic
from tests.records.reviewing import met, number_of
from tests.web.browser import Browser, next_number, text_of
from tests.web.looking import PHONE, look


async def test_dp9_the_report_has_the_rate_with_its_interval(
    chromium: Chromium, desk: Desk, specialist: Browser, tmp_path: Path
) -> None:
    clinic = await met(await Clinic(desk.database, f"report-{next_number()}", tmp_path).opened())
    first, second, pair = [await number_of(clinic, f"C{each}", f"H{each}") for each in (4, 5, 1)]
    await decide(clinic.engine, clinic.id, first, "different", "ana", seen=0, checking=True)
    await decide(clinic.engine, clinic.id, second, "same", "ana", seen=0, checking=True)
    await decide(clinic.engine, clinic.id, pair, "same", "ana", seen=0)
    page = text_of((await specialist.get("/reports")).text)
    assert "Of 2 automatic merges that were drawn at random and checked, 1 was two people : 50.0 %" in page
    assert f"{clinic.id.title()} 1 2 1 1.3 % to 98.7 % 1 1" in page
    assert "Of 1 pair that merging left to a person, 1 was the same." in page
    async with look(chromium, specialist, size=PHONE) as one:
        await one.go("/reports")
        await one.check()
