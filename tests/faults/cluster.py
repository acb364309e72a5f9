"""A whole system in its own processes, started by `onboard up`, of which tests kill components; and its mail server."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session

from configuration.settings import Settings
from desk.connection import connect
from desk.service import Desk
from machine.home import Home
from machine.ports import free_port
from machine.processes import die_with_parent
from machine.servers import PROJECT
from store.database import connect as connect_database
from tests.machine.trial_system import own_environment
from tests.mailing import smtp_server
from tests.patience import PATIENCE
from tests.postgres import plain
from tests.preloaded import preloaded
from tests.simulators.ezyvet.running import RunningEzyvet
from tests.system.harness import Mailbox

KINDS = {"worker": "worker.py", "temporal": "start-dev", "postgres": "postgres"}
"""What the command line of each child contains."""


@dataclass
class MailServer(Mailbox):
    """A mail server in this process. `then` is awaited after a message was received, before the answer."""

    port: int = field(default_factory=free_port)
    then: Callable[[EmailMessage], Awaitable[None]] | None = None
    _server: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def open(self) -> None:
        await self._server.enter_async_context(smtp_server(self, self.port, enable_SMTPUTF8=True))

    async def close(self) -> None:
        await self._server.aclose()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        answer = await super().handle_DATA(server, session, envelope)
        if self.then is not None:
            await self.then(self.messages[-1][1])
        return answer


@dataclass
class Cluster:
    """A home, its supervisor (if it runs), and access to its parts."""

    home: Home
    mail_server: MailServer
    ezyvet: RunningEzyvet
    process: asyncio.subprocess.Process | None = None
    said: list[str] = field(default_factory=list)
    _desk: Desk | None = None
    _spoke: asyncio.Condition = field(default_factory=asyncio.Condition)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return own_environment() | {
            "ONBOARD_SMTP_URL": f"smtp://127.0.0.1:{self.mail_server.port}?starttls=off",
            "ONBOARD_TEAM_ADDRESS": "team@pharmacy.test",
            "ONBOARD_MANAGER_ADDRESS": "manager@pharmacy.test",
            "ONBOARD_BY": "sam",
            "ONBOARD_EZYVET_URL": self.ezyvet.url,
            "ONBOARD_EZYVET_PARTNER_ID": "example-partner",
        }

    @property
    def desk(self) -> Desk:
        """The desk of the running system, which remains usable after a restart."""
        assert self._desk is not None, "it was never up"
        return self._desk

    @property
    def database(self) -> str:
        """The database's address for psycopg."""
        return plain(str(self.home.running()["database"]))

    async def up(self) -> None:
        """Runs `onboard up` and waits until every component answers; then `desk` is usable."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "cli.main", "up", "--home", os.fspath(self.home.path)),
            cwd=PROJECT,
            env=self.environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            # A test run that is killed leaves nothing running.
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
        began = len(self.said)
        for stream in (self.process.stdout, self.process.stderr):
            assert stream is not None
            self._readers.append(asyncio.create_task(self._read(stream)))
        await self.wait_for_output("Ctrl-C ends everything", began)
        if self._desk is not None:
            return
        addresses = self.home.running()
        settings = Settings(team_address="team@pharmacy.test", manager_address=("manager@pharmacy.test",))
        client = await connect(addresses["temporal"], addresses["namespace"])
        self._desk = Desk(client, connect_database(addresses["database"]), settings)

    async def down(self, number: signal.Signals = signal.SIGINT) -> None:
        """Ends the supervisor with a signal."""
        assert self.process is not None
        with suppress(ProcessLookupError):
            self.process.send_signal(number)
        await self.process.wait()
        await asyncio.gather(*self._readers)
        self._readers.clear()

    def pids(self, name: str) -> list[int]:
        """Returns the running supervised processes of a kind."""
        try:
            children = json.loads((self.home.run / "children.json").read_text())
        except FileNotFoundError:
            return []
        found = []
        for child in children:
            with suppress(OSError):
                if KINDS[name] in Path(f"/proc/{child['pid']}/cmdline").read_text():
                    found.append(child["pid"])
        return found

    def signal(self, name: str, number: signal.Signals = signal.SIGKILL) -> None:
        for pid in self.pids(name):
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    async def kill(self, *names: str) -> None:
        """Kills these by SIGKILL, and waits until they run again."""
        began = len(self.said)
        for name in names:
            self.signal(name)
        for name in names:
            await self.wait_for_output(f"{name} is back", began)

    async def wait_for_output(self, words: str, began: int = 0) -> None:
        """Waits until the supervisor has printed a text since `began`, a length of `said`."""
        try:
            async with self._spoke, asyncio.timeout(PATIENCE):
                await self._spoke.wait_for(lambda: any(words in line for line in self.said[began:]))
        except TimeoutError:
            raise AssertionError(f"'{words}' was not said; but: {self.said[began:]}") from None

    async def onboard(self, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
        """Runs a command as a user does; returns its status and output."""
        command = (*arguments, "--home", os.fspath(self.home.path))
        environment = self.environment | {"COLUMNS": "200"}
        status, out, err = await asyncio.to_thread(preloaded().run, command, PROJECT, environment, stdin)
        return status, (out + err).decode()

    async def doctor(self) -> dict[str, str]:
        """Returns the sentences of `onboard doctor` about what is wrong, by part."""
        status, written = await self.onboard("doctor", "--json")
        found: dict[str, Any] = json.loads(written)
        assert status == (0 if found["ok"] else 1)
        return {check["name"]: check["sentence"] for check in found["checks"] if not check["ok"]}

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            async with self._spoke:
                self.said.append(line.decode().strip())
                self._spoke.notify_all()
