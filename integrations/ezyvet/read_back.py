"""Prescriptions as they are read back from ezyVet."""

from __future__ import annotations

from collections.abc import Sequence

from partners.ezyvet.client import Ezyvet
from partners.ezyvet.records import Prescription, PrescriptionItem
from pharmacy.prescriptions.life.calls import Observed, ShownItem


async def observed(ezyvet: Ezyvet, found: Sequence[Prescription], own: str | None) -> Observed:
    """Returns the one known as `own`, else an active one, the first to be created. Raises `EzyvetError`."""
    there = min(found, key=lambda each: (each.uid != own, not each.active, each.id))
    items = tuple(shown_item(item) for item in await ezyvet.items(there.id))
    twice = any(each.active for each in found if each is not there)
    return Observed(uid=there.uid, active=there.active, items=items, twice=twice)


def shown_item(item: PrescriptionItem) -> ShownItem:
    """Returns an item as it was read back. Raises `ValidationError` for what no item of ours can be."""
    return ShownItem(
        product=item.external_product_reference,
        status=item.status or "CURRENT",
        status_date=item.status_date or 0,
        qty=item.qty,
        remaining=item.remaining,
        last_dispensed=item.date_of_lastdispense,
    )
