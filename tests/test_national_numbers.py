"""Telephone numbers of North America are shown in one form; all others stay as they were typed."""

from __future__ import annotations

import pytest

from templates.filters import national


@pytest.mark.parametrize(
    ("stored", "shown"),
    [
        ("3125550203", "(312) 555-0203"),
        ("+13125550203", "(312) 555-0203"),
        ("13125550203", "(312) 555-0203"),
        ("312 555 0203", "(312) 555-0203"),
        ("+1 312-555-0203", "(312) 555-0203"),
        ("312.555.0203", "(312) 555-0203"),
        ("(312) 555-0203", "(312) 555-0203"),
        ("312 555 0203 or 312 555 0204", "312 555 0203 or 312 555 0204"),
        ("312 555 0203 x12", "312 555 0203 x12"),
        ("+493012345678", "+493012345678"),
        ("0125550203", "0125550203"),
        ("5550203", "5550203"),
        ("", ""),
        (None, ""),
    ],
)
def test_a_number_is_shown_as_people_write_it(stored: str | None, shown: str) -> None:
    assert national(stored) == shown
