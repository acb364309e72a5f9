"""The demo, run twice in the same home."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from tests.cli.shell import EXECUTABLE
from tests.machine.trial_system import fresh_home, own_environment

STORY = re.compile(r"⇣ (?:feed (\d): ([\d,]+) new, ([\d,]+) updated|([\d,]+) merged .*, ([\d,]+) for a person)")
AWAITED = 300
"""Seconds after which a demo hangs."""


def test_the_demo_succeeds_twice_in_one_home() -> None:
    with fresh_home() as home:
        for _ in range(2):
            command: list[str | Path] = [EXECUTABLE, "demo", "--home", os.fspath(home.path)]
            done = subprocess.run(
                command, capture_output=True, text=True, env=own_environment(), timeout=AWAITED, check=False
            )
            assert (done.returncode, done.stderr) == (0, ""), done.stdout
            assert "did not come out right" not in done.stdout
            brought, people, _, _ = STORY.findall(done.stdout)
            number, new, updated, *_ = brought
            assert (number, updated) == ("1", "0"), "a clinic whose data was never seen before"
            assert int(new.replace(",", "")) > 12_400
            *_, merged, to_review = people
            assert int(merged) > 0 and int(to_review) > 0
