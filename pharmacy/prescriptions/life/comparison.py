"""What the practice's system shows of a prescription, compared with what our calls have it show.

What a call of ours leads to means only that its answer was lost: our record follows, and the rest is sent from there.
So it does when an item has ended there, or all of it is disabled, against which nothing can be sent. Everything else
was changed by somebody there, and is overwritten only if a person says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Literal, NamedTuple

from pydantic import Field

from pharmacy.prescriptions.life.acknowledgement import delivery_after, read_back
from pharmacy.prescriptions.life.calls import Accepted, Observed, ShownItem
from pharmacy.prescriptions.life.dates import day_of
from pharmacy.prescriptions.life.delivery import NOTHING_HELD
from pharmacy.prescriptions.life.difference import difference
from pharmacy.prescriptions.life.effects import Step
from pharmacy.prescriptions.life.position import position_of
from pharmacy.prescriptions.life.statuses import is_final
from pharmacy.prescriptions.life.values import Delivery, Prescription, Receipt, Result
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Line
from playbooks.engine.transition import Refused

MOST_CALLS = 10
"""More calls in a row than any difference takes."""


class Reading(Frozen):
    """A prescription as it was read back, for our record to follow. It counts only while our record is `delivery`.

    `prescriber` is our vet whose user stands there; `why` says in a sentence what differed.
    """

    delivery: Delivery
    shown: Observed
    prescriber: str | None
    why: str = Field(max_length=20_000)
    by: Line


class Comparison(NamedTuple):
    """`agrees`, `behind` (our record may follow), `changed` or `missing` there; and what differs, in sentences."""

    state: Literal["agrees", "behind", "changed", "missing"]
    differences: tuple[str, ...] = ()


def compare(prescription: Prescription, shown: Observed, prescriber: str | None) -> Comparison:
    """Compares what is shown; `prescriber` is our vet whose user stands there."""
    delivery = prescription.delivery
    if shown.uid is None:
        gone = delivery.uid is not None and not delivery.disabled
        return Comparison("missing", ("It is no longer there.",)) if gone else Comparison("agrees")
    if delivery.uid is None:
        return Comparison("behind", (f"It is there, as {shown.uid}.",))
    if delivery.uid != shown.uid:
        return Comparison("changed", (f"It is there as {shown.uid}, and was created as {delivery.uid}.",))
    if not shown.active:
        return Comparison("agrees") if delivery.disabled else Comparison("behind", ("It is disabled there.",))
    if delivery.disabled:
        return Comparison("changed", ("It was disabled, and is enabled there again.",))
    return _compare_content(prescription, shown, prescriber)


def observe(prescription: Prescription, reading: Reading, now: datetime) -> Result:
    """Has our record follow what was read. Raises `Refused` if it has changed since then."""
    if prescription.delivery != reading.delivery:
        raise Refused("It has changed since it was read; compare it again.")
    step = Step(prescription, now)
    step.change(delivery=read_back(prescription.delivery, reading.shown, reading.prescriber))
    step.add_entry("fact", "observed", f"Read back from the practice's system: {reading.why}", reading.by)
    return step.result(Receipt(outcome="recorded", text="Our record follows what the practice's system shows."))


def _compare_content(prescription: Prescription, shown: Observed, prescriber: str | None) -> Comparison:
    delivery, ahead = prescription.delivery, _ahead(prescription)
    theirs = {item.product: item for item in shown.items}
    changed: list[str] = []
    behind: list[str] = []
    for ours in delivery.items:
        found = theirs.get(ours.product)
        if found and _content(found) == _content(ours):
            continue
        text = _difference(prescription, found, ours)
        ended = found and is_final(found.status) and not is_final(ours.status)
        led_to = found and _content(found) in [_content(item) for each in ahead if (item := each.item(ours.product))]
        (behind if ended or led_to else changed).append(text)
    if prescriber != delivery.prescriber:
        text = f"Its prescriber is {prescriber or 'nobody of ours'} there, and {delivery.prescriber} here."
        led_to = delivery.prescriber is None or prescriber in [each.prescriber for each in ahead]
        (behind if led_to else changed).append(text)
    if changed:
        return Comparison("changed", tuple(changed))
    return Comparison("behind", tuple(behind)) if behind else Comparison("agrees")


def _ahead(prescription: Prescription) -> Sequence[Delivery]:
    """Returns what the delivery becomes by each of the calls that are to be made next."""

    def follow() -> Iterator[Delivery]:
        now = prescription.model_copy(
            update={"delivery": prescription.delivery.model_copy(update={"problem": None, "waiting": None})}
        )
        for _ in range(MOST_CALLS):
            if (call := difference(now, NOTHING_HELD)) is None:
                return
            now = now.model_copy(update={"delivery": delivery_after(now.delivery, call, Accepted())})
            yield now.delivery

    return tuple(follow())


def _content(item: ShownItem) -> tuple[object, ...]:
    return item.status, item.qty, item.remaining, item.last_dispensed


def _difference(prescription: Prescription, theirs: ShownItem | None, ours: ShownItem) -> str:
    position = position_of(prescription).item(ours.product)
    name = position.item.name if position else ours.product
    if theirs is None:
        return f"{name} is no longer there."

    def day(seconds: int | None) -> str:
        return f"{day_of(datetime.fromtimestamp(seconds, UTC), prescription.zone):%-d %b %Y}" if seconds else "never"

    pairs = (
        ("is", theirs.status, ours.status),
        ("has quantity", f"{theirs.qty:f}", f"{ours.qty:f}"),
        ("has remaining", f"{theirs.remaining:f}", f"{ours.remaining:f}"),
        ("was last dispensed", day(theirs.last_dispensed), day(ours.last_dispensed)),
    )
    parts = (f"{verb} {there} there, and {here} here" for verb, there, here in pairs if there != here)
    return f"{name} {', '.join(parts) or 'was last dispensed at another time of the same day'}."
