"""What a check of `onboard doctor` says."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """The result of one check. `sentence` says what was found and, if it is not `ok`, what to do."""

    name: str
    ok: bool
    sentence: str
