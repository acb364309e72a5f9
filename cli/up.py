"""`onboard up`: starts the whole system on this machine and keeps it running until a signal."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cli.components import all_components
from machine import lock, ports
from machine.child import ChildFailed
from machine.components import Component, ExternalServers, Machine, start_components
from machine.files import write_atomically
from machine.home import Addresses, Home
from machine.problem import MachineProblem
from machine.simulators import SIMULATORS
from machine.supervisor import Supervisor

if TYPE_CHECKING:
    from rich.table import Table

    from configuration.settings import Settings

OnReady = Callable[[dict[str, Any]], Awaitable[None]]
KEYS = (
    "temporal",
    "temporal_ui",
    "namespace",
    "web",
    "api_token",
    "smtp",
    "mailbox",
    "database",
    *(each.name for each in SIMULATORS),
    "first_admin",
)
"""The documented keys of the ready-file; null where a component does not exist, or once there is an admin."""
MAX_STARTS = 3
"""Attempts to start, as another program may take a port after it was found free."""


class End(Exception):
    """`on_ready` raises it to stop everything with this exit status."""

    def __init__(self, status: int = 0) -> None:
        super().__init__(status)
        self.status = status


async def up(
    home: Path,
    *,
    time_travel: bool = False,
    standins: bool = True,
    port: int | None = None,
    ready_file: Path | None = None,
    on_ready: OnReady | None = None,
    workers: int = 1,
    components: Sequence[Component] | None = None,
) -> int:
    """Starts everything in `home`, prints the addresses, and keeps it running until SIGINT, SIGTERM or SIGHUP.

    `on_ready` is awaited with the addresses once every component answers; an exception from it stops everything and is
    raised, except `End`. Returns the exit status: 0, 1 after one sentence on stderr, or that of `End`. A second signal
    kills what has not ended.
    """
    started = components or all_components(workers)
    run = partial(_run, Home.find(home), time_travel, standins, port, ready_file, on_ready, started)
    running = asyncio.create_task(_with_free_ports(run))
    loop = asyncio.get_running_loop()
    signals = [signal.SIGINT, signal.SIGTERM]
    # Under nohup, SIGHUP is ignored and must stay so.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signals.append(signal.SIGHUP)
    for number in signals:
        loop.add_signal_handler(number, running.cancel)
    try:
        await running
    except asyncio.CancelledError:
        if not running.cancelled():
            raise
    except End as end:
        return end.status
    except MachineProblem as problem:
        _echo_stderr(str(problem))
        return 1
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
    return 0


async def _with_free_ports(run: Callable[[], Awaitable[None]]) -> None:
    """Awaits `run`; repeats it with other ports if another program has taken one."""
    for attempt in count(1):
        try:
            await run()
            return
        except ChildFailed as failure:
            if not failure.port_taken or attempt == MAX_STARTS:
                raise
            _echo_stderr(f"Another program took a port of {failure.name} at this moment; starting again with others.")


async def _run(
    home: Home,
    time_travel: bool,
    standins: bool,
    port: int | None,
    ready_file: Path | None,
    on_ready: OnReady | None,
    components: Sequence[Component],
) -> None:
    _check_ready_file(ready_file)
    settings = _settings(home)
    home.create()
    with lock.held(home.lock, _already_running(home)):
        _remove_ready_files(home, ready_file)
        try:
            async with Supervisor(home.logs, home.run / "children.json", _echo_stderr) as supervisor:
                # Not earlier: first the supervisor stops what an earlier start left on these ports.
                chosen = ports.choose(home.ports, {} if port is None else {"web": port})
                database, smtp = (
                    url.get_secret_value() if url else None for url in (settings.database_url, settings.smtp_url)
                )
                external = ExternalServers(database, smtp)
                extra = _extra_variables(home, settings, standins)
                machine = Machine(home, supervisor, chosen, time_travel, external, extra)
                if machine.simulates_partners:
                    extra |= _simulators_variables(settings, chosen)
                if settings.public_url:
                    machine.public_url = settings.public_url
                await start_components(machine, components)
                addresses: Addresses = {key: machine.addresses.get(key) for key in KEYS}
                addresses["time_travel"] = time_travel
                _announce(home, addresses, ready_file)
                if on_ready is not None:
                    await on_ready(addresses)
                await asyncio.Event().wait()
        finally:
            home.clear_ready()


def _check_ready_file(ready_file: Path | None) -> None:
    if ready_file is None:
        return
    if ready_file.is_dir() or not ready_file.absolute().parent.is_dir():
        raise MachineProblem(f"The ready-file {ready_file} cannot be written: name a file in a directory that exists.")


def _settings(home: Home) -> Settings:
    from configuration.settings import Settings, SettingsProblem

    try:
        return Settings.load(home.path)
    except SettingsProblem as problem:
        raise MachineProblem(str(problem)) from problem


def _extra_variables(home: Home, settings: Settings, standins: bool) -> dict[str, str]:
    extra = {"ONBOARD_STANDINS": "true" if standins else "false"}
    if settings.secret_key is None:
        extra["ONBOARD_SECRET_KEY"] = home.secret("secret_key")
    for each in SIMULATORS:
        if each.secret and each.secret_setting and not getattr(settings, each.secret_setting):
            extra[f"ONBOARD_{each.secret_setting.upper()}"] = each.secret(home)
    return extra


def _simulators_variables(settings: Settings, chosen_ports: dict[str, int]) -> dict[str, str]:
    """Where the simulators are, for those partners of whom no address is set."""
    variables: dict[str, str] = {}
    for each in SIMULATORS:
        if getattr(settings, each.url_setting) is None:
            url = f"http://127.0.0.1:{chosen_ports[each.name]}"
            given = {name: value for name, value in each.settings.items() if getattr(settings, name) is None}
            variables |= {f"ONBOARD_{name.upper()}": value for name, value in {each.url_setting: url, **given}.items()}
    return variables


def _remove_ready_files(home: Home, ready_file: Path | None) -> None:
    # A program that waits for the file must not find that of an earlier start.
    home.clear_ready()
    if ready_file is not None and ready_file.is_file():
        ready_file.unlink()


def _announce(home: Home, addresses: Addresses, ready_file: Path | None) -> None:
    home.write_ready(addresses)
    if ready_file is not None:
        text = home.ready.read_text(encoding="utf-8")
        try:
            # A pipe or a terminal cannot be replaced by another file.
            if ready_file.exists() and not ready_file.is_file():
                ready_file.write_text(text, encoding="utf-8")
            else:
                write_atomically(ready_file, text)
        except OSError as error:
            raise MachineProblem(f"The ready-file {ready_file} cannot be written: {error.strerror}.") from error
    from rich.console import Console

    console = Console()
    console.print(_table(home, addresses))
    if addresses["first_admin"]:
        # Not wrapped, so that it can be clicked or copied.
        console.print("There is no admin yet. This link creates one, and works once:", highlight=False)
        console.print(addresses["first_admin"], soft_wrap=True)


def _table(home: Home, addresses: Addresses) -> Table:
    from rich.table import Table

    table = Table(title="Ready", title_justify="left", show_header=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    ui = addresses["temporal_ui"]
    rows = {
        "Console": addresses["web"],
        "Temporal UI": ui and f"{ui}/namespaces/{addresses['namespace']}/workflows",
        "Temporal": f"{addresses['temporal']}, namespace {addresses['namespace']}",
        "Mail server": addresses["smtp"] and without_password(addresses["smtp"]),
        "Mailbox": addresses["mailbox"],
        **{f"{each.title} (stand-in)": addresses[each.name] for each in SIMULATORS},
        "Database": addresses["database"] and without_password(addresses["database"]),
        "Home": str(home.path),
        "Time travel": "on: clocks may be moved" if addresses["time_travel"] else None,
    }
    for name, value in rows.items():
        if value:
            table.add_row(name, value)
    table.caption = "Ctrl-C ends everything; nothing is lost."
    return table


def without_password(url: str) -> str:
    from urllib.parse import urlsplit

    split = urlsplit(url)
    if split.password is None:
        return url
    netloc = split.netloc.replace(f":{split.password}@", "@", 1)
    return split._replace(netloc=netloc).geturl()


def _already_running(home: Home) -> str:
    addresses = home.read_ready() or {}
    found = [
        f"{name} {addresses[key]}"
        for name, key in (("console", "web"), ("Temporal UI", "temporal_ui"), ("mailbox", "mailbox"))
        if addresses.get(key)
    ]
    process = lock.holder(home.lock)
    return (
        f"The system is already running in {home.path} (process {process}"
        f"{''.join(', ' + item for item in found)}): use it, end it first, or choose another --home."
    )


def _echo_stderr(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)  # noqa: T201
