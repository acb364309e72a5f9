"""What keeps a feed from being read at all."""

from __future__ import annotations


class FeedProblem(Exception):
    """The feed as a whole cannot be taken; `str(problem)` is one sentence that says why and what to do."""
