"""`onboard settings`: prints each setting's value and source, without secrets."""

from __future__ import annotations

import os
from typing import Any

from cli.connect import load_settings
from cli.options import Home, Json
from cli.output import echo_json, echo_rich, escape, make_table

HIDDEN = "(set)"


def settings(home: Home = None, as_json: Json = False) -> None:
    """Show the settings in force, without secrets."""
    from configuration.settings import PREFIX

    found = load_settings(home)
    rows = {name: (_plain(getattr(found, name)), _origin(PREFIX + name.upper(), name, found)) for name in _names(found)}
    if as_json:
        echo_json({name: {"value": value, "from": origin} for name, (value, origin) in rows.items()})
        return
    table = make_table(
        "Setting", "Value", "From", caption="Each is the variable ONBOARD_NAME, or NAME in onboard.toml."
    )
    for name, (value, origin) in rows.items():
        table.add_row(name.upper(), escape(_text(value)), origin)
    echo_rich(table)


def _names(found: Any) -> list[str]:
    return list(type(found).model_fields)


def _origin(variable: str, name: str, found: Any) -> str:
    if os.environ.get(variable):
        return "variable"
    if name == "home":
        return "directory"
    return "onboard.toml" if name in found.model_fields_set else "default"


def _plain(value: Any) -> Any:
    """Converts a value to JSON; a secret becomes `HIDDEN`."""
    from pydantic import SecretStr

    if isinstance(value, SecretStr):
        return HIDDEN
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _text(value: Any) -> str:
    if value in (None, [], {}):
        return "-"
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return ", ".join(f"{name}={each}" for name, each in value.items()) if isinstance(value, dict) else str(value)
