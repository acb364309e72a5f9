"""What every page of the stand-in shares: the templates, how times read, and how forms are read."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from partners.simulators.datapoint_mail import environment


def page(template: str, status: int = 200, **words: Any) -> HTMLResponse:
    return HTMLResponse(environment.get_template(template).render(words), status)


async def filled_in(request: Request) -> dict[str, str]:
    """The fields of a form that have something in them."""
    fields = await request.form()
    return {name: value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}


def moment(value: str | datetime) -> str:
    """`Tue 24 Nov 2026, 10:12 UTC`."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%a %d %b %Y, %H:%M:%S} UTC"


def number(value: float) -> str:
    """As people write it: `30`, not `30.0`."""
    return str(int(value) if value == int(value) else value)


environment.filters |= {"moment": moment, "number": number}
