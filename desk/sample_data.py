"""Invents payloads of facts, for rehearsals of a playbook."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from playbooks.engine.facts import practice_size
from playbooks.engine.model import Details, FactType, Playbook, schema_of
from playbooks.engine.onboarding import Onboarding

INVENTED_CLIENTS = 4_200
SEVERAL = ["first", "second"]
"""For what a fact is reported, where it is for each of a list."""
BY_FORMAT = {
    "date": "2026-03-02",
    "date-time": "2026-03-02T16:00:00Z",
    "time": "09:00:00",
    "email": "jo.park@sample.example",
    "password": "not-a-real-secret",
    "time-zone": "America/Chicago",
    "uri": "https://sample.example/",
    "uuid": "6f2d8e0c-3b1a-4c57-9d0e-2a7f5b9c1d34",
}
"""A text of each format that JSON Schema, or a field of ours, names."""


def sample(playbook: Playbook, kind: FactType, onboarding: Onboarding, of: str | None = None) -> dict[str, Any]:
    """A payload that passes for real: what it must have, and the numbers that mails speak of; reported of `of`, where
    that tells several apart."""
    payload, size = kind.payload, practice_size(playbook, onboarding) or INVENTED_CLIENTS
    usual: dict[str, Any] = {
        "name": "Sam Ortiz",
        "email": "sam.ortiz@technician.example",
        "phone": "(312) 555-0170",
        "version": "1.0",
        "accepted_by": onboarding.primary_contact.name,
    }
    usual |= {name: size * (5 + 3 * place) // 5 for place, name in enumerate(kind.figures)}
    usual |= {kind.size: size} if kind.size else {}
    usual |= {kind.per: of} if kind.per and of else {}
    sources = [source for fact in playbook.facts if (source := fact.source_of_keys)]
    usual |= {field: SEVERAL for name, field in sources if name == kind.name}
    schema = schema_of(payload)
    fields, needed, definitions = schema.get("properties", {}), schema.get("required", ()), schema.get("$defs", {})
    wanted = [name for name in fields if name in needed or isinstance(usual.get(name), int)]
    made = {name: _some(name, fields[name], definitions) for name in wanted}
    return made | {name: usual[name] for name in wanted if name in usual and _takes(payload, name, usual[name])}


def _takes(payload: type[Details], name: str, value: Any) -> bool:
    """Whether the field is of the value's type; the other fields do not matter."""
    try:
        payload.model_validate({name: value})
    except ValidationError as error:
        return all(each["loc"][:1] != (name,) for each in error.errors())
    return True


def _some(name: str, field: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """A value of the field's type, within its bounds."""
    if "$ref" in field:
        return _some(name, definitions[field["$ref"].rpartition("/")[2]], definitions)
    if options := field.get("anyOf"):
        return _some(name, next(each for each in options if each.get("type") != "null"), definitions)
    if "enum" in field:
        return field["enum"][0]
    if "const" in field:
        return field["const"]
    match field.get("type", "string"):
        case "integer" | "number" as kind:
            return _number(field, 1 if kind == "integer" else 1.0)
        case "boolean":
            return True
        case "array":
            return [_some(name, field.get("items", {}), definitions)] * field.get("minItems", 0)
        case "object":
            inside = field.get("properties", {})
            return {each: _some(each, inside[each], definitions) for each in field.get("required", ())}
    text = BY_FORMAT.get(field.get("format", ""), name.replace("_", " "))
    return text.ljust(field.get("minLength", 0), "x")[: field.get("maxLength")]


def _number(field: dict[str, Any], step: float) -> Any:
    least, most = (field.get(f"{end}imum", field.get(f"exclusive{end.title()}imum")) for end in ("min", "max"))
    if least is not None and most is not None:
        return (least + most) / 2 if isinstance(step, float) else (least + most + 1) // 2
    if least is not None:
        return max(step, least + step)
    return step if most is None else min(step, most - step)
