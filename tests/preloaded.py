"""Our programs without their seconds of imports: a process that has them done already forks for each call.

Each call is a process of its own and runs the `main` of a program (`onboard`, the worker, the web) with the caller's
arguments, environment, directory and standard streams. What an interpreter reads when it starts (PYTHONIOENCODING,
LC_ALL) is not read anew.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import BinaryIO, NoReturn

from machine.servers import PROJECT, with_project_path
from tests.patience import PATIENCE

ONBOARD = "cli.main"
USED_BY_COMMANDS = (
    "alembic.command",
    "desk.attention.collect",
    "desk.bulk_start",
    "desk.connection",
    "desk.explain",
    "desk.feed_imports",
    "desk.feed_status",
    "desk.hand_over",
    "desk.journal_fallback",
    "desk.orders",
    "desk.rehearsal",
    "desk.service",
    "desk.time_travel",
    "holidays",
    "machine.home",
    "psycopg",
    "rich.table",
    "sqlalchemy.dialects.postgresql.psycopg",
    "store.inbox.queries",
    "store.journal.figures",
    "temporalio.contrib.pydantic",
    "typer.rich_utils",
)


class Preloaded:
    """The process that forks. It ends with this one."""

    def __init__(self) -> None:
        self._connection, theirs = socket.socketpair()
        self._sending = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.preloaded", str(theirs.fileno())],
                cwd=PROJECT,
                env=with_project_path(dict(os.environ)),
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
            )

    def run(
        self,
        arguments: Sequence[str],
        folder: Path,
        environment: Mapping[str, str],
        stdin: bytes = b"",
        program: str = ONBOARD,
    ) -> tuple[int, bytes, bytes]:
        """The exit status of a call, negative for a signal, and what it wrote to standard output and error."""
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            given.write(stdin)
            given.seek(0)
            answer, answering = socket.socketpair()
            answer.settimeout(PATIENCE)
            call = json.dumps([program, list(arguments), os.fspath(folder), dict(environment)]).encode()
            with answer:
                with answering, self._sending:
                    streams = [each.fileno() for each in (given, out, errors, answering)]
                    socket.send_fds(self._connection, [len(call).to_bytes(4)], streams)
                    self._connection.sendall(call)
                status = int.from_bytes(_read(answer, 4), signed=True)
            return status, _content(out), _content(errors)


@cache
def preloaded() -> Preloaded:
    """The one of this process."""
    return Preloaded()


def _content(file: BinaryIO) -> bytes:
    file.seek(0)
    return file.read()


def _read(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        if not (more := connection.recv(length - len(content))):
            raise EOFError
        content += more
    return content


def _serve(connection: socket.socket) -> None:
    from cli.commands import COMMANDS

    commands = (command.target.partition(":")[0] for command in COMMANDS.values())
    for module in (*commands, *USED_BY_COMMANDS):
        import_module(module)
    # Nobody waits here for those that fork: the system forgets them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        length, streams, _, _ = socket.recv_fds(connection, 4, 4)
        if not length:
            return
        call = json.loads(_read(connection, int.from_bytes(length)))
        import_module(call[0])
        if os.fork() == 0:
            connection.close()
            _answer(call, streams)
        for stream in streams:
            os.close(stream)


def _answer(call: tuple[str, Sequence[str], str, Mapping[str, str]], streams: Sequence[int]) -> NoReturn:
    """Forks for one call, and sends its exit status."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    *standard, answer = streams
    child = os.fork()
    if child == 0:
        os.close(answer)
        _call(*call, standard)
    _, status = os.waitpid(child, 0)
    with socket.socket(fileno=answer) as caller:
        caller.sendall(os.waitstatus_to_exitcode(status).to_bytes(4, signed=True))
    os._exit(0)


def _call(
    program: str, arguments: Sequence[str], folder: str, environment: Mapping[str, str], streams: Sequence[int]
) -> NoReturn:
    try:
        for target, stream in enumerate(streams):
            os.dup2(stream, target)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        time.tzset()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        sys.argv = [program, *arguments]
        import_module(program).main()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    os._exit(1)


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as connection:
        _serve(connection)
