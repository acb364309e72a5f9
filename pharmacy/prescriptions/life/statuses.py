"""The statuses of an item (RX6), and which word it is."""

from __future__ import annotations

from typing import Literal

Status = Literal["PENDING", "CURRENT", "DECLINED_DR", "DECLINED_CLIENT", "CANCELLED_DR", "CANCELLED_CLIENT"]
Ended = Literal["DECLINED_DR", "DECLINED_CLIENT", "CANCELLED_DR", "CANCELLED_CLIENT"]
"""The statuses that are sent, and that nothing leads out of. PENDING and CURRENT are never sent as words."""
Who = Literal["vet", "owner"]

_ENDED: dict[tuple[bool, Who], Ended] = {
    (False, "vet"): "DECLINED_DR",
    (False, "owner"): "DECLINED_CLIENT",
    (True, "vet"): "CANCELLED_DR",
    (True, "owner"): "CANCELLED_CLIENT",
}


def ended_status(who: Who, *, dispensed: bool) -> Ended:
    """Returns the word for an item that `who` ended; a person never chooses it."""
    return _ENDED[dispensed, who]


def is_final(status: Status) -> bool:
    """Whether nothing leads out of it."""
    return status not in ("PENDING", "CURRENT")
