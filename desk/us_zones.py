"""The time zones of the United States, by what people there call them."""

from __future__ import annotations

CALLED = {
    "eastern": "America/New_York",
    "central": "America/Chicago",
    "mountain": "America/Denver",
    "pacific": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
}
OTHERS = (
    *("America/Detroit", "America/Phoenix", "America/Boise", "America/Indianapolis", "America/Indiana/Indianapolis"),
    *("America/Louisville", "America/Kentucky/Louisville", "America/Juneau"),
)
"""Zones of parts of the country, besides those that are called so."""


def us_zone(name: str, state: str = "") -> str | None:
    """Returns the zone of the United States that is meant, `Mountain` or `America/Denver`; None if it is none of them.

    Arizona's mountain time has no summer time.
    """
    called = name.strip().casefold().removesuffix(" time")
    if called == "mountain" and state.strip().casefold() in ("az", "arizona"):
        return "America/Phoenix"
    if name in CALLED.values() or name in OTHERS or name.startswith("US/"):
        return name
    return CALLED.get(called)
