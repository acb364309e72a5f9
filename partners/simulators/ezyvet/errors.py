"""What ezyVet refuses: each error has the status and the text of its answer."""

from __future__ import annotations


class Refused(Exception):
    """An answer with a message of level `error`. `fields` says which field of the request is wrong, if one is."""

    status = 400

    def __init__(self, text: str, **fields: str) -> None:
        super().__init__(text)
        self.text = text
        self.fields = fields


class Unauthorized(Refused):
    status = 401


class Forbidden(Refused):
    status = 403


class NotFound(Refused):
    status = 404


class MethodNotAllowed(Refused):
    status = 405


class Invalid(Refused):
    status = 422


class TooManyRequests(Refused):
    """`seconds` until a call would be taken, as the text and the header say."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(f"Too many requests recently. Please try again in {seconds} seconds.")
        self.seconds = seconds


class ServerError(Refused):
    status = 500
