"""`onboard call`: logs a call, lists the calls, and takes one back."""

from __future__ import annotations

import pytest

from tests.cli.shell import Shell, Start


def test_a_call_is_logged_listed_and_taken_back(onboard: Shell, practice: Start) -> None:
    id = practice().partition("/")[2]
    said = ("call", id, "Have you our data?", "--with", "Dana Reyes", "--phone", "(312) 555-0118")
    logged = onboard.ok(*said, "--at", "2026-01-05T10:00", "--key", id, "--json").json
    assert (logged["direction"], logged["by"], logged["at"][:16]) == ("incoming", "ana", "2026-01-05T16:00")
    again = onboard.ok(*said, "--key", id).out
    assert again == f"Logged call {logged['id']} with Dana Reyes.\n"
    onboard.ok("call", id, "Told them: yes", "--with", "Lee Park", "--we-called")
    latest, first = onboard.ok("call", id).out.splitlines()
    assert "we called Lee Park, by ana: Told them: yes" in latest
    assert first.startswith(f"{logged['id']} ") and "10:00 CST" in first
    assert "Dana Reyes called ((312) 555-0118), by ana: Have you our data?" in first
    back = onboard.ok("call", id, "--take-back", str(logged["id"]), "--why", "Another practice").out
    assert back == f"Call {logged['id']} is taken back; it stays on record.\n"
    assert "[taken back by ana: Another practice]" in onboard.ok("call", id).out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Hello",), "Say who called or was called, with --with NAME"),
        (("--with", "Dana"), "Say what was said, behind the practice's ID"),
        (("--take-back", "1"), "Say why with --why TEXT"),
        (("Hello", "--take-back", "1", "--why", "x"), "Give --take-back alone"),
    ],
)
def test_what_is_missing_is_said(onboard: Shell, words: tuple[str, ...], sentence: str) -> None:
    done = onboard("call", "riverside-vet", *words)
    assert done.status == 2 and sentence in done.err


def test_a_practice_that_is_not_is_said(onboard: Shell) -> None:
    said = onboard("call", "nobody-knows-it", "Hello", "--with", "Dana")
    assert said.status == 1 and "There is no practice nobody-knows-it" in said.sentence
    assert "There is no practice nobody-knows-it" in onboard("call", "nobody-knows-it").sentence
