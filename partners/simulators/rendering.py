"""What the simulators' pages share: templates, time format, and reading of forms."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


def make_environment(templates: Path, *, system: str, short: str, company: str) -> Environment:
    """Renders from `templates`, and those that all simulators share; each page says whom the stand-in plays."""
    environment = Environment(
        loader=FileSystemLoader([templates, TEMPLATES]),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.globals |= {"system": system, "short": short, "company": company}
    environment.filters["format_time"] = format_time
    return environment


def render_page(environment: Environment, template: str, status: int = 200, **context: Any) -> HTMLResponse:
    return HTMLResponse(environment.get_template(template).render(context), status)


def style_sheet() -> FileResponse:
    return FileResponse(TEMPLATES / "style.css", media_type="text/css")


async def read_form(request: Request) -> dict[str, str]:
    """The fields that are not blank."""
    fields = await request.form()
    return {name: value.strip() for name, value in fields.items() if isinstance(value, str) and value.strip()}


def format_time(value: str | datetime) -> str:
    """`Tue 24 Nov 2026, 10:12:00 UTC`."""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at.astimezone(UTC):%a %d %b %Y, %H:%M:%S} UTC"
