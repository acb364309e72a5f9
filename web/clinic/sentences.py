"""What is wrong with a form of the portal, by the labels of its fields."""

from __future__ import annotations

from pydantic import ValidationError

from playbooks.engine.validation import error_sentence

LABELS = {
    "given_name": "Given name",
    "surname": "Surname",
    "street": "Street and number",
    "city": "City",
    "state": "State",
    "postcode": "ZIP or postal code",
    "phone": "Phone",
    "email": "E-mail address",
    "company": "Company",
    "name": "Name",
    "kind": "Kind",
    "role": "Role",
    "species": "Species",
    "breed": "Breed",
    "amount": "Amount",
    "item": "Item or service",
    "text": "What was done",
    "count": "In hand",
    "reminds_after_days": "Due again after days",
    "title": "What is to be done",
    "assignee": "By whom",
    "due_on": "Due on",
    "repeat": "Repeat",
    "notes": "Notes",
}


def form_sentence(error: ValidationError, **labels: str) -> str:
    """Describes the errors of a form; `labels` are of fields that are called otherwise there than elsewhere."""
    said = error_sentence(error, LABELS | labels)
    return f"{said[0].upper()}{said[1:]}."
