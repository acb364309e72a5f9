"""Browser sessions and cookies: read when first needed, written with the response.

A session is a random value whose hash is stored in the database. Until somebody signs in, the browser has a random
visitor value to which forms are bound. Notices for the next page are kept in a signed cookie.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Literal

from itsdangerous import BadSignature, URLSafeSerializer
from markupsafe import Markup
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from store.accounts import access, accounts
from store.accounts.access import Session
from store.accounts.members import Member, memberships_by_session
from store.accounts.people import Person
from store.accounts.tokens import hash_of
from web.services import Services, services_of

Kind = Literal["good", "notice", "problem"]
Link = tuple[str, str]
"""Where a notice leads to: a path and its words."""
YEAR = 365 * 24 * 3600
NOTICES, LONGEST_NOTICE = 3, 600
"""So many, and so long, fit into a cookie."""


@dataclass
class Visit:
    """The cookies of one browser request; what its methods change is set with the response."""

    services: Services
    cookies: dict[str, str]
    changes: dict[str, tuple[str, int | None]] = field(default_factory=dict)
    _session: tuple[Person, Session] | None = None
    _loaded: bool = False
    _memberships: list[Member] | None = None
    _team: list[Person] | None = None
    _notices: list[tuple[Kind, str, Link | None]] | None = None

    async def signed_in(self) -> tuple[Person, Session] | None:
        """Returns the person of the team who is signed in, and the session; queries the database once per request."""
        if not self._loaded:
            secret = self._get("session")
            self._session = await access.session_person(self.services.database, secret) if secret else None
            self._loaded = True
        return self._session

    async def memberships(self) -> list[Member]:
        """Returns what a person of practices who is signed in may enter; queries the database once per request."""
        if self._memberships is None:
            secret = self._get("session")
            self._memberships = await memberships_by_session(self.services.database, secret) if secret else []
        return self._memberships

    async def team(self) -> list[Person]:
        """Returns everybody of the team, deactivated people too; queries the database once per request."""
        if self._team is None:
            self._team = await accounts.everybody(self.services.database)
        return self._team

    def session_hash(self) -> str:
        return hash_of(self._get("session") or "")

    async def sign_in(self, handle: str, browser: str) -> None:
        """Starts a new session in place of any earlier one."""
        await self.end()
        self._set("session", await access.open_session(self.services.database, handle, browser))
        self._set("visitor", "", 0)
        mark = self.browser_of(handle) or secrets.token_urlsafe(16)
        self._set("browser", self._signer("browser").dumps([handle, mark]), YEAR)
        self._loaded, self._memberships = False, None

    async def end(self) -> None:
        if secret := self._get("session"):
            await access.end_session(self.services.database, secret)
            self._set("session", "", 0)
        self._session, self._loaded, self._memberships = None, False, None

    def browser_of(self, handle: str) -> str | None:
        """Returns this browser's mark if the account was the last to sign in with it."""
        try:
            last, mark = self._signer("browser").loads(self._get("browser") or "")
        except (BadSignature, ValueError, TypeError):
            return None
        return str(mark) if last == handle else None

    def form_binding(self) -> str:
        """Returns what this browser's forms are bound to: its session, else a visitor value, set now if need be."""
        bound = self._get("session") or self._get("visitor")
        if not bound:
            bound = secrets.token_urlsafe(24)
            self._set("visitor", bound)
        return bound

    def add_notice(self, text: str, kind: Kind = "good", link: Link | None = None) -> None:
        """Shows a notice on the next page that this browser loads."""
        notice = (kind, text[:LONGEST_NOTICE], link)
        # A second click before the next page loads does not add it again.
        self._notices = [*(each for each in self._read_notices() if each != notice), notice][-NOTICES:]
        self._set("notices", self._signer("notices").dumps(self._notices))

    def take_notices(self) -> list[tuple[Kind, str]]:
        notices = self._read_notices()
        if notices:
            self._notices = []
            self._set("notices", "", 0)
        return [(kind, _linked(text, link)) for kind, text, link in notices if text]

    def has_notices(self) -> bool:
        """Whether a form was answered by sending the browser here, with words or without."""
        return bool(self._read_notices())

    def keep(self, name: str, value: object, seconds: int, longest: int) -> bool:
        """Keeps a value in a signed cookie. Returns whether it is short enough for one."""
        text = self._signer(name).dumps(value)
        if len(text) <= longest:
            self._set(name, text if isinstance(text, str) else text.decode(), seconds)
        return len(text) <= longest

    def kept(self, name: str) -> object:
        """Returns a value that was kept, None if there is none."""
        try:
            return self._signer(name).loads(self._get(name) or "")
        except (BadSignature, ValueError, TypeError):
            return None

    def drop(self, name: str) -> None:
        if self._get(name):
            self._set(name, "", 0)

    def headers(self) -> list[str]:
        """Returns a Set-Cookie value for every cookie that has changed."""
        return [self._cookie(name, value, age) for name, (value, age) in self.changes.items()]

    def _read_notices(self) -> list[tuple[Kind, str, Link | None]]:
        if self._notices is None:
            try:
                kept = self._signer("notices").loads(self._get("notices") or "")
                self._notices = [(kind, text, link and tuple(link)) for kind, text, link in kept]
            except (BadSignature, ValueError, TypeError):
                self._notices = []
        return self._notices

    def _signer(self, purpose: str) -> URLSafeSerializer:
        return URLSafeSerializer(self.services.secret, salt=f"web.{purpose}")

    def _name(self, name: str) -> str:
        # With this prefix browsers accept the cookie only from this host, and only by https.
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


class VisitMiddleware:
    """Gives each request its `Visit`, and sets its cookies on the response."""

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


def _linked(text: str, link: Link | None) -> str:
    return Markup('{} <a href="{}">{}</a>').format(text, *link) if link else text


def visit_of(connection: HTTPConnection) -> Visit:
    visit: Visit = connection.state.visit
    return visit
