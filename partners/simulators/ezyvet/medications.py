"""A practice's prescriptions as its vets see them in ezyVet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from partners.simulators.ezyvet.statuses import CURRENT
from partners.simulators.ezyvet.store import Record, Site, Store


@dataclass(frozen=True)
class Medication:
    """One item. `status` is empty for CURRENT (OFFICIAL: "no status"); days are those of the practice's time zone."""

    patient: str
    owner: str
    prescriber: str
    product: str
    instructions: str
    status: str
    status_day: str
    prescribed_day: str
    dispensed_day: str
    qty: str
    remaining: str
    link: str
    enabled: bool


def medications(store: Store, site: Site, limit: int, patient: str = "") -> tuple[list[Medication], int]:
    """The items of the latest prescriptions, latest first, and how many prescriptions there are besides.

    With `patient`, only those of patients in whose name this is.
    """
    names = {each["id"]: each for each in store.all(site.uid, "animal")}
    prescriptions = [
        each
        for each in reversed(store.all(site.uid, "prescription"))
        if patient.strip().lower() in names[each["animal_id"]]["name"].lower()
    ]
    shown = [
        _medication(store, site, prescription, names[prescription["animal_id"]], item)
        for prescription in prescriptions[:limit]
        for item in store.all(site.uid, "prescriptionitem", prescription_id=prescription["id"])
    ]
    return shown, len(prescriptions[limit:])


def _medication(store: Store, site: Site, prescription: Record, animal: Record, item: Record) -> Medication:
    return Medication(
        patient=animal["name"],
        owner=_person(store, site, "contact", prescription["contact_id"]),
        prescriber=_person(store, site, "user", prescription["prescribing_vet_user_id"]),
        product=item["external_product_name"],
        instructions=item["instructions"],
        status="" if item["status"] == CURRENT else item["status"],
        status_day=_day(site, item["status_date"]),
        prescribed_day=_day(site, prescription["date_of_prescription"]),
        dispensed_day=_day(site, item["date_of_lastdispense"]),
        qty=item["qty"],
        remaining=item["remaining"],
        link=item["external_link"],
        enabled=item["active"] == "1",
    )


def _person(store: Store, site: Site, resource: str, identity: str) -> str:
    person = store.get(site.uid, resource, int(identity)) or {}
    return f"{person.get('first_name', '')} {person.get('last_name', '')}".strip()


def _day(site: Site, seconds: str) -> str:
    """`08 Jul 2024`; empty for no time."""
    return f"{datetime.fromtimestamp(int(seconds), ZoneInfo(site.time_zone)):%d %b %Y}" if seconds else ""
