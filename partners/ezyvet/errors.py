"""What can go wrong with a call to ezyVet, by what a person can do about it.

EzyvetError             the message is one sentence that says what to do, without any secret
├── WrongCredentials    no token for these credentials: correct them
├── AccessRevoked       the site does not give us access, or not there: ask the practice for access
│   └── TokenRefused    401: the token is no longer good, a new one may be
├── SiteGone            404: the site, such as a trial, does not exist any more
├── Invalid             refused for its content; `fields` says which
├── NotFound            what it concerns is not there
├── RateLimited         too many calls; try again after `seconds`
├── Unavailable         nothing was done, try again: not reached, or a read that failed
├── Uncertain           a write that may have been done: look it up, never send it again blindly
└── Garbage             the answer to a read is none of ezyVet's
"""

from __future__ import annotations

from collections.abc import Mapping


class EzyvetError(Exception):
    """A call that failed. `transaction` is what ezyVet's support asks for."""

    def __init__(self, message: str, *, transaction: str | None = None) -> None:
        super().__init__(message)
        self.transaction = transaction


class WrongCredentials(EzyvetError):
    """ezyVet gives no token for the credentials."""


class AccessRevoked(EzyvetError):
    """The site does not give us access any more, or does not allow this call."""


class TokenRefused(AccessRevoked):
    """The token is not good any more. Nothing was done."""


class SiteGone(EzyvetError):
    """The site does not exist any more. Nothing was done."""


class Invalid(EzyvetError):
    """ezyVet refuses the content. `fields` are its remarks by field; they may be empty."""

    def __init__(
        self, message: str, *, fields: Mapping[str, str] | None = None, transaction: str | None = None
    ) -> None:
        super().__init__(message, transaction=transaction)
        self.fields = dict(fields or {})


class NotFound(EzyvetError):
    """ezyVet has no such record."""


class RateLimited(EzyvetError):
    """ezyVet takes no call to this endpoint for `seconds`. Nothing was done."""

    def __init__(self, message: str, seconds: int, *, transaction: str | None = None) -> None:
        super().__init__(message, transaction=transaction)
        self.seconds = seconds


class Unavailable(EzyvetError):
    """ezyVet was not reached, or a read failed. Nothing was done, so the call may be repeated."""


class Uncertain(EzyvetError):
    """A write was sent, and nobody knows whether it was done. `timed_out`: it may still be done."""

    def __init__(self, message: str, *, timed_out: bool = False, transaction: str | None = None) -> None:
        super().__init__(message, transaction=transaction)
        self.timed_out = timed_out


class Garbage(EzyvetError):
    """The answer to a read makes no sense: HTML, a redirect, not ezyVet's form, too large."""
