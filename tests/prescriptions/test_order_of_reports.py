"""The order in which reports arrive changes nothing: each is placed by when it happened."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.prescriptions.life import NOON, Life, approved

Reported = tuple[int, str, dict[str, Any]]
"""The hour at which it happened, the event, and its body."""
HOURS = st.lists(st.integers(1, 40), min_size=2, max_size=5, unique=True)


def reported(events: list[Reported]) -> Life:
    """Returns a prescription to which these events were reported, each with the hour at which it happened."""
    life = approved()
    life.later(hours=48)
    for hour, name, body in events:
        life.do(name, key=f"{hour}", at=(NOON + timedelta(hours=hour)).isoformat(), **body)
    return life


@settings(max_examples=30)
@given(hours=HOURS, cancelled=st.booleans(), data=st.data())
def test_any_order_of_arrival_gives_the_same(hours: list[int], cancelled: bool, data: st.DataObject) -> None:
    fills: list[Reported] = [
        (hour, "dispense", {"product": "A", "qty": number, "remaining": number}) for number, hour in enumerate(hours, 1)
    ]
    end: list[Reported] = [(41, "cancel", {"by": "owner", "reason": "moved away"})] if cancelled else []
    events = [*sorted(fills, key=lambda event: event[0]), *end]
    expected, life = reported(events), reported(data.draw(st.permutations(events)))
    assert life.item()._replace(end=None, ledger=life.item().ledger._replace(fills=())) == (
        expected.item()._replace(end=None, ledger=expected.item().ledger._replace(fills=()))
    )
    sent = [call.model_dump() for call in life.sent()]
    assert sent == [call.model_dump() for call in expected.sent()]
    assert sent[0]["items"][0]["last_dispensed"] == int((NOON + timedelta(hours=max(hours))).timestamp())
