"""What keeps an account from being made, changed or signed in to."""

from __future__ import annotations


class AccountProblem(Exception):
    """Something a person can put right; `str(problem)` is the whole message."""


class NoSuchPerson(AccountProblem):
    """There is no account with this handle."""


class LinkSpent(AccountProblem):
    """A one-time link that was used, replaced or has expired; or that never was one."""


class SignInRefused(AccountProblem):
    """The name or the password is wrong; which of them is not said."""


class TooManyTries(SignInRefused):
    """Too many sign-ins failed; `seconds` until the next is looked at."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = f"{seconds} seconds" if seconds < 120 else f"{round(seconds / 60)} minutes"
        super().__init__(f"Too many attempts to sign in: try again in {wait}.")
