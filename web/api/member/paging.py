"""Where the next page of a list begins: after the values by which the last item of this one is sorted."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import StringConstraints
from starlette.requests import Request

from web.problem import Problem

Position = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,2000}$")]
"""The parameter `after` of a list, as `next` has it."""


def next_page(request: Request, *after: str) -> str:
    """Returns the address of the page after these values, with the other parameters of this request."""
    value = base64.urlsafe_b64encode(json.dumps(after).encode()).decode().rstrip("=")
    kept = [(name, given) for name, given in request.query_params.multi_items() if name != "after"]
    return f"{request.url.path}?{urlencode([*kept, ('after', value)])}"


def position(after: str | None, *kinds: Callable[[str], Any]) -> Any:
    """Returns the values of `after`, read by these functions, or None without it. Raises `Problem`."""
    if after is None:
        return None
    try:
        given = json.loads(base64.urlsafe_b64decode(after + "=" * (-len(after) % 4)))
        return tuple(kind(each) for kind, each in zip(kinds, given, strict=True))
    except (TypeError, ValueError):
        detail = "'after' does not continue a list: take it from the 'next' of the page before."
        raise Problem(422, "That is not valid", detail, code="invalid") from None
