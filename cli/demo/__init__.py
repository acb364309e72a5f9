"""`onboard demo`: takes one practice from request to "data received" and beyond, a month in under a minute.

The servers, the database and the mail are real. The demo advances the clocks of this onboarding and of the DataPoint
simulator, and acts for the people by the links in their mails.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from rich.console import Console
from rich.markup import escape

from cli.components import FIRST_ADMIN, all_components
from cli.demo.account import ACCOUNT, HANDLE, password
from cli.demo.clear import clear, clear_sister_clinics
from cli.demo.narrator import Narrator
from cli.demo.other_practices import start_other_practices
from cli.demo.prescribing import VET_EMAIL, Prescribed, Prescribing
from cli.demo.scenario import IDENTITY, PRACTICE_ID, ZONE, Outcome, play
from cli.demo.simulator_client import SimulatorClient
from cli.demo.sister_clinics import ADMINS, ELM, OAK, OWNER, ROSA, Shared, SisterClinics
from cli.up import End, up
from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.home import Home
from store.database import connect as connect_database


def run(home: str | None) -> int:
    """Runs the demo in its own home; returns the exit status, 0 if the outcome is as expected."""
    chosen = home or os.environ.get("ONBOARD_HOME")
    path = Path(chosen) if chosen else Path(".onboard") / "demo"
    components = [each for each in all_components() if each is not FIRST_ADMIN]
    return asyncio.run(up(path, time_travel=True, on_ready=Demo(path).play, components=[*components, ACCOUNT]))


class Demo:
    def __init__(self, home: Path) -> None:
        self.home = Home.find(home)
        self.console = Console(highlight=False, soft_wrap=True)

    async def play(self, addresses: dict[str, Any]) -> None:
        """Plays the scenario; in a terminal, everything keeps running afterwards."""
        settings = Settings.load(self.home.path).model_copy(update=self._own(addresses))
        client = await connect(addresses["temporal"], addresses["namespace"], settings=settings)
        database = connect_database(addresses["database"])
        desk = Desk(client, database, settings)
        datapoint = SimulatorClient(addresses["datapoint"], Path(addresses["mailbox"]), PRACTICE_ID)
        started = asyncio.get_running_loop().time()
        try:
            await clear(desk)
            await clear_sister_clinics(desk)
            outcome = await play(Narrator(self.console, desk, datapoint, IDENTITY, ZONE), addresses["datapoint"])
            took = asyncio.get_running_loop().time() - started
            prescribing = Prescribing(self.console, desk, addresses["ezyvet"], password(self.home))
            prescribed = await prescribing.play()
            shared = await SisterClinics(self.console, desk, addresses["web"], password(self.home)).play()
            await start_other_practices(desk)
        finally:
            await datapoint.close()
            await database.dispose()
        succeeded = self._sum_up(outcome, prescribed, shared, took, addresses)
        if not sys.stdout.isatty():
            raise End(0 if succeeded else 1)

    def _own(self, addresses: dict[str, Any]) -> dict[str, Any]:
        """The settings that `onboard up` gives its processes."""
        secret_key = SecretStr(self.home.secret("secret_key"))
        return {"public_url": addresses["web"], "secret_key": secret_key, "ezyvet_url": addresses["ezyvet"]}

    def _sum_up(
        self, outcome: Outcome, prescribed: Prescribed, shared: Shared, took: float, addresses: dict[str, Any]
    ) -> bool:
        onboarding, failures = outcome.onboarding, [*outcome.failures(), *prescribed.failures(), *shared.failures()]
        days = (onboarding.entered_at - onboarding.requested_at).days
        self._say(f"{days} days to the data, in {took:.0f} seconds: {onboarding.headline.lower()}.")
        for failure in failures:
            self.console.print(f"  [red]The story did not come out right[/]: {escape(failure)}")
        for step in onboarding.progress:
            if step.kept is not None and step.left_at:
                result = "[green]kept[/]" if step.kept else "[red]missed[/]"
                self.console.print(f"  deadline {result}: {escape(step.title)}")
        links = {
            "The console": f"{addresses['web']}  (sign in as {HANDLE}, password {password(self.home)})",
            "The mails": f"{addresses['web']}/mails/box",
            "DataPoint": f"{addresses['datapoint']}  (played by a stand-in: the queue, and buttons to misbehave)",
            "ezyVet": f"{addresses['ezyvet']}  (played by a stand-in: the practice's records as its vets see them)",
            "The vets": f"{addresses['web']}/clinic  (sign in as {VET_EMAIL}, with the same password)",
            "Two clinics": f"{addresses['web']}/clinic  (sign in as {OWNER[0]}, who owns both; the same password)",
            "Oak Park": f"{addresses['web']}/clinic  (sign in as {ADMINS[OAK][0]}, its admin; the same password)",
            "Relief vet": f"{addresses['web']}/clinic/{ELM}/tasks  (sign in as {ROSA[0]}; the tasks of both)",
            "The order page": prescribed.first.items[0].link,
            "Temporal UI": f"{addresses['temporal_ui']}/namespaces/{addresses['namespace']}/workflows",
            "The terminal": f"onboard --home {self.home.path} show {IDENTITY}",
        }
        self.console.print()
        for name, link in links.items():
            self.console.print(f"  [bold]{name + ':':<16}[/]{escape(link)}")
        return not failures

    def _say(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")
