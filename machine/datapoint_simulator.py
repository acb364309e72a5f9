"""The component that simulates DataPoint, unless the real one is used."""

from __future__ import annotations

import base64
import os
import sys

from machine.child import Child
from machine.components import Component, Machine
from machine.files import write_atomically
from machine.home import Home
from machine.problem import MachineProblem
from machine.servers import with_project_path

WEBHOOK_SECRET = "ONBOARD_DATAPOINT_WEBHOOK_SECRET"  # noqa: S105 - a name
SPEED = "3600"
"""Simulated seconds per second: an hour of DataPoint's passes in one second until somebody sets another speed."""


def webhook_secret(home: Home) -> str:
    """What DataPoint's webhooks are signed with: the setting's value, else this home's own, created when first needed.

    In the form of the Standard Webhooks specification, `whsec_...`. Raises MachineProblem if it cannot be stored.
    """
    if secret := os.environ.get(WEBHOOK_SECRET):
        return secret
    path = home.secrets / "datapoint_webhook_secret"
    try:
        if not path.exists():
            write_atomically(path, f"whsec_{base64.b64encode(os.urandom(32)).decode()}")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise MachineProblem(f"{path} cannot be used ({error.strerror}): make it readable and writable.") from error


async def start_datapoint(machine: Machine) -> None:
    """Component `datapoint`: the simulator of IDEXX DataPoint, which reports to the web server."""
    if not machine.simulates_partners:
        return
    await machine.wait_for("mailbox", "web")
    web = machine.addresses.get("web") or f"http://127.0.0.1:{machine.ports['web']}"
    token = machine.addresses.get("api_token") or ""
    variables = {
        "ONBOARD_SMTP_URL": machine.addresses["smtp"],
        WEBHOOK_SECRET: webhook_secret(machine.home),
        "ONBOARD_API_TOKEN": token,
        **machine.extra,
    }

    def child() -> Child:
        port = machine.ports["datapoint"]
        return Child(
            name="datapoint",
            command=(
                *(sys.executable, "-m", "partners.simulators.datapoint"),
                *("--port", str(port), "--home", str(machine.home.path / "datapoint")),
                *("--hooks-url", f"{web}/hooks/datapoint", "--api-url", f"{web}/api"),
                *("--speed", SPEED, "--no-automatic"),
            ),
            environment=with_project_path(os.environ) | variables,
            depends_on=frozenset({"mailbox"}),
            ports=(port,),
        )

    await machine.start_child(child)
    machine.addresses["datapoint"] = f"http://127.0.0.1:{machine.ports['datapoint']}"


DATAPOINT = Component("datapoint", start_datapoint)
