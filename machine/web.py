"""The component for the web server: one process."""

from __future__ import annotations

import sys

from machine.child import Child
from machine.components import Component, Machine
from machine.workers import environment


async def start_web(machine: Machine) -> None:
    """Component `web`: the web server, started once everything it uses is ready."""
    await machine.wait_for("database", "schema", "temporal", "mailbox")
    # No other port if this one was taken meanwhile: the worker writes this one into mails.
    await machine.start_child(lambda: web(machine))
    machine.addresses |= {
        "web": f"http://127.0.0.1:{machine.ports['web']}",
        "api_token": machine.home.secret("api_token"),
    }


WEB = Component("web", start_web)


def web(machine: Machine) -> Child:
    """The web server as a supervised process: it creates the file named in ONBOARD_WEB_READY once it answers."""
    marker = machine.home.run / "web.ready"
    port = machine.ports["web"]

    variables = {"ONBOARD_WEB_READY": str(marker), "ONBOARD_API_TOKEN": machine.home.secret("api_token")}
    if ui := machine.addresses.get("temporal_ui"):
        variables["ONBOARD_TEMPORAL_UI_URL"] = ui
    if machine.time_travel:
        variables["ONBOARD_DEVELOPMENT"] = "true"

    async def answers() -> bool:
        return marker.exists()

    return Child(
        name="web",
        command=(sys.executable, "-m", "web.server", "--port", str(port)),
        ready=answers,
        environment=environment(machine) | variables,
        depends_on=frozenset({"postgres", "temporal", "mailbox"}),
        marker=marker,
        ports=(port,),
        start_attempts=1,
    )
