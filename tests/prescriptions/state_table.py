"""The tables of docs/prescriptions.md: every combination of what can happen, run through the rules."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations_with_replacement, product

from pharmacy.prescriptions.life.calls import Call, Create, Fill, Update, UpdatedItem
from tests.prescriptions.life import Life, an_item

STATES = {
    "nothing yet": (),
    "dispensed": ("dispense",),
    "came back": ("dispense", "return"),
    "declined by the vet": ("decline vet",),
    "declined by the owner": ("decline owner",),
    "cancelled by the vet": ("cancel vet",),
    "cancelled by the owner": ("cancel owner",),
    "dispensed, declined by the vet": ("dispense", "decline vet"),
    "dispensed, declined by the owner": ("dispense", "decline owner"),
    "dispensed, cancelled by the vet": ("dispense", "cancel vet"),
    "dispensed, cancelled by the owner": ("dispense", "cancel owner"),
    "dispensed, cancelled by the vet, came back": ("dispense", "cancel vet", "return"),
    "dispensed, cancelled by the owner, came back": ("dispense", "cancel owner", "return"),
}
"""What can have become of an item, and the events."""
OF_TWO = (
    "nothing yet",
    "dispensed",
    "came back",
    "declined by the vet",
    "cancelled by the vet",
    "dispensed, cancelled by the vet",
)


def when_created() -> str:
    """Returns the table of RX2: what is approved and paid, and whether it is created."""
    rows = []
    for origin, approved, paid in product(("vet", "owner"), (False, True), (False, True)):
        life = Life(origin=origin)
        if approved:
            life.do("approve", by="lee")
        if paid:
            life.do("pay")
        written = "written by the vet" if origin == "vet" else "requested by the owner"
        rows.append((written, _yes(approved), _yes(paid), _calls(life.sent()), life.state.reason))
    return _table(("Prescription", "Approved", "Paid", "Sent", "Why"), rows)


def of_one_item() -> str:
    """Returns what is sent of a prescription with one item, by what happened and what was shown before."""
    head = (
        "What happened",
        "Status",
        "Sent if nothing was created",
        "Sent if it was PENDING",
        "Sent if it was CURRENT",
    )
    rows = []
    for name, events in STATES.items():
        before, pending, current = _approved(), _approved(), _approved()
        pending.sent()
        current.sent()
        if "dispense" in events:
            _happen(current, "A", events[:1])
            current.sent()
            _happen(current, "A", events[1:])
            last = _calls(current.sent())
        else:
            last = "–"
        for life in (before, pending):
            _happen(life, "A", events)
        rows.append((name, str(pending.statuses["A"]), _calls(before.sent()), _calls(pending.sent()), last))
    return _table(head, rows)


def of_two_items() -> str:
    """Returns what is shown in the end of a prescription with two items; each pair of states once."""
    rows = []
    for first, second in combinations_with_replacement(OF_TWO, 2):
        life = _approved("A", "B")
        life.sent()
        _happen(life, "A", STATES[first])
        _happen(life, "B", STATES[second])
        life.sent()
        disabled = life.prescription.delivery.disabled
        shown = ["disabled", "disabled"] if disabled else [item.status for item in life.prescription.delivery.items]
        rows.append((first, second, *shown))
    return _table(("The first item", "The second item", "The first shows", "The second shows"), rows)


def _approved(*products: str) -> Life:
    life = Life(*(an_item(one) for one in products or ("A",)))
    life.do("approve", by="lee")
    return life


def _happen(life: Life, item: str, events: Iterable[str]) -> None:
    for event in events:
        match event.split():
            case ["dispense"]:
                life.do("dispense", product=item, qty=3, remaining=2)
            case ["return"]:
                life.do("return", product=item)
            case [name, by]:
                life.do(name, by=by, reason="as the table says", items=[item])


def _calls(calls: list[Call]) -> str:
    return ", then ".join(_call(call) for call in calls) or "nothing"


def _call(call: Call) -> str:
    match call:
        case Create(items=items):
            return "create with its date" if items[0].last_dispensed else "create"
        case Update(items=changes):
            return " and ".join(_change(change) for change in changes)
        case _:
            return call.kind


def _change(item: UpdatedItem) -> str:
    return "fill" if isinstance(item, Fill) else f"`{item.status}`"


def _yes(value: bool) -> str:
    return "yes" if value else "no"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = tuple(head)
    lines = [head, ("---",) * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines).replace("| --- ", "|---").replace("--- |", "---|")
