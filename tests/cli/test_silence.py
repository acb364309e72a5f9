"""Temporal or the worker does not answer: the journal's copy is shown, and no command waits for ever."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from machine.home import Home
from machine.lock import holder
from tests.cli.shell import Shell, Start, eventually


def descendants(process: int) -> Iterator[int]:
    """Returns all descendants of a process."""
    for task in Path(f"/proc/{process}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield int(child)
            yield from descendants(int(child))


@contextmanager
def silent(home: Home, words: str) -> Iterator[None]:
    """Stops the system's processes whose command lines contain these words."""
    supervisor = holder(home.lock)
    assert supervisor is not None
    found = [each for each in descendants(int(supervisor)) if words in Path(f"/proc/{each}/cmdline").read_text()]
    assert found
    try:
        for process in found:
            os.kill(process, signal.SIGSTOP)
        yield
    finally:
        for process in found:
            os.kill(process, signal.SIGCONT)


def written_down(onboard: Shell, practice: Start) -> str:
    """An onboarding that the journal has completely."""
    identity = practice()
    onboard.ok("record", identity, "queued")
    onboard.ok("record", identity, "agent_installed")
    onboard.ok("retract", identity, "agent_installed", "--why", "a slip")
    eventually(
        onboard,
        *("show", identity, "--journal"),
        until=lambda seen: len(seen["journal"]) == 4 and all(mail["state"] == "sent" for mail in seen["mails"]),
    )
    return identity


def test_with_a_worker_that_does_not_answer(onboard: Shell, system: Home, practice: Start) -> None:
    identity = written_down(onboard, practice)
    with silent(system, "worker"):
        shown, told, recorded = onboard.together(
            f"show {identity}", f"show {identity} --json", f"record {identity} invitation_sent"
        )
    assert (shown.status, told.status, recorded.status) == (0, 0, 1)
    assert shown.err.endswith("This is the last known state.\n")
    assert "taken back" in shown.out
    assert told.json["source"] == "journal"
    assert (told.json["id"], told.json["stage"], told.json["status"]) == (identity, "invitation", "open")
    facts = [(fact["name"], fact["retracted"]) for fact in told.json["facts"]]
    assert facts == [("queued", False), ("agent_installed", True)]
    assert told.json["mails"][0]["kind"] == "queue_confirmation"
    assert "Your request may still be carried out" in recorded.sentence
    eventually(onboard, "show", identity, until=lambda seen: seen["stage"] == "registration")


def test_with_a_temporal_that_does_not_answer(onboard: Shell, system: Home, practice: Start) -> None:
    identity = written_down(onboard, practice)
    with silent(system, "start-dev"):
        explained, noted, nobody, listed = onboard.together(
            f"explain {identity}", f"note {identity} hello", "show datapoint/nobody", f"list --search {identity} --json"
        )
    assert explained.status == 0
    assert "In this stage since" in explained.out
    assert "Temporal does not answer" in explained.err
    assert "Temporal does not answer" in noted.sentence
    assert "There is no onboarding datapoint/nobody in the journal" in nobody.sentence
    assert (listed.status, listed.err, listed.json[0]["id"]) == (0, "", identity)
    eventually(onboard, "show", identity, until=lambda seen: seen["status"] == "open")
