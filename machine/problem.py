"""Errors whose message is one sentence that says what to do."""


class MachineProblem(Exception):
    """Something a person can put right; `str(problem)` is the whole message, ready to be shown."""


class NotRunning(MachineProblem):
    """No system runs in this home."""


class AlreadyRunning(MachineProblem):
    """A system runs in this home already."""
