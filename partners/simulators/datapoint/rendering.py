"""The pages of DataPoint's simulator."""

from __future__ import annotations

from functools import partial

from partners.simulators.datapoint.mail import environment
from partners.simulators.rendering import render_page

page = partial(render_page, environment)


def format_number(value: float) -> str:
    """`30`, not `30.0`."""
    return str(int(value) if value == int(value) else value)


environment.filters["format_number"] = format_number
