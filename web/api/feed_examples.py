"""Examples of feeds for the OpenAPI document: a small file, and its result."""

from __future__ import annotations

import json
from typing import Any

FILE = "\n".join(
    json.dumps(row)
    for row in (
        {"kind": "feed", "scope": "changes", "made_at": "2026-11-20T06:00:00Z"},
        {
            "kind": "client",
            "id": "C1",
            "given_name": "Dana",
            "surname": "Reyes",
            "street": "12 Oak St",
            "city": "Chicago",
            "state": "IL",
            "postcode": "60601",
            "phone": "312 555 0117",
            "email": "dana@mail.example",
        },
        {
            "kind": "patient",
            "id": "P1",
            "client_id": "C1",
            "name": "Rex",
            "species": "dog",
            "breed": "Beagle",
            "birth_date": "2021-05-04",
            "weight_kg": 12.4,
        },
    )
)

FEED: dict[str, Any] = {
    "number": 3,
    "name": "export.ndjson",
    "size": len(FILE),
    "state": "done",
    "why": None,
    "by": "clinic-program",
    "made_at": "2026-11-20T06:00:00Z",
    "received_at": "2026-11-20T06:02:11Z",
    "finished_at": "2026-11-20T06:02:12Z",
    "waits_for": None,
    "rows_read": 2,
    "new_clients": 1,
    "new_patients": 1,
    **dict.fromkeys(("updated_clients", "updated_patients", "unchanged_clients", "unchanged_patients"), 0),
    **dict.fromkeys(("set_aside", "values_set_aside", "differing", "missing", "merged", "to_review"), 0),
}
ANSWERS: dict[str, Any] = {
    "feed_accepted": {"number": 3, "state": "received", "known": False, "waits_for": None},
    "feed": FEED,
    "feeds": {"items": [FEED], "next": None},
}
