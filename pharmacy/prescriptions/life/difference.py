"""The difference between what the practice's system should show and what it has acknowledged, as the next call."""

from __future__ import annotations

from datetime import datetime

from pharmacy.prescriptions.life.calls import (
    Call,
    Create,
    CreatedItem,
    Disable,
    End,
    Fill,
    ShownItem,
    Update,
    UpdatedItem,
)
from pharmacy.prescriptions.life.dates import epoch
from pharmacy.prescriptions.life.position import ItemPosition, Position, position_of
from pharmacy.prescriptions.life.statuses import ended_status, is_final
from pharmacy.prescriptions.life.values import Prescription


def difference(prescription: Prescription, now: datetime) -> Call | None:
    """Returns the call that brings what is shown nearer to what should be, whatever stops the delivery."""
    delivery, position = prescription.delivery, position_of(prescription)
    if delivery.disabled:
        return None
    if delivery.uid is None:
        return _create(prescription, position, now)
    shown = [position.item(each.product) for each in delivery.items]
    ours = [each for each in shown if each]
    if prescription.rules.can_disable and ours and all(each.void for each in ours):
        held = any(each.end and each.end.held_until > now for each in ours)
        return None if held else Disable(uid=delivery.uid)
    return _update(prescription, position, ours, delivery.uid, now)


def wanted(position: Position) -> tuple[ItemPosition, ...]:
    """Returns the items that a creation contains (RX2, RX3), as if no decision could be taken back.

    Those are what a vet authorised and nobody stopped before the first fill, but never a free product.
    """
    if position.due_at is None:
        return ()
    return tuple(
        each
        for each in position.items
        if each.item.kind != "free"
        and not each.ledger.all_returned
        and (each.ledger.fills or not (each.end or position.over))
    )


def _create(prescription: Prescription, position: Position, now: datetime) -> Create | None:
    items = wanted(position)
    held = any(each.end and each.end.held_until > now for each in position.items if each.item.kind != "free")
    # What is left out of a creation cannot be added later: all decisions must be final.
    if not items or held or position.prescriber_disabled:
        return None
    return Create(
        reference=prescription.id,
        patient=prescription.patient,
        owner=prescription.owner,
        prescriber=position.prescriber,
        clinical_record=position.clinical_record,
        written=epoch(prescription.written_at),
        total_cents=sum(each.item.price_cents for each in items),
        items=tuple(_created(each) for each in items),
    )


def _created(position: ItemPosition) -> CreatedItem:
    item = position.item
    return CreatedItem(
        product=item.product,
        product_name=item.name,
        link=item.link,
        instructions=item.instructions,
        price_cents=item.price_cents,
        # On a creation it can only be what is prescribed; if another quantity was dispensed, an update follows.
        qty=item.qty,
        remaining=position.remaining,
        last_dispensed=position.last_dispensed_at,
    )


def _update(
    prescription: Prescription, position: Position, items: list[ItemPosition], uid: str, now: datetime
) -> Update | None:
    delivery = prescription.delivery
    changes: list[UpdatedItem] = []
    for each in items:
        shown = delivery.item(each.item.product)
        if shown and (change := _change(each, shown, now)):
            changes.append(change)
    moved = position.prescriber != delivery.prescriber and not position.prescriber_disabled
    if moved and not changes:
        # A change of the prescriber alone is refused: it has to carry a date of a fill.
        shown_items = ((each, delivery.item(each.item.product)) for each in items if each.end is None)
        current = ((each, shown) for each, shown in shown_items if shown and shown.status == "CURRENT")
        changes.extend([fill for each, shown in current if (fill := _fill(each, shown))][:1])
    if not changes:
        return None
    return Update(uid=uid, items=tuple(changes), prescriber=position.prescriber if moved else None)


def _change(position: ItemPosition, shown: ShownItem, now: datetime) -> UpdatedItem | None:
    """Returns the next change of an item: its last fill first, then its end; both legal from what is shown."""
    if is_final(shown.status):
        return None
    fill = _fill(position, shown)
    if fill and (fill.qty, fill.remaining, fill.last_dispensed) != (shown.qty, shown.remaining, shown.last_dispensed):
        return fill
    end = position.end
    if end is None or end.held_until > now:
        return None
    status = ended_status(end.who, dispensed=shown.status == "CURRENT")
    return End(product=position.item.product, status=status, status_date=position.status_at or epoch(end.at))


def _fill(position: ItemPosition, shown: ShownItem) -> Fill | None:
    ledger = position.ledger
    if ledger.last is None:
        return None
    return Fill(
        product=position.item.product,
        qty=position.qty,
        remaining=position.remaining,
        last_dispensed=epoch(ledger.last.at),
        status_date=shown.status_date if shown.status == "CURRENT" else epoch(ledger.fills[0].at),
    )
