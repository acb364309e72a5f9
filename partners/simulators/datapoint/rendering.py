"""What the simulator's pages share: rendering, time format, and reading of forms."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from partners.simulators.datapoint.mail import environment


def page(template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(environment.get_template(template).render(context), status)


async def read_form(request: Request) -> dict[str, str]:
    fields = await request.form()
    return {name: value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}


def format_time(value: str | datetime) -> str:
    """`Tue 24 Nov 2026, 10:12:00 UTC`."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%a %d %b %Y, %H:%M:%S} UTC"


def format_number(value: float) -> str:
    """`30`, not `30.0`."""
    return str(int(value) if value == int(value) else value)


environment.filters |= {"format_time": format_time, "format_number": format_number}
