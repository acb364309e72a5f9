"""A prescription's history says who wrote in the name of another, whatever the two are called."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pharmacy.prescriptions.life.story import HistoryStep
from web.clinic.prescribing import Names

NOON = datetime(2026, 3, 2, 18, tzinfo=UTC)
NAMES = Names({"lee": "Ann Lee", "ann": "Ann"})


@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("member:ann", "Written by Ann for Ann Lee"),
        ("member:lee", "Written by Ann Lee"),
        ("the practice's system", "Written by Ann Lee"),
    ],
)
def test_a_delegate_is_named_beside_the_vet(by: str, said: str) -> None:
    assert NAMES.told(HistoryStep("Written by lee", ("A",), by, NOON, NOON, writer="lee")) == said
