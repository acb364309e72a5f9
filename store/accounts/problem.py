"""Errors about accounts."""

from __future__ import annotations

from playbooks.plural import count_of


class AccountProblem(Exception):
    """An error that a person can correct; `str(problem)` is the whole message."""


class NoSuchPerson(AccountProblem):
    """There is no account with this handle."""


class NoSuchClinic(NoSuchPerson):
    """There is no clinic with this ID."""


class NoSuchMember(NoSuchPerson):
    """Nobody at the clinic is meant by this."""


class Deactivated(AccountProblem):
    """The person is on the list, deactivated; `plain` says so to who looks at a page. `known` names the person."""

    def __init__(self, known: str) -> None:
        super().__init__(f"{known}: give active as true to reactivate them.")
        self.plain = f"{known}: press Reactivate there."


class LinkSpent(AccountProblem):
    """The one-time link is invalid: used, replaced, expired or unknown."""


class SignInRefused(AccountProblem):
    """The name or password is wrong; the message does not say which."""


class TooManyTries(SignInRefused):
    """Too many sign-ins failed; the next is possible in `seconds`."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        wait = count_of(seconds, "second") if seconds < 120 else count_of(round(seconds / 60), "minute")
        super().__init__(f"Too many attempts to sign in: try again in {wait}.")
