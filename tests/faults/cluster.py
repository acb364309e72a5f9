"""A whole system in processes of its own, as `onboard up` starts it, to be killed in parts; and its mail server."""

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
from tests.system.harness import Mailbox

KINDS = {"worker": "worker.py", "temporal": "start-dev", "postgres": "postgres"}
"""What the command line of each child contains."""


@dataclass
class Post(Mailbox):
    """A mail server in this process. `then` is awaited once a message has been taken, before that is answered."""

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
class Plant:
    """One home, its supervisor (if it runs), and the way to everything in it."""

    home: Home
    post: Post
    process: asyncio.subprocess.Process | None = None
    said: list[str] = field(default_factory=list)
    _desk: Desk | None = None
    _spoke: asyncio.Condition = field(default_factory=asyncio.Condition)
    _readers: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        return own_environment() | {
            "ONBOARD_SMTP_URL": f"smtp://127.0.0.1:{self.post.port}?starttls=off",
            "ONBOARD_TEAM_ADDRESS": "team@pharmacy.test",
            "ONBOARD_MANAGER_ADDRESS": "manager@pharmacy.test",
            "ONBOARD_BY": "sam",
        }

    @property
    def desk(self) -> Desk:
        """That of the running system; it stays good when the system is killed and started again."""
        assert self._desk is not None, "it was never up"
        return self._desk

    @property
    def database(self) -> str:
        """The database's address, as psycopg takes it."""
        return plain(str(self.home.running()["database"]))

    async def up(self) -> None:
        """`onboard up`, until every part answers; from then on `desk` is that of the running system."""
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
        await self.hears("Ctrl-C ends everything", began)
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
        """The supervised processes of a kind that run now."""
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
        """SIGKILL to these, and back again."""
        began = len(self.said)
        for name in names:
            self.signal(name)
        for name in names:
            await self.hears(f"{name} is back", began)

    async def hears(self, words: str, began: int = 0, seconds: float = PATIENCE) -> None:
        """Waits until the supervisor has said something since `began`, a length of `said`."""
        try:
            async with self._spoke, asyncio.timeout(seconds):
                await self._spoke.wait_for(lambda: any(words in line for line in self.said[began:]))
        except TimeoutError:
            raise AssertionError(f"'{words}' was not said; but: {self.said[began:]}") from None

    async def onboard(self, *arguments: str, stdin: bytes = b"") -> tuple[int, str]:
        """Runs a command as a user does; its status, and all that it wrote."""
        command = (*arguments, "--home", os.fspath(self.home.path))
        environment = self.environment | {"COLUMNS": "200"}
        status, out, err = await asyncio.to_thread(preloaded().run, command, PROJECT, environment, stdin)
        return status, (out + err).decode()

    async def doctor(self) -> dict[str, str]:
        """What `onboard doctor` finds wrong: a sentence for each part."""
        status, written = await self.onboard("doctor", "--json")
        found: dict[str, Any] = json.loads(written)
        assert status == (0 if found["ok"] else 1)
        return {check["name"]: check["sentence"] for check in found["checks"] if not check["ok"]}

    async def _read(self, stream: asyncio.StreamReader) -> None:
        while line := await stream.readline():
            async with self._spoke:
                self.said.append(line.decode().strip())
                self._spoke.notify_all()
