"""What a prescription refers to must exist and belong together (GUESS: section 4, checks before POST)."""

from __future__ import annotations

from partners.simulators.ezyvet.body import Body
from partners.simulators.ezyvet.errors import Invalid
from partners.simulators.ezyvet.store import Record, Site, Store


def check_links(store: Store, site: Site, body: Body, current: Record | None = None) -> None:
    """Checks animal, owner and clinical record; on an update only if one of them changes. Raises Invalid."""
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


def check_prescriber(store: Store, site: Site, user_id: int | None, current: str | None) -> None:
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
