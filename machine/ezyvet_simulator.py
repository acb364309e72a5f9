"""The component that simulates ezyVet, unless the real one is used."""

from __future__ import annotations

import os
import sys

from machine.child import Child
from machine.components import Component, Machine
from machine.servers import with_project_path

URL = "ONBOARD_EZYVET_URL"
PARTNER = "example-partner"
"""What the simulator knows the pharmacy by, unless EZYVET_PARTNER_ID is set."""


async def start_ezyvet(machine: Machine) -> None:
    """Component `ezyvet`: the simulator of ezyVet, if the product's processes are to use it."""
    url = f"http://127.0.0.1:{machine.ports['ezyvet']}"
    if machine.extra.get(URL) != url:
        return

    def child() -> Child:
        port = machine.ports["ezyvet"]
        return Child(
            name="ezyvet",
            command=(
                *(sys.executable, "-m", "partners.simulators.ezyvet"),
                *("--port", str(port), "--home", str(machine.home.path / "ezyvet")),
            ),
            environment=with_project_path(os.environ) | machine.extra,
            ports=(port,),
        )

    await machine.start_child(child)
    machine.addresses["ezyvet"] = url


EZYVET = Component("ezyvet", start_ezyvet)
