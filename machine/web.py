"""The web server as a part: one process, on the port that people are told."""

from __future__ import annotations

import sys

from machine.child import Child
from machine.parts import Machine, Part
from machine.workers import environment


async def start_web(machine: Machine) -> None:
    """Part `web`: the web server, started once all that it uses is ready."""
    await machine.wait_for("database", "schema", "temporal", "mailbox")
    # Never on another port than the one that the worker writes into mails: if it was taken meanwhile, that is said.
    await machine.start_child(lambda: web(machine))
    machine.addresses |= {
        "web": f"http://127.0.0.1:{machine.ports['web']}",
        "api_token": machine.home.secret("api_token"),
    }


WEB = Part("web", start_web)


def web(machine: Machine) -> Child:
    """The process: it makes the file named in ONBOARD_WEB_READY once it answers."""
    marker = machine.home.run / "web.ready"
    port = machine.ports["web"]

    more = {"ONBOARD_WEB_READY": str(marker), "ONBOARD_API_TOKEN": machine.home.secret("api_token")}
    if ui := machine.addresses.get("temporal_ui"):
        more["ONBOARD_TEMPORAL_UI_URL"] = ui
    if machine.time_travel:
        more["ONBOARD_DEVELOPMENT"] = "true"

    async def answers() -> bool:
        return marker.exists()

    return Child(
        name="web",
        command=(sys.executable, "-m", "web.server", "--port", str(port)),
        ready=answers,
        environment=environment(machine) | more,
        after=frozenset({"postgres", "temporal", "mailbox"}),
        marker=marker,
        ports=(port,),
        tries=1,
    )
