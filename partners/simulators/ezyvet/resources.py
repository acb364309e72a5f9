"""The resources that can be read, with their fields and scopes, and their values as v1 writes them: all text."""

from __future__ import annotations

from decimal import Decimal

FIELDS: dict[str, tuple[str, ...]] = {
    "animal": ("id", "active", "name", "contact_id", "is_dead"),
    "contact": ("id", "active", "first_name", "last_name"),
    "consult": ("id", "active", "animal_id", "date", "description"),
    "user": ("id", "active", "first_name", "last_name", "is_vet"),
    "prescription": (
        *("id", "uid", "active", "animal_id", "consult_id", "contact_id", "prescribing_vet_user_id"),
        *("date_of_prescription", "external_reference"),
    ),
    "prescriptionitem": (
        *("id", "prescription_id", "active", "external_product_reference", "external_product_name", "external_link"),
        *("instructions", "qty", "remaining", "price", "status", "status_date", "date_of_lastdispense"),
    ),
}
"""Section 10. Every record has `created_at` and `modified_at` besides (section 2: filters by `modified_at`)."""

TIMES = ("created_at", "modified_at")
SEEDED = ("animal", "contact", "consult", "user")
"""What a practice enters in ezyVet itself; the rest comes through the API."""

WRITE_SCOPE = "write-externalprescription"
READ_SCOPES = {resource: f"read-{resource}" for resource in FIELDS}
SCOPES = (WRITE_SCOPE, *READ_SCOPES.values())
EXTERNAL = "externalprescription"


def write_value(value: object) -> str:
    """`"1"`, `"0"`, `""` for none, and numbers without an exponent (FIELD, section 2)."""
    match value:
        case None:
            return ""
        case bool():
            return "1" if value else "0"
        case Decimal():
            return f"{value:f}"
        case _:
            return str(value)
