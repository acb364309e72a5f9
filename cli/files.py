"""Reads the files that commands take; `-` is standard input."""

from __future__ import annotations

import sys
from pathlib import Path

from cli.problem import CliProblem


def read_bytes(name: str) -> bytes:
    """Returns the content of a file. Raises CliProblem if it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    path = Path(name)
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise CliProblem(f"There is no file {name}; name one that exists, or - for standard input.") from None
    except IsADirectoryError:
        raise CliProblem(f"{name} is a directory; name a file in it.") from None
    except OSError as error:
        raise CliProblem(f"{name} cannot be read ({error.strerror}); check who may read it.") from None


def read_text(name: str) -> str:
    """Returns the content of a file in UTF-8. Raises CliProblem if it cannot be read."""
    try:
        return read_bytes(name).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CliProblem(f"{name} is not text in UTF-8; save it as such and try again.") from None
