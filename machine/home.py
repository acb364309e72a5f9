"""The home: the directory of a system on one machine, with its state, its secrets and its addresses."""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

from machine import lock
from machine.files import write_atomically
from machine.problem import MachineProblem, NotRunning

Addresses = dict[str, Any]
"""Where everything answers, with the keys of the ready-file; null for a component that does not exist."""

SECRETS = ("database_password", "api_token", "secret_key")


class Home:
    """The paths below one directory. Everything but the database's own folder is readable by the owner only."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = path / "lock"
        self.ready = path / "ready.json"
        self.ports = path / "ports.json"
        self.secrets = path / "secrets"
        self.logs = path / "logs"
        self.run = path / "run"
        self.mailbox = path / "mailbox"
        self.temporal = path / "temporal"
        self.postgres = path / "postgres"

    @classmethod
    def find(cls, explicit: Path | str | None = None) -> Home:
        """The home that `--home` names, else ONBOARD_HOME, else `.onboard` here. It need not exist."""
        return cls(Path(explicit or os.environ.get("ONBOARD_HOME") or ".onboard").expanduser().absolute())

    def create(self) -> None:
        """Create the missing directories and secrets. Raises MachineProblem if the path cannot be written to."""
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            for folder in (self.secrets, self.logs, self.run, self.mailbox, self.temporal):
                folder.mkdir(mode=0o700, exist_ok=True)
            for name in SECRETS:
                if not (self.secrets / name).exists():
                    write_atomically(self.secrets / name, secrets.token_urlsafe(32))
        except OSError as error:
            raise MachineProblem(
                f"{self.path} cannot be used as the home ({error.strerror}): name another with --home."
            ) from error

    def secret(self, name: str) -> str:
        """One of SECRETS: 32 random bytes in URL-safe base64. Raises MachineProblem if this home has none yet."""
        try:
            return (self.secrets / name).read_text().strip()
        except OSError as error:
            raise MachineProblem(
                f"{self.secrets / name} cannot be read ({error.strerror}): "
                "start the system once with `onboard up`, as the user who owns it."
            ) from error

    def is_running(self) -> bool:
        """Whether a system runs here now (it may not be ready yet)."""
        try:
            return lock.is_held(self.lock)
        except PermissionError as error:
            raise MachineProblem(f"{self.path} belongs to another user: run the command as that user.") from error

    def running(self) -> Addresses:
        """The running system's addresses, as in the ready-file. Raises NotRunning if none runs."""
        if not self.is_running():
            raise NotRunning(
                f"Nothing runs in {self.path}: start it with `onboard up`, "
                "or name its directory with --home or ONBOARD_HOME."
            )
        addresses = self.read_ready()
        if addresses is None:
            raise NotRunning(f"The system in {self.path} is not ready yet: try again in a few seconds.")
        return addresses

    def read_ready(self) -> Addresses | None:
        """The content of the ready-file, whether or not the system that wrote it still runs."""
        try:
            content = json.loads(self.ready.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        return content if isinstance(content, dict) else None

    def write_ready(self, addresses: Addresses) -> None:
        """Write the ready-file: every component answers, at these addresses."""
        write_atomically(self.ready, json.dumps(addresses, indent=2) + "\n")

    def clear_ready(self) -> None:
        self.ready.unlink(missing_ok=True)
