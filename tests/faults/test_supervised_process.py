"""A supervised process stays supervised, whatever its readiness probe raises after a restart."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

from machine.child import Child
from machine.supervisor import Supervisor
from tests.system.harness import eventually


async def test_a_probe_with_an_unexpected_error_is_repeated(tmp_path: Path) -> None:
    answers: list[bool | Exception] = [True, ConnectionResetError("cut off in the middle of a question"), True]
    said: list[str] = []

    async def ready() -> bool:
        answer = answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    async def back() -> bool:
        return "sleeper is back." in said

    child = Child("sleeper", (sys.executable, "-c", "import signal; signal.pause()"), ready)
    async with Supervisor(tmp_path, tmp_path / "children.json", said.append) as supervisor:
        await supervisor.start(child)
        os.kill(supervisor.pids()["sleeper"], signal.SIGKILL)
        await eventually(back, bool)
    assert any("could not be asked whether it is ready (cut off" in sentence for sentence in said)
