"""`onboard demo`: one practice from request to "data received" and beyond, a month in under a minute.

A real run: real servers, database and mail. Only the clock of this one onboarding is moved, and with it that of
DataPoint's stand-in; the demo plays the people, who use the links in their mails.
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

from cli.components import FIRST_ADMIN, all_components
from cli.demo.account import ACCOUNT, HANDLE, password
from cli.demo.datapoint import DataPointStandIn
from cli.demo.neighbours import move_in
from cli.demo.story import IDENTITY, PRACTICE_ID, ZONE, Ending, tell
from cli.demo.teller import Teller
from cli.up import End, up
from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.home import Home
from playbooks.engine.onboarding import Command
from store.database import connect as connect_database


def run(home: str | None) -> int:
    """Runs the demo in a home of its own; returns the exit status: 0 if the story came out right."""
    given = home or os.environ.get("ONBOARD_HOME")
    place = Path(given) if given else Path(".onboard") / "demo"
    components = [part for part in all_components() if part is not FIRST_ADMIN]
    return asyncio.run(up(place, time_travel=True, on_ready=Demo(place).play, components=[*components, ACCOUNT]))


class Demo:
    """The demo in a home of its own."""

    def __init__(self, home: Path) -> None:
        self.home = Home.find(home)
        self.console = Console(highlight=False, soft_wrap=True)

    async def play(self, addresses: dict[str, Any]) -> None:
        """Tells the story, and then leaves everything open to be looked at, if there is somebody to look."""
        settings = Settings.load(self.home.path).model_copy(update={"public_url": addresses["web"]})
        client = await connect(addresses["temporal"], addresses["namespace"], settings=settings)
        database = connect_database(addresses["database"])
        desk = Desk(client, database, settings)
        datapoint = DataPointStandIn(addresses["datapoint"], Path(addresses["mailbox"]), PRACTICE_ID)
        began = asyncio.get_running_loop().time()
        try:
            await _clear(desk)
            ending = await tell(Teller(self.console, desk, datapoint, IDENTITY, ZONE), addresses["datapoint"])
            took = asyncio.get_running_loop().time() - began
            await move_in(desk)
        finally:
            await datapoint.close()
            await database.dispose()
        right = self._sum_up(ending, took, addresses)
        if not sys.stdout.isatty():
            raise End(0 if right else 1)

    def _sum_up(self, ending: Ending, took: float, addresses: dict[str, Any]) -> bool:
        seen, wrong = ending.onboarding, ending.wrong()
        days = (seen.entered_at - seen.requested_at).days
        self._say(f"{days} days to the data, in {took:.0f} seconds: {seen.headline.lower()}.")
        for what in wrong:
            self.console.print(f"  [red]The story did not come out right[/]: {escape(what)}")
        for step in seen.progress:
            if step.kept is not None and step.left_at:
                word = "[green]kept[/]" if step.kept else "[red]missed[/]"
                self.console.print(f"  deadline {word}: {escape(step.title)}")
        shown = {
            "The console": f"{addresses['web']}  (sign in as {HANDLE}, password {password(self.home)})",
            "The mails": f"{addresses['web']}/mails/box",
            "DataPoint": f"{addresses['datapoint']}  (played by a stand-in: the queue, and buttons to misbehave)",
            "Temporal UI": f"{addresses['temporal_ui']}/namespaces/{addresses['namespace']}/workflows",
            "The terminal": f"onboard --home {self.home.path} show {IDENTITY}",
        }
        self.console.print()
        for name, where in shown.items():
            self.console.print(f"  [bold]{name + ':':<14}[/]{escape(where)}")
        return not wrong

    def _say(self, text: str) -> None:
        self.console.print(f"\n[bold]{escape(text)}[/]")


async def _clear(desk: Desk) -> None:
    """An earlier demo that was interrupted leaves its onboarding open."""
    rest = [row async for row in desk.client.list_workflows(f"WorkflowId = '{IDENTITY}'")]
    if any(row.status and row.status.name == "RUNNING" for row in rest):
        await desk.command(IDENTITY, "withdraw", Command(by="demo", why="an earlier demo was interrupted"))
        await desk.client.get_workflow_handle(IDENTITY).result()
