"""External prescriptions: create, update and disable, by section 3 as sections 10 and 11 correct it."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import Any

from partners.simulators.ezyvet.body import Body, Item, check_complete
from partners.simulators.ezyvet.errors import Invalid, NotFound
from partners.simulators.ezyvet.statuses import CURRENT, PENDING, change_of
from partners.simulators.ezyvet.store import Record, Site, Store

NO_STATUS_ON_POST = "status or status_date are not allowed on POST, use PATCH instead."
NEEDS_DISPENSE = "If no item has a status, at least one item must have date_of_lastdispense."
ITEM_FIELDS = ("external_product_name", "external_link", "instructions", "qty", "remaining", "price")
FIELDS = ("animal_id", "consult_id", "contact_id", "prescribing_vet_user_id", "external_reference")


class Prescriptions:
    def __init__(self, store: Store) -> None:
        self._store = store

    def create(self, site: Site, body: Body) -> str:
        """Returns the new prescription's uid. Raises Invalid. The same body again makes another one (section 3)."""
        if any(item.status is not None or item.status_date is not None for item in body.items):
            raise Invalid(NO_STATUS_ON_POST)
        check_complete(body)
        _check_links(self._store, site, body)
        _check_prescriber(self._store, site, body.prescribing_vet_user_id, current=None)
        prices = [item.price for item in body.items if item.price is not None]
        _check_total(body.total_price, prices)
        uid = str(uuid.uuid4())
        with self._store.transaction():
            identity = self._store.next_id(site.uid, "prescription")
            named = {name: getattr(body, name) for name in (*FIELDS, "date_of_prescription")}
            self._store.save(site.uid, "prescription", identity, {"uid": uid, "active": True, **named})
            for item in body.items:
                dispensed = item.date_of_lastdispense or body.date_of_lastdispense
                changes = {
                    "prescription_id": identity,
                    "active": True,
                    "external_product_reference": item.external_product_reference,
                    **{name: getattr(item, name) for name in ITEM_FIELDS},
                    "status": CURRENT if dispensed else PENDING,
                    "status_date": dispensed or body.date_of_prescription,
                    "date_of_lastdispense": dispensed,
                }
                self._store.save(
                    site.uid, "prescriptionitem", self._store.next_id(site.uid, "prescriptionitem"), changes
                )
                self._add_product(site, item)
        return uid

    def update(self, site: Site, uid: str, body: Body) -> None:
        """Raises NotFound or Invalid; then nothing has changed. `date_of_prescription` is ignored (OFFICIAL, 43.9)."""
        prescription = self._active(site, uid)
        items = self._store.all(site.uid, "prescriptionitem", prescription_id=prescription["id"], active="1")
        rows = {row["external_product_reference"]: row for row in items}
        changes: list[tuple[Record, dict[str, Any]]] = []
        for item in body.items:
            row = rows.get(item.external_product_reference)
            if row is None:
                text = f"No active item has the external_product_reference {item.external_product_reference}."
                raise Invalid(text, external_product_reference="unknown")
            change = change_of(item, row, body.date_of_lastdispense)
            given = {name: getattr(item, name) for name in ITEM_FIELDS if getattr(item, name) is not None}
            changes.append((row, given | change))
        if not any("status" in change or "date_of_lastdispense" in change for _, change in changes):
            raise Invalid(NEEDS_DISPENSE)
        _check_links(self._store, site, body, prescription)
        _check_prescriber(self._store, site, body.prescribing_vet_user_id, prescription["prescribing_vet_user_id"])
        prices = {row["id"]: Decimal(row["price"]) for row in items}
        prices |= {row["id"]: change["price"] for row, change in changes if "price" in change}
        _check_total(body.total_price, list(prices.values()))
        with self._store.transaction():
            named = {name: getattr(body, name) for name in FIELDS if getattr(body, name) is not None}
            self._store.save(site.uid, "prescription", int(prescription["id"]), named)
            for row, change in changes:
                self._store.save(site.uid, "prescriptionitem", int(row["id"]), change)

    def disable(self, site: Site, uid: str) -> None:
        """Raises NotFound, also the second time (GUESS, section 10)."""
        prescription = self._active(site, uid)
        with self._store.transaction():
            self._store.save(site.uid, "prescription", int(prescription["id"]), {"active": False})
            for row in self._store.all(site.uid, "prescriptionitem", prescription_id=prescription["id"]):
                self._store.save(site.uid, "prescriptionitem", int(row["id"]), {"active": False})

    def _active(self, site: Site, uid: str) -> Record:
        found = self._store.all(site.uid, "prescription", uid=uid, active="1")
        if not found:
            raise NotFound("No active external prescription has this prescription_uid.")
        return found[0]

    def _add_product(self, site: Site, item: Item) -> None:
        """Each product becomes one of ezyVet's, in a group named after the partner (OFFICIAL); a new name, another."""
        wanted = {"reference": item.external_product_reference, "name": item.external_product_name or ""}
        if not self._store.all(site.uid, "product", **wanted):
            self._add(site, "product", {**wanted, "group": site.partner_name})

    def _add(self, site: Site, resource: str, fields: dict[str, Any]) -> None:
        self._store.save(site.uid, resource, self._store.next_id(site.uid, resource), fields)


