"""How long `onboard up` takes until everything answers."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.table import Line

TIMES = 5


async def measure() -> list[Line]:
    folder = Path(tempfile.mkdtemp(prefix="onboard-bench-"))
    try:
        first = await _up(folder / "home")
        later = statistics.median([await _up(folder / "home") for _ in range(TIMES)])
    finally:
        shutil.rmtree(folder)
    return [
        Line("`onboard up` until ready, the first time", f"{first:.1f} s"),
        Line("`onboard up` until ready, later (median)", f"{later:.1f} s", "under 8 s", later < 8),
    ]


async def _up(home: Path) -> float:
    program = Path(sys.executable).parent / "onboard"
    ready = home.with_name("ready")
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(
        str(program), "--home", str(home), "up", "--ready-file", str(ready), stdout=asyncio.subprocess.DEVNULL
    )
    while not ready.exists():
        if process.returncode is not None:
            raise RuntimeError("onboard up ended before it was ready")
        await asyncio.sleep(0.02)
    took = time.perf_counter() - began
    process.terminate()
    await process.wait()
    ready.unlink(missing_ok=True)
    return took
