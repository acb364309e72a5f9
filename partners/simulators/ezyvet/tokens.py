"""Tokens: JWTs, one for each credential set, of which only the newest is good."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

from partners.simulators.ezyvet.errors import Forbidden, MethodNotAllowed, NotFound, Unauthorized
from partners.simulators.ezyvet.store import Site, Store

EXPIRES_IN = 1_209_600
"""What ezyVet's example says, though a token lives 12 hours (OFFICIAL, section 1: not to be trusted)."""
TRIAL_ENDED = "The trial of this site has ended."
FIELDS = ("partner_id", "client_id", "client_secret", "grant_type", "scope", "site_uid")


class Tokens:
    def __init__(self, store: Store) -> None:
        self._store = store
        self._key = store.setting("token_key", secrets.token_hex(32)).encode()

    def authenticate(self, method: str, content: bytes) -> Site:
        """The site whose credentials a request for a token names. Raises Unauthorized for anything wrong, or NotFound.

        All six fields are needed (OFFICIAL); that everything wrong is 401 is a GUESS (section 10).
        """
        if method != "POST":
            raise MethodNotAllowed(f"{method} is not allowed.")
        body = _read(content)
        if missing := [name for name in FIELDS if not isinstance(body.get(name), str) or not body[name]]:
            raise Unauthorized(f"Missing or not text: {', '.join(missing)}.")
        if body["grant_type"] != "client_credentials":
            raise Unauthorized("grant_type must be client_credentials.")
        site = self._store.sites.get(body["site_uid"])
        if site and site.state == "expired":
            raise NotFound(TRIAL_ENDED)
        if not site or site.state == "revoked" or not _same_credentials(site, body):
            raise Unauthorized("The credentials are not known.")
        scopes = _scopes(body)
        if unknown := [scope for scope in scopes if scope not in site.scopes] or not scopes:
            raise Unauthorized(f"Scopes that the integration does not have: {unknown}.")
        return site

    def issue(self, site: Site, content: bytes) -> dict[str, Any]:
        """A new token with the scopes that the request names; it ends the one before (OFFICIAL but old, section 1)."""
        now = int(time.time())
        claims = {
            **{"aud": site.client_id, "jti": secrets.token_hex(20), "iat": now, "nbf": now},
            **{"exp": now + site.token_seconds, "sub": "", "scopes": _scopes(_read(content))},
            **{"iss": "https://api.ezyvet.com", "grp": site.partner_id, "url": "", "site_uid": site.uid},
        }
        self._store.save_site(site.model_copy(update={"token": claims["jti"]}))
        return {"access_token": self._sign(claims), "token_type": "Bearer", "expires_in": EXPIRES_IN}

    def site_of(self, authorization: str) -> tuple[Site, tuple[str, ...]]:
        """The site that a call is for, and the scopes of its token. Raises Unauthorized or NotFound."""
        scheme, _, token = authorization.partition(" ")
        claims = self._claims(token.strip()) if scheme.lower() == "bearer" else None
        site = self._store.sites.get(claims["site_uid"]) if claims else None
        if not claims or not site:
            raise Unauthorized("The access token is missing or malformed.")
        if site.state == "expired":
            raise NotFound(TRIAL_ENDED)
        if site.state == "revoked" or claims["jti"] != site.token or claims["exp"] <= time.time():
            raise Unauthorized("The access token has expired or was revoked.")
        return site, tuple(claims["scopes"])

    def site_claimed(self, authorization: str) -> str:
        """The `site_uid` of a token, also of one that no longer works; empty without one."""
        claims = self._claims(authorization.partition(" ")[2].strip())
        return str(claims["site_uid"]) if claims else ""

    def _sign(self, claims: dict[str, Any]) -> str:
        content = f"{_encode({'typ': 'JWT', 'alg': 'HS256'})}.{_encode(claims)}"
        return f"{content}.{self._signature(content)}"

    def _claims(self, token: str) -> dict[str, Any] | None:
        content, _, signature = token.rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(content).encode()):
            return None
        payload = content.partition(".")[2]
        claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return claims

    def _signature(self, content: str) -> str:
        return _base64(hmac.digest(self._key, content.encode(), hashlib.sha256))


def check_scope(scope: str, scopes: tuple[str, ...]) -> None:
    """Raises Forbidden."""
    if scope not in scopes:
        raise Forbidden(f"The access token has not the scope {scope}.")


def _read(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content)
    except ValueError:
        raise Unauthorized("The body is not JSON.") from None
    if not isinstance(body, dict):
        raise Unauthorized("The body must be a JSON object.")
    return body


def _scopes(body: dict[str, Any]) -> list[str]:
    """They are separated by commas or spaces (FIELD, section 1: both work)."""
    return str(body["scope"]).replace(",", " ").split()


def _same_credentials(site: Site, body: dict[str, str]) -> bool:
    names = ("partner_id", "client_id", "client_secret")
    return all(hmac.compare_digest(getattr(site, name).encode(), body[name].encode()) for name in names)


def _encode(value: dict[str, Any]) -> str:
    return _base64(json.dumps(value, separators=(",", ":")).encode())


def _base64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()