def _check_total(total: Decimal | None, prices: list[Decimal]) -> None:
    if total is not None and total != sum(prices):
        raise Invalid(f"total_price must be the sum of the items' prices, {sum(prices)}.", total_price="not the sum")


def _check_links(store: Store, site: Site, body: Body, current: Record | None = None) -> None:
    """Checks that animal, owner and clinical record exist and belong together (GUESS: section 4, checks before POST).

    On an update only if one of them changes. Raises Invalid.
    """
    names = ("animal_id", "contact_id", "consult_id")
    before = {name: int(current[name]) if current and current[name] else None for name in names}
    after = {name: getattr(body, name) or before[name] for name in names}
    if after == before:
        return
    animal = _active(store, site, "animal", after["animal_id"])
    if animal["is_dead"] == "1":
        raise Invalid(f"Animal {animal['id']} is dead.", animal_id="dead")
    contact = _active(store, site, "contact", after["contact_id"])
    if animal["contact_id"] != contact["id"]:
        raise Invalid(f"Animal {animal['id']} is not contact {contact['id']}'s.", contact_id="of another animal")
    if after["consult_id"]:
        consult = _active(store, site, "consult", after["consult_id"])
        if consult["animal_id"] != animal["id"]:
            raise Invalid(f"Consult {consult['id']} is not animal {animal['id']}'s.", consult_id="of another animal")


def _check_prescriber(store: Store, site: Site, user_id: int | None, current: str | None) -> None:
    """A prescription may keep a disabled user or move to an active one, never to a disabled one (OFFICIAL, 44.4).

    Only vet users write prescriptions (OFFICIAL, the guide; that ezyVet refuses others is a GUESS). Raises Invalid.
    """
    if user_id is None or str(user_id) == current:
        return
    user = store.get(site.uid, "user", user_id)
    if user is None:
        raise Invalid(f"No user has the id {user_id}.", prescribing_vet_user_id="unknown")
    if user["active"] != "1":
        raise Invalid(f"User {user_id} is disabled.", prescribing_vet_user_id="disabled")
    if user["is_vet"] != "1":
        raise Invalid(f"User {user_id} is not a vet.", prescribing_vet_user_id="not a vet")


def _active(store: Store, site: Site, resource: str, identity: int | None) -> Record:
    record = store.get(site.uid, resource, identity or 0)
    if record is None or record["active"] != "1":
        raise Invalid(f"No active {resource} has the id {identity}.", **{f"{resource}_id": "unknown"})
    return record
