"""The simulator: who calls, whether a call is within the limits, and what it does."""

from __future__ import annotations

import time
from dataclasses import dataclass

from fastapi.responses import JSONResponse, Response

from partners.simulators.ezyvet.body import Body, read_body, read_json
from partners.simulators.ezyvet.envelope import accepted_answer, error_answer, list_answer
from partners.simulators.ezyvet.errors import Invalid, MethodNotAllowed, NotFound, Refused, TooManyRequests
from partners.simulators.ezyvet.filters import read_query
from partners.simulators.ezyvet.limits import Limits
from partners.simulators.ezyvet.prescriptions import Prescriptions
from partners.simulators.ezyvet.resources import EXTERNAL, FIELDS, READ_SCOPES, WRITE_SCOPE
from partners.simulators.ezyvet.store import Site, Store
from partners.simulators.ezyvet.tokens import Tokens, check_scope

TOKEN_ENDPOINT = "oauth/access_token"  # noqa: S105 - a path


@dataclass(frozen=True)
class Call:
    """One request. `endpoint` is its path after `/v1/`, without the uid of a prescription, which is `uid`."""

    method: str
    endpoint: str
    uid: str
    query: tuple[tuple[str, str], ...]
    authorization: str
    content: bytes


@dataclass(frozen=True)
class Outcome:
    """The answer, the error if it is one, and whether the call took a place of the limits."""

    answer: Response
    error: Refused | None
    counted: bool

    @property
    def violation(self) -> bool:
        return isinstance(self.error, TooManyRequests)


class Simulator:
    def __init__(self, store: Store, partner_id: str) -> None:
        """`partner_id` is what sites know the partner by, unless they are seeded with another."""
        self.store = store
        self.partner_id = partner_id
        self.limits = Limits(float(store.setting("speed", "1")))
        self.limits.restore(store.counted_calls(time.time() - self.limits.window))
        self._tokens = Tokens(store)
        self._prescriptions = Prescriptions(store)

    def site_uid(self, call: Call) -> str:
        """The site that a call says it is for; empty if none can be read."""
        if call.endpoint != TOKEN_ENDPOINT:
            return self._tokens.site_claimed(call.authorization)
        try:
            return str(read_json(call.content).get("site_uid", ""))
        except Refused:
            return ""

    def answer(self, call: Call) -> Outcome:
        site, counted = None, False
        try:
            scopes: tuple[str, ...] = ()
            if call.endpoint == TOKEN_ENDPOINT:
                site = self._tokens.authenticate(call.method, call.content)
            else:
                site, scopes = self._tokens.site_of(call.authorization)
            self.limits.take(site.uid, call.endpoint, time.time())
            counted = True
            return Outcome(self._act(site, scopes, call), None, counted)
        except Refused as error:
            # Before 44.4 it always answered 200 (OFFICIAL); that 401, 403 and 429 come from in front is a GUESS.
            old = site and site.old_mode and call.endpoint == EXTERNAL and type(error) in (Refused, Invalid, NotFound)
            return Outcome(error_answer(error, 200 if old else None), error, counted)

    def _act(self, site: Site, scopes: tuple[str, ...], call: Call) -> Response:
        if call.endpoint == TOKEN_ENDPOINT:
            return JSONResponse(self._tokens.issue(site, call.content))
        if call.endpoint == EXTERNAL:
            check_scope(WRITE_SCOPE, scopes)
            return self._write(site, call)
        if call.endpoint not in FIELDS or call.uid:
            raise NotFound("There is no such endpoint.")
        if call.method != "GET":
            raise MethodNotAllowed(f"{call.method} is not allowed.")
        check_scope(READ_SCOPES[call.endpoint], scopes)
        query = read_query(call.endpoint, call.query)
        rows, total = self.store.find(site.uid, call.endpoint, query)
        return list_answer(call.endpoint, rows, query.page, query.limit, total)

    def _write(self, site: Site, call: Call) -> Response:
        match call.method, bool(call.uid):
            case "POST", False:
                uid = self._prescriptions.create(site, _body(call))
                return accepted_answer(uid, "The external prescription was created.")
            case "PATCH", True:
                self._prescriptions.update(site, call.uid, _body(call))
                return accepted_answer(call.uid, "The external prescription was updated.")
            case "DELETE", True:
                self._prescriptions.disable(site, call.uid)
                return accepted_answer(call.uid, "The external prescription was disabled.")
        raise MethodNotAllowed(f"{call.method} is not allowed.")


def _body(call: Call) -> Body:
    return read_body(read_json(call.content))
