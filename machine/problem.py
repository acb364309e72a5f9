"""What went wrong, in one sentence that says what to do."""

from __future__ import annotations


class Problem(Exception):
    """Something a person can put right; `str(problem)` is the whole message, fit to be shown as it stands."""


class NotRunning(Problem):
    """No system runs in the home that was asked for."""


class AlreadyRunning(Problem):
    """A second start in a home in which a system runs."""
