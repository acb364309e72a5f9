"""Every guess about ezyVet's API, in one place: what its public pages do not say, and what we do until it is confirmed.

The list in docs/ezyvet.md is made from `TO_CONFIRM`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

PRESCRIPTIONS = "/v1/externalprescription"
"""Stated by ezyVet; what follows is not."""


def update_call(uid: str) -> tuple[str, str]:
    """Returns the verb and the path that change a prescription."""
    return "PATCH", f"{PRESCRIPTIONS}/{uid}"


def disable_call(uid: str) -> tuple[str, str]:
    """Returns the verb and the path that disable a prescription (RX9)."""
    return "DELETE", f"{PRESCRIPTIONS}/{uid}"


CAN_DISABLE = True
"""The switch of RX9. Without such a call, a prescription gets the legal terminal status instead of being disabled."""

READ_BACK = "/v1/prescription"
READ_BACK_ITEMS = "/v1/prescriptionitem"


def read_back(animal: int, external_reference: str) -> dict[str, Any]:
    """Returns the filters that find an external prescription, which is how an uncertain create is looked up."""
    return {"animal_id": animal, "external_reference": external_reference}


SETTLE_SECONDS = 5.0
"""How long after ezyVet cut a write off, or failed at it, that may take until it can be read back."""
LONGEST_WRITE_SECONDS = 45.0
"""How long after it was sent ezyVet may still be at a write that nobody waits for, because our process died."""
PAGE_SIZE = 200
MOST_VALUES = 100
"""How many values one filter names, so that an address stays within 8 KB."""


def one_of(values: Iterable[int | str]) -> str:
    """Returns the filter of a field that has one of these values."""
    return json.dumps({"in": [str(each) for each in values]}, separators=(",", ":"))


TO_CONFIRM: tuple[tuple[str, str], ...] = (
    ("`PATCH /v1/externalprescription/{prescription_uid}` changes a prescription", "The path and its key."),
    (
        "A PATCH matches items by `external_product_reference` and leaves the others as they are",
        "What becomes of items that are left out.",
    ),
    (
        "`DELETE /v1/externalprescription/{prescription_uid}` disables a prescription (RX9)",
        "Whether there is such a call; if not, set `CAN_DISABLE` to false.",
    ),
    (
        "`GET /v1/prescription?animal_id=…&external_reference=…` reads an external prescription back, with its `uid`",
        "Where external prescriptions can be read, by which filters, and whether with our token's scopes.",
    ),
    (
        "`GET /v1/prescriptionitem?prescription_id=…` reads its items with their status",
        "The fields' names, and whether items of external prescriptions are among them.",
    ),
    (
        f"A create that ezyVet cut off or answered with a failure can be read back within {SETTLE_SECONDS:.0f} seconds,"
        " or never",
        "How long a write takes to be readable. One that shows later is made twice, as it is sent again then; it is"
        " found within minutes, and disabled.",
    ),
    (
        "A create whose caller has died (our process was killed) can be read back within"
        f" {LONGEST_WRITE_SECONDS:.0f} seconds after it was sent, or never",
        "How long ezyVet goes on without a caller. One that takes longer is made twice, found within minutes, and"
        " disabled. After a time-out of ours, or of ezyVet's own gateway (504), nothing is sent again: it goes to a"
        " person.",
    ),
    ("`external_reference` is not unique", "What a second create with the same reference does."),
    ("`consult_id` is left out without a clinical record", "Whether absent, null or 0 is right."),
    ("Declined and cancelled are final", "Whether a declined or cancelled item can be dispensed again."),
    (
        'A vet user has `is_vet` "1" in `GET /v1/user`',
        "Which field tells a vet, and whether there is a licence number.",
    ),
    (
        f'A filter names up to {MOST_VALUES} values: `external_reference={{"in": […]}}`, also of `id` and'
        " `prescription_id`",
        "Which fields take `in`, and how many values; reconciliation reads so.",
    ),
    ("Up to 200 rows a page", "The largest `limit` of each endpoint; we follow the totals whatever it is."),
    (
        "An animal's `contact_id` is its owner, `is_dead` and `active` tell whether it may get a prescription",
        "The same for animals with several owners, and for merged ones.",
    ),
    (
        '429 says "N seconds" in its text, and in `x-ratelimit-reset`',
        "The real headers, and whether a 429 concerns the endpoint or the whole site.",
    ),
    ("Token requests count towards both limits", "Whether they do; if not, we ask a little less than we may."),
    ("Create, update and disable share one endpoint's limit", "Whether the limit is by path or by path and verb."),
    ("A new token ends the one before", "Whether that still holds; nothing changes if it does not."),
    (
        "In the mode before 44.4, errors are HTTP 200 with a message of level `error`",
        "Which status codes each error has since 44.4.",
    ),
)
"""What we do, and what to confirm in ezyVet's sandbox."""
