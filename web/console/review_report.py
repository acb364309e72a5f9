"""What the reports say about merging: how often the automatic rule is wrong, and how reviewed pairs turned out."""

from __future__ import annotations

from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from pharmacy.records.review_sample import error_rates, total_rate

SHOWN = 25


async def merging(database: AsyncEngine) -> dict[str, Any]:
    """The words of `console/review_rates.html`: practices with the most wrong merges first, then the least checked."""
    found = sorted(await error_rates(database), key=lambda each: (-each.wrong, each.checked, -each.merged))
    return {
        "merging": found[:SHOWN],
        "merging_together": total_rate(found),
        "merging_left_out": max(0, len(found) - SHOWN),
    }
