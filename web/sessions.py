"""Who visits: the cookies of a browser, read at the first need and written with the answer.

A session is a random value whose hash stands in the database. Before somebody is signed in, the browser carries a
random visitor value, so that forms have something to be bound to. Notices for the next page are signed.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.accounts import access
from store.accounts.access import Session
from store.accounts.people import Person
from web.services import Services, services_of

Kind = Literal["good", "notice", "problem"]
YEAR = 365 * 24 * 3600
NOTICES = 3


@dataclass
class Visit:
    """One request of a browser. Change it with its methods; the cookies follow."""

    services: Services
    cookies: dict[str, str]
    changes: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    _known: tuple[Person, Session] | None = None
    _looked: bool = False
    _notices: list[tuple[Kind, str]] | None = None

    async def signed_in(self) -> tuple[Person, Session] | None:
        """The person who is signed in, and the session; asked of the database once a request."""
        if not self._looked:
            secret = self._get("session")
            self._known = await access.session_person(self.services.database, secret) if secret else None
            self._looked = True
        return self._known

    async def sign_in(self, person: Person, browser: str) -> None:
        """Begins a new session, whatever the browser carried before."""
        await self.end()
        self._set("session", await access.open_session(self.services.database, person.handle, browser))
        self._set("visitor", "", 0)
        mark = self.browser_of(person.handle) or secrets.token_urlsafe(16)
        self._set("browser", self._signer("browser").dumps([person.handle, mark]), YEAR)
        self._looked = False

    async def end(self) -> None:
        """Ends the session, in the database and in the browser."""
        if secret := self._get("session"):
            await access.end_session(self.services.database, secret)
            self._set("session", "", 0)
        self._known, self._looked = None, False

    def browser_of(self, handle: str) -> str | None:
        """The mark of this browser, if this account was the last to be signed in to with it."""
        try:
            known, mark = self._signer("browser").loads(self._get("browser") or "")
        except (BadSignature, ValueError, TypeError):
            return None
        return str(mark) if known == handle else None

    def bound_to(self) -> str:
        """What forms of this browser are bound to: its session, else a visitor value, given to it if needed."""
        bound = self._get("session") or self._get("visitor")
        if not bound:
            bound = secrets.token_urlsafe(24)
            self._set("visitor", bound)
        return bound

    def say(self, text: str, kind: Kind = "good") -> None:
        """A notice for the next page that this browser is shown."""
        notice = (kind, text[:300])
        # Once, also if a second click says it again before the first was seen.
        self._notices = [*(each for each in self._read_notices() if each != notice), notice][-NOTICES:]
        self._set("notices", self._signer("notices").dumps(self._notices))

    def take_notices(self) -> list[tuple[Kind, str]]:
        """The notices to be shown now; they are not shown again."""
        notices = self._read_notices()
        if notices:
            self._notices = []
            self._set("notices", "", 0)
        return notices

    def headers(self) -> list[str]:
        """The values of Set-Cookie for all that has changed."""
        return [self._cookie(name, value, age) for name, (value, age) in self.changes.items()]

    def _read_notices(self) -> list[tuple[Kind, str]]:
        if self._notices is None:
            try:
                self._notices = [
                    (kind, text) for kind, text in self._signer("notices").loads(self._get("notices") or "")
                ]
            except (BadSignature, ValueError, TypeError):
                self._notices = []
        return self._notices

    def _signer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.services.secret, salt=f"web.{purpose}")

    def _name(self, name: str) -> str:
        # With this prefix a browser takes the cookie only from this very host, and only by https.
        return f"__Host-{name}" if self.services.https else name

    def _get(self, name: str) -> str | None:
        if name in self.changes:
            return self.changes[name][0] or None
        return self.cookies.get(self._name(name)) or None

    def _set(self, name: str, value: str, age: int | None = None) -> None:
        self.changes[name] = (value, age)

    def _cookie(self, name: str, value: str, age: int | None) -> str:
        parts = [f"{self._name(name)}={value}", "Path=/", "HttpOnly", "SameSite=Lax"]
        if age is not None:
            parts.append(f"Max-Age={age}")
        if self.services.https:
            parts.append("Secure")
        return "; ".join(parts)


class Visits:
    """Gives each request its `Visit`, and writes its cookies into the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        visit = Visit(services_of(connection), dict(connection.cookies))
        scope.setdefault("state", {})["visit"] = visit

        async def with_cookies(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for value in visit.headers():
                    headers.append("Set-Cookie", value)
            await send(message)

        await self.app(scope, receive, with_cookies)


def visit_of(connection: HTTPConnection) -> Visit:
    """The visit that a request belongs to; a dependency, too."""
    visit: Visit = connection.state.visit
    return visit


def say(request: HTTPConnection, text: str, kind: Kind = "good") -> None:
    """A notice for the next page: `say(request, "Recorded.")`, `say(request, "…", "problem")`."""
    visit_of(request).say(text, kind)
