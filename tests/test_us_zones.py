"""The time zones of the United States' states: what a state decides, and what does not fit it."""

from __future__ import annotations

import pytest

from desk.us_zones import zones_instead, zones_of, zones_of_few
from playbooks.engine.onboarding import Practice


@pytest.mark.parametrize(
    ("zone", "state", "instead"),
    [
        ("America/Chicago", "IL", ()),
        ("America/New_York", "IL", ("America/Chicago",)),
        ("America/Detroit", "MI", ()),
        ("America/Denver", "AZ", ()),
        ("America/Chicago", "AZ", ("America/Phoenix",)),
        ("America/Adak", "AK", ()),
        ("America/Phoenix", "UT", ("America/Denver",)),
        ("America/Chicago", "oregon", ("America/Denver", "America/Los_Angeles")),
        ("Europe/Berlin", None, ()),
    ],
)
def test_only_clocks_that_a_state_has_nowhere_are_doubted(
    zone: str, state: str | None, instead: tuple[str, ...]
) -> None:
    practice = Practice(id="elm", name="Elm", time_zone=zone, country="US", state=state)
    assert zones_instead(practice) == instead


def test_every_state_has_its_zones_and_other_countries_have_none() -> None:
    assert all(zones_of("US", state) for state in ("DC", "HI", "AK", "PR", "WY"))
    assert zones_of("US", None) == zones_of("DE", "BY") == zones_of(None, "IL") == ()


def test_a_few_places_do_not_make_a_state_ask_for_its_zone() -> None:
    assert zones_of("US", "AZ") == ("America/Phoenix",)
    assert zones_of_few("US", "Arizona") == ("America/Denver",), "the Navajo Nation"
    assert zones_of_few("US", "IL") == ()
