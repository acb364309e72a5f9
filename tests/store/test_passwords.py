"""Hashes of passwords."""

from __future__ import annotations

from store.accounts import passwords


def test_somebody_without_an_account_is_compared_with_a_hash_of_todays_strength() -> None:
    assert not passwords.outdated(passwords.NOBODYS)
