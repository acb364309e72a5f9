"""The stand-ins as parts: programs that play the systems outside, unless the real ones are used."""

from __future__ import annotations

import base64
import os
import sys

from machine.child import Child
from machine.files import write_whole
from machine.home import Home
from machine.parts import Machine, Part
from machine.problem import Problem
from machine.servers import importable

SECRET = "ONBOARD_DATAPOINT_WEBHOOK_SECRET"  # noqa: S105 - a name
SPEED = "3600"
"""At first an hour of DataPoint's takes a second: nobody waits for days to see what happens."""


def webhook_secret(home: Home) -> str:
    """What DataPoint's webhooks are signed with: the setting's value, else this home's own, made when first asked for.

    It is written as the Standard Webhooks specification says, `whsec_...`. Raises Problem if it cannot be kept.
    """
    if given := os.environ.get(SECRET):
        return given
    path = home.secrets / "datapoint_webhook_secret"
    try:
        if not path.exists():
            write_whole(path, f"whsec_{base64.b64encode(os.urandom(32)).decode()}")
        return path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Problem(f"{path} cannot be used ({error.strerror}): make it readable and writable.") from error


def plays(machine: Machine) -> bool:
    """Whether the stand-in is started: nobody outside may get mail in DataPoint's name."""
    return machine.extra.get("ONBOARD_STANDINS") != "false" and not machine.elsewhere.smtp_url


async def start_datapoint(machine: Machine) -> None:
    """Part `datapoint`: the stand-in that plays IDEXX DataPoint, which reports to the web.

    It is not started without stand-ins, nor where mail leaves for real.
    """
    if not plays(machine):
        return
    await machine.wait_for("mailbox", "web")
    web = machine.addresses.get("web") or f"http://127.0.0.1:{machine.ports['web']}"
    token = machine.addresses.get("api_token") or ""
    variables = {
        "ONBOARD_SMTP_URL": machine.addresses["smtp"],
        SECRET: webhook_secret(machine.home),
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
            ready=_at_once,
            environment=importable(os.environ) | variables,
            after=frozenset({"mailbox"}),
            ports=(port,),
        )

    await machine.start_child(child)
    machine.addresses["datapoint"] = f"http://127.0.0.1:{machine.ports['datapoint']}"


async def _at_once() -> bool:
    # It listens only once it has read its state, and that it listens has been looked at.
    return True


DATAPOINT = Part("datapoint", start_datapoint)
