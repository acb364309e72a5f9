"""Loaded by Schemathesis: signs the events that it makes up, so that they get further than the signature, and has the
example's prescription, and what members of clinics ask for, be some that exist."""

from __future__ import annotations

import json
import os
import re
import time
from datetime import UTC, datetime
from typing import Any

import schemathesis
from requests import PreparedRequest
from schemathesis.core.parameters import ParameterLocation
from standardwebhooks.webhooks import Webhook

from web.api.prescription_examples import ID as EXAMPLE
from web.hooks_document import ID, SIGNATURE, TIMESTAMP

SHAPES = {"webhook-id": ID, "webhook-timestamp": TIMESTAMP, "webhook-signature": SIGNATURE}
SECRET = os.environ["CONTRACT_SECRET"]
PRESCRIPTION = os.environ.get("CONTRACT_PRESCRIPTION", EXAMPLE)
MEMBERS = json.loads(os.environ.get("CONTRACT_MEMBERS", "{}"))
"""What stands in the paths of members' operations, by the parameter; an `id` by what stands before it."""
schemathesis.serializer.alias("message/rfc822", "application/octet-stream")


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]) -> None:
    """Has an event signed, if its headers have not been made wrong on purpose."""
    given: Any = case.path_parameters or {}
    if case.path.startswith("/api/prescriptions/") and given.get("id") == EXAMPLE:
        given["id"] = PRESCRIPTION
    headers: Any = case.headers or {}
    parts = case.meta.components if case.meta else {}
    wrong = {place for place, part in parts.items() if part.mode.is_negative} - {ParameterLocation.BODY}
    fits = all(re.fullmatch(shape, str(headers.get(name, ""))) for name, shape in SHAPES.items())
    if ParameterLocation.PATH not in wrong:
        for name in given:
            given[name] = MEMBERS.get(case.path.partition("{id}")[0] if name == "id" else name, given[name])
    if case.path.startswith("/hooks/") and fits and not wrong:
        kwargs["auth"] = sign


def sign(request: PreparedRequest) -> PreparedRequest:
    """The request as it goes over the wire, signed now."""
    body = request.body or b""
    told = body.decode(errors="replace") if isinstance(body, bytes) else str(body)
    now = datetime.fromtimestamp(int(time.time()), UTC)
    request.headers["webhook-timestamp"] = str(int(now.timestamp()))
    request.headers["webhook-signature"] = Webhook(SECRET).sign(str(request.headers["webhook-id"]), now, told)
    return request
