"""Details made up for a fact, so that a playbook can be rehearsed before there is anything to report."""

from __future__ import annotations

from typing import Any

from playbooks.engine.facts import client_count
from playbooks.engine.model import Details
from playbooks.engine.onboarding import Onboarding

INVENTED_CLIENTS = 4_200


def sample(payload: type[Details], onboarding: Onboarding) -> dict[str, Any]:
    """A payload that passes for real: what it must have, and the numbers that mails speak of."""
    clients = client_count(onboarding) or INVENTED_CLIENTS
    usual: dict[str, Any] = {
        "name": "Sam Ortiz",
        "email": "sam.ortiz@technician.example",
        "phone": "(312) 555-0170",
        "version": "1.0",
        "accepted_by": onboarding.primary_contact.name,
        "clients": clients,
        "patients": clients * 8 // 5,
        "client_count": clients,
    }
    schema = payload.model_json_schema()
    needed = schema.get("required", ())
    return {
        name: usual[name] if name in usual else _some(name, field)
        for name, field in schema.get("properties", {}).items()
        if name in needed or isinstance(usual.get(name), int)
    }


def _some(name: str, field: dict[str, Any]) -> Any:
    """A value of the field's type."""
    if "enum" in field:
        return field["enum"][0]
    if "const" in field:
        return field["const"]
    by_type: dict[str, Any] = {"integer": 1, "number": 1.0, "boolean": True, "array": [], "object": {}}
    return by_type.get(field.get("type", "string"), name.replace("_", " "))
