"""A feed as DataPoint might deliver it: a zip file with two tables and a manifest."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from datetime import datetime

from partners.simulators.datapoint.clinic import Clinic

CLIENTS = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
PATIENTS = ("id", "client_id", "name", "species", "breed", "birth_date", "weight_kg", "deceased")


def write_feed(practice: str, clinic: Clinic, made_at: datetime, state: str = "IL") -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = {"practice": practice, "made_at": made_at.isoformat(), "scope": "full"}
        archive.writestr("manifest.json", json.dumps(manifest))
        clients = (
            (
                *(each.id, each.given_name, each.surname, each.street, each.city, state),
                *(each.postcode, each.phone, each.email),
            )
            for each in clinic.clients.values()
        )
        archive.writestr("clients.csv", _table(CLIENTS, clients))
        patients = (
            (
                *(each.id, each.client, each.name, each.species, each.breed, each.birth_date.isoformat()),
                *(f"{each.grams / 1000:.2f}", "yes" if each.deceased else "no"),
            )
            for each in clinic.patients.values()
        )
        archive.writestr("patients.csv", _table(PATIENTS, patients))
    return content.getvalue()


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows(rows)
    return text.getvalue()
