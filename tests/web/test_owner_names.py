"""Owners of one name are told apart by their IDs."""

from __future__ import annotations

from web.console.data_differences import tell_namesakes_apart


def test_only_namesakes_have_their_id() -> None:
    assert tell_namesakes_apart({"C1": "Ann Lee", "C2": "ann lee", "C3": "Bo Park"}) == {
        "C1": "Ann Lee (C1)",
        "C2": "ann lee (C2)",
        "C3": "Bo Park",
    }
