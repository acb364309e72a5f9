"""The user that PostgreSQL runs as when we are root, because PostgreSQL refuses to run as root.

The user owns its data folder and nothing else. The directories above that folder and above the programs get the
permission to pass through (execute), never to list (read).
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine.problem import MachineProblem

NAME = "onboard-postgres"


@dataclass(frozen=True)
class SystemUser:
    """A user and group to run a process as; both None for the current user."""

    uid: int | None = None
    gid: int | None = None


def user_for(folder: Path) -> SystemUser:
    """The user who owns the database in `folder`, or will own it.

    The current user; for root, the folder's owner, else a user created for this. Blocks while it is created. Raises
    MachineProblem if it cannot be.
    """
    if os.geteuid() != 0:
        return SystemUser()
    if folder.exists() and folder.stat().st_uid != 0:
        return SystemUser(folder.stat().st_uid, folder.stat().st_gid)
    entry = _find_user(NAME) or _create_user() or _find_user("postgres") or _find_user("nobody")
    if entry is None:
        raise MachineProblem(
            f"PostgreSQL does not run as root and no user could be made for it: run `useradd --system {NAME}`, "
            "or start as another user."
        )
    return SystemUser(entry.pw_uid, entry.pw_gid)


def allow_traversal(user: SystemUser, *paths: Path) -> None:
    """Let `user` pass through every directory above `paths`.

    Changes our own directories only, and only their execute permission. Raises MachineProblem if somebody else's
    directory is closed.
    """
    if user.uid is None:
        return
    for path in paths:
        for parent in path.resolve().parents:
            status = parent.stat()
            if status.st_mode & stat.S_IXOTH:
                continue
            if status.st_uid != os.geteuid():
                raise MachineProblem(
                    f"PostgreSQL runs as the user {_user_name(user.uid)}, who cannot pass through {parent}: allow it "
                    f"with `chmod o+x {parent}`, or choose another place with --home."
                )
            parent.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)


def _find_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _create_user() -> pwd.struct_passwd | None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return None
    subprocess.run(  # noqa: S603 - all arguments are fixed
        [program, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        capture_output=True,
        check=False,
    )
    return _find_user(NAME)
