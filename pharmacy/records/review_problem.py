"""Why something was not decided about a pair; `str(problem)` is the whole sentence.

NotDecided
└── Overtaken     somebody else was quicker
"""

from __future__ import annotations


class NotDecided(Exception):
    """Nothing was recorded."""


class Overtaken(NotDecided):
    """Nothing was recorded, as the pair is not any more what was seen."""
