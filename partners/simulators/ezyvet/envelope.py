"""The envelopes of answers (section 2), with text values as v1 writes them."""

from __future__ import annotations

import math
import secrets
import time
from typing import Any

from fastapi.responses import JSONResponse

from partners.simulators.ezyvet.errors import Refused, TooManyRequests

ERROR_TYPE = "InvalidRequestException"


def list_answer(resource: str, rows: list[dict[str, str]], page: int, limit: int, total: int) -> JSONResponse:
    meta = {
        "items_page": page,
        "items_page_total": math.ceil(total / limit),
        "items_page_size": limit,
        "items_total": total,
    }
    return JSONResponse({"meta": _meta() | meta, "items": [{resource: row} for row in rows], "messages": []})


def accepted_answer(uid: str, text: str) -> JSONResponse:
    """`items` is documented as empty; the identity stands in the message (OFFICIAL, section 3)."""
    message = {"level": "success", "type": "ExternalPrescription", "text": text, "fields": {"prescription_uid": uid}}
    return JSONResponse({"meta": _meta(), "items": [], "messages": [message]})


def error_answer(error: Refused, status: int | None = None) -> JSONResponse:
    """`fields` is `[]` when it is empty and an object otherwise (OFFICIAL, section 2)."""
    fields: object = error.fields or []
    message = {"level": "error", "type": ERROR_TYPE, "text": error.text, "fields": fields}
    body = {"meta": _meta(), "items": [], "messages": [message]}
    headers = None
    if isinstance(error, TooManyRequests):
        headers = {"x-ratelimit-reset": str(error.seconds), "x-ratelimit-remaining": "0"}
    return JSONResponse(body, status or error.status, headers)


def _meta() -> dict[str, Any]:
    return {"timestamp": int(time.time()), "transaction_id": secrets.token_hex(12)}
