"""What keeps a person from changing the records."""

from __future__ import annotations


class RecordsProblem(Exception):
    """Something a person can put right; `str(problem)` is the whole message."""


class NoSuchRecord(RecordsProblem):
    """There is no such client, patient or difference in this clinic."""
