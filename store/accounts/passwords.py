"""Checks passwords, and hashes them with argon2id."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from store.accounts.problem import AccountProblem

SHORTEST, LONGEST = 12, 256
FEWEST_DIFFERENT = 5

_hasher = PasswordHasher()
# Each takes 64 MiB and a tenth of a second of a core: more side by side would be a way to stop everybody's work.
_workers = ThreadPoolExecutor(2, thread_name_prefix="password")
NOBODYS = "$argon2id$v=19$m=65536,t=3,p=4$T1GgoqeoXE8pBQsr+fgQNA$1fU2SazvLceO7p5Y4P+dkIvZrg+xt4dInHx6GtueQvs"
"""What a password is compared with where there is no account: the hash of a random text that nobody kept."""


def check(password: str, *known: str) -> None:
    """Raises `AccountProblem` for a password that is easily guessed; `known` are the person's handle and address."""
    if len(password) < SHORTEST:
        raise AccountProblem(f"The password is too short: use at least {SHORTEST} characters, for example four words.")
    if len(password) > LONGEST:
        raise AccountProblem(f"The password is too long: use at most {LONGEST} characters.")
    lowered = password.lower()
    if len(set(lowered)) < FEWEST_DIFFERENT or lowered in {each.lower() for each in known}:
        raise AccountProblem("The password is too easily guessed: use four words that have nothing in common.")


async def hashed(password: str) -> str:
    return await asyncio.get_running_loop().run_in_executor(_workers, _hasher.hash, password)


async def matches(stored: str | None, password: str) -> bool:
    """Returns whether the password matches; without a stored hash False, after the same time."""
    return await asyncio.get_running_loop().run_in_executor(_workers, _matches, stored, password)


def outdated(stored: str) -> bool:
    return _hasher.check_needs_rehash(stored)


def _matches(stored: str | None, password: str) -> bool:
    try:
        return _hasher.verify(stored or NOBODYS, password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False
