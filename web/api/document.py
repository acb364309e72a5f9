"""The OpenAPI document: the descriptions of the routes, and what holds for all of them."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Literal

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from web.api import ezyvet, feed_examples, prescription_examples
from web.api.answers import KINDS, Problem
from web.api.examples import ANSWERS
from web.api.routing import ApiRoute
from web.hooks_document import Event

REFERENCE = "#/components/schemas/{model}"
SUMMARY = "Start, see and steer the onboarding of veterinary practices; report what has happened to them."
DESCRIPTION = """
Facts are reported, and the stage follows from them. All times are ISO 8601 with an offset.

**Tokens.** Send `Authorization: Bearer` with a token. The journal names its holder. A token in
an address is worth nothing.

**Repeating.** Send an `Idempotency-Key` with each change: after a lost answer or a 503, send the same request again.

**Limits.** Each token can send 600 requests a minute, unless another limit is set; every answer says
how many are left (`RateLimit`).

**Problems** are documents by RFC 9457. `type` names the kind:

| Type | Status | Meaning |
|---|---|---|
{problems}

A request to an unknown host name gets 421.
"""


def install(app: FastAPI) -> None:
    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    rows = "\n".join(f"| `/problems/{kind}` | {status} | {text} |" for kind, (status, text) in KINDS.items())
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=SUMMARY,
        description=DESCRIPTION.replace("{problems}", rows).strip(),
        routes=app.routes,
        tags=TAGS,
        separate_input_output_schemas=True,
    )
    components = document.setdefault("components", {})
    schemas, _ = _schemas("serialization", Problem)
    components["schemas"] |= schemas
    taken = components["schemas"]
    schemas, references = _schemas("validation", *ApiRoute.bodies.values(), Event, prefix="Given", taken=taken)
    components["schemas"] |= schemas
    for (path, method), model in ApiRoute.bodies.items():
        content = {"application/json": {"schema": {"$ref": references[model]}}}
        document["paths"][path][method].setdefault("requestBody", {"required": True, "content": content})
    components["examples"] = {
        name: {"summary": "As it may look", "value": value}
        for name, value in (ANSWERS | feed_examples.ANSWERS | prescription_examples.ANSWERS | ezyvet.ANSWERS).items()
    }
    components.setdefault("securitySchemes", {})["signature"] = {
        "type": "apiKey",
        "in": "header",
        "name": "webhook-signature",
        "description": "Standard Webhooks: `v1,` and the base64 of the HMAC-SHA256 of `id.timestamp.body`.",
    }
    return document


def _schemas(
    mode: Literal["validation", "serialization"],
    *models: type[BaseModel],
    prefix: str = "",
    taken: Collection[str] = (),
) -> tuple[dict[str, Any], dict[type[BaseModel], str]]:
    """Returns the schemas of models and of their parts, and the references to the models.

    Those whose name is in `taken` get the prefix.
    """
    refs, schemas = models_json_schema([(model, mode) for model in dict.fromkeys(models)], ref_template=REFERENCE)
    names = {name: f"{prefix}{name}" if name in taken else name for name in schemas["$defs"]}
    text = json.dumps([schemas["$defs"], [refs[model, mode]["$ref"] for model in models]])
    for name, new in names.items():
        text = text.replace(f'"{REFERENCE.format(model=name)}"', f'"{REFERENCE.format(model=new)}"')
    defined, references = json.loads(text)
    return {names[name]: schema for name, schema in defined.items()}, dict(zip(models, references, strict=True))


TAGS = [
    {"name": "onboardings", "description": "The integration of one practice, from request to the end."},
    {"name": "changes", "description": "Facts and commands."},
    {"name": "calls", "description": "The call log: who called or was called at a practice, and what was said."},
    {"name": "feeds", "description": "A practice's clients and patients, as its system exports them."},
    {"name": "clinics", "description": "Practices with an account, and their people, who sign in to its pages."},
    {"name": "tasks", "description": "What the people of clinics have to do, over all clinics that they may enter."},
    {"name": "ezyVet", "description": "A practice's ezyVet: its credentials, and which user each vet is."},
    {"name": "prescriptions", "description": "Prescriptions from request to end, and their state in ezyVet."},
    {"name": "products", "description": "The pharmacy's catalogue."},
    {"name": "rules and figures", "description": "The playbooks as they are in force, and the report."},
    {"name": "events", "description": "What other systems tell us."},
]
