"""The user that PostgreSQL runs as when we are root, which it refuses to be.

Only that user's own folder is given to it. On the way there, and to the programs, each directory that is ours is opened
for passing through, never for looking around.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from machine.problem import Problem

NAME = "onboard-postgres"
PASS = 0o001


@dataclass(frozen=True)
class Account:
    """A user and group to run a process as; both None for the user we are."""

    uid: int | None = None
    gid: int | None = None


def account_for(folder: Path) -> Account:
    """Who owns the database in `folder`, or will: the user we are, or as root the owner or a user of its own.

    Blocks while a user is created. Raises Problem if none can be.
    """
    if os.geteuid() != 0:
        return Account()
    if folder.exists() and folder.stat().st_uid != 0:
        return Account(folder.stat().st_uid, folder.stat().st_gid)
    entry = _entry(NAME) or _created() or _entry("postgres") or _entry("nobody")
    if entry is None:
        raise Problem(
            f"PostgreSQL does not run as root and no user could be made for it: run `useradd --system {NAME}`, "
            "or start as another user."
        )
    return Account(entry.pw_uid, entry.pw_gid)


def let_through(account: Account, *places: Path) -> None:
    """Make every directory above `places` passable for `account`.

    Only directories of ours are changed, and only by the right to pass. Raises Problem if another's is closed.
    """
    if account.uid is None:
        return
    for place in places:
        for parent in place.resolve().parents:
            status = parent.stat()
            if status.st_mode & PASS:
                continue
            if status.st_uid != os.geteuid():
                raise Problem(
                    f"PostgreSQL runs as the user {_name(account.uid)}, who cannot pass through {parent}: allow it "
                    f"with `chmod o+x {parent}`, or choose another place with --home."
                )
            parent.chmod(status.st_mode & 0o7777 | PASS)


def _entry(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def _created() -> pwd.struct_passwd | None:
    program = shutil.which("useradd", path="/usr/sbin:/sbin:/usr/bin:/bin")
    if program is None:
        return None
    subprocess.run(  # noqa: S603 - all arguments are fixed
        [program, "--system", "--user-group", "--no-create-home", "--shell", "/usr/sbin/nologin", NAME],
        capture_output=True,
        check=False,
    )
    return _entry(NAME)
