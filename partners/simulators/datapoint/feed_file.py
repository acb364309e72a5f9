"""A feed as DataPoint might deliver it: a zip file with two tables and a manifest."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime

from partners.simulators.datapoint.clinic import Clinic

CLIENTS = ("id", "given_name", "surname", "street", "city", "state", "postcode", "phone", "email")
PATIENTS = ("id", "client_id", "name", "species", "breed", "birth_date", "weight_kg", "deceased")


def write_feed(practice: str, clinic: Clinic, made_at: datetime) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        manifest = {"practice": practice, "made_at": made_at.isoformat(), "scope": "full"}
        archive.writestr("manifest.json", json.dumps(manifest))
        clients = [asdict(each) | {"state": "IL"} for each in clinic.clients.values()]
        archive.writestr("clients.csv", _table(CLIENTS, clients))
        patients = [
            asdict(each)
            | {"client_id": each.client, "weight_kg": f"{each.grams / 1000:.2f}"}
            | {"deceased": "yes" if each.deceased else "no"}
            for each in clinic.patients.values()
        ]
        archive.writestr("patients.csv", _table(PATIENTS, patients))
    return content.getvalue()


def _table(columns: Sequence[str], rows: Iterable[Mapping[str, object]]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
