"""Rules about writes to ezyVet whose outcome is in doubt: what was made of them, how long to look, when to give up."""

from __future__ import annotations

from integrations.ezyvet.attempts import Attempt
from partners.ezyvet.guesses import LONGEST_WRITE_SECONDS, SETTLE_SECONDS
from partners.ezyvet.http import TIMEOUT
from pharmacy.prescriptions.life.calls import (
    Accepted,
    Call,
    Check,
    Create,
    Disable,
    End,
    Observed,
    Outcome,
    ShownItem,
    Stuck,
    Unsure,
    UpdatedItem,
)
from workflows.prescription_contracts import Delivery

GIVE_UP_SECONDS = 45.0
"""How long after its first attempt a doubtful write goes to a person."""
LONGEST_DOUBT = 120.0
"""How long a doubtful write is waited for if ezyVet takes no more reads for a while."""
WRITE_SECONDS = TIMEOUT + 5.0
"""How long one write takes at most, with the token and all."""
LOOK_EVERY = 8.0
"""Seconds between looks at most: reads have a limit, too, and many may be in doubt at once."""
LOOK_AT_LEISURE = 60.0
"""Seconds between looks once a person was asked to look, because it was not possible."""
BEING_LOOKED_UP = Unsure(reason="We are checking whether ezyVet has it.")


class LookAgain(Exception):
    """Too early to tell; to be looked up again in `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"We check again in {seconds:.0f} s.")
        self.seconds = seconds


def earlier_outcome(order: Delivery, attempt: Attempt | None) -> Outcome | None:
    """Returns what has become of the order's write if it was begun before, or if a later one was."""
    if attempt is None or attempt.asked_at < order.asked_at:
        return None
    if attempt.asked_at == order.asked_at and not attempt.in_doubt:
        return Accepted(uid=attempt.uid) if attempt.state == "known" else None
    return BEING_LOOKED_UP


def shows(observed: Observed, call: Call) -> bool:
    """Returns whether ezyVet shows what it would show after the call."""
    if isinstance(call, Disable):
        return not observed.active
    if isinstance(call, Create | Check):
        return True
    there = {item.product: item for item in observed.items}
    return all(change.product in there and _is_made(change, there[change.product]) for change in call.items)


def _is_made(change: UpdatedItem, item: ShownItem) -> bool:
    if isinstance(change, End):
        return item.status == change.status
    return (item.qty, item.remaining, item.last_dispensed) == (change.qty, change.remaining, change.last_dispensed)


def wait_for(attempt: Attempt) -> None:
    """Raises `LookAgain` while a write that does not show may still do so."""
    # Otherwise ezyVet may still be at it, without anybody who waits.
    settled_at = SETTLE_SECONDS if attempt.state == "ended" else LONGEST_WRITE_SECONDS
    if attempt.age < settled_at:
        raise LookAgain(min(settled_at - attempt.age, LOOK_EVERY))


def given_up(attempt: Attempt) -> Stuck | None:
    """Returns what a person is told of a write that does not show, unless it can be sent again.

    It is sent again for as long as it was our process that died, and for a while if ezyVet failed.
    """
    unproven = attempt.state == "timed_out"
    if unproven or (attempt.state == "ended" and attempt.total > max(GIVE_UP_SECONDS, attempt.age + 1)):
        return Stuck(reason="ezyVet gave no answer, and does not show it: look there.", unproven=unproven)
    return None
