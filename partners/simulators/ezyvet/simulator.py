"""The simulator: who calls, whether a call is within the limits, and what it does."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from fastapi.responses import JSONResponse, Response

from partners.simulators.ezyvet.body import Body, read_body, read_json
from partners.simulators.ezyvet.broken_answers import Cut, broken_answer
from partners.simulators.ezyvet.envelope import accepted_answer, error_answer, list_answer
from partners.simulators.ezyvet.errors import Invalid, MethodNotAllowed, NotFound, Refused, TooManyRequests
from partners.simulators.ezyvet.faults import DELAYS, Fault, Faults
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
    """The answer, the error if it is one, and when the call took a place of the limits."""

    answer: Response
    error: Refused | None
    counted_at: float | None

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
        self.faults = Faults(store)
        self._released = asyncio.Event()
        self._news = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tokens = Tokens(store)
        self._prescriptions = Prescriptions(store)

    async def handle(self, call: Call) -> Response:
        """Answers a call, with the faults that are due."""
        site = self._site_uid(call)
        number = self.store.begin_call(site, call.endpoint, call.method, time.time())
        await self._notify()
        faults = self.faults.next(site, call.endpoint, call.method)
        answer = await self._break("before", faults, None)
        late = next((fault for fault in faults if fault.do == "late"), None)
        if late:
            task = asyncio.create_task(self._act_later(late.seconds, number, call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
            return Cut()
        if answer is None:
            outcome = self._act_and_count(number, call)
            answer = await self._break("after", faults, outcome.answer) or outcome.answer
        status = None if isinstance(answer, Cut) else answer.status_code
        await self._end(number, status, ", ".join(f"{each.do} {each.when}" for each in faults))
        return answer

    async def _act_later(self, seconds: float, number: int, call: Call) -> None:
        await asyncio.sleep(seconds)
        self._act_and_count(number, call)
        await self._end(number, None, "late")

    async def _end(self, number: int, status: int | None, fault: str) -> None:
        self.store.end_call(number, status, time.time(), fault)
        await self._notify()

    def _act_and_count(self, number: int, call: Call) -> Outcome:
        outcome = self._answer(call)
        self.store.count_call(number, outcome.counted_at, violation=outcome.violation)
        return outcome

    async def _break(self, when: str, faults: list[Fault], whole: Response | None) -> Response | None:
        """Waits as the faults say; returns the answer of one that answers."""
        due = [fault for fault in faults if fault.when == when]
        for fault in due:
            if fault.do == "slow":
                await asyncio.sleep(fault.seconds)
            elif fault.do == "hold":
                await self._released.wait()
        return next((broken_answer(fault, whole) for fault in due if fault.do not in DELAYS), None)

    def release(self) -> None:
        """Lets all calls go on that are held now."""
        self._released.set()
        self._released = asyncio.Event()

    def set_speed(self, speed: float) -> None:
        self.store.save_setting("speed", str(speed))
        self.limits.speed = speed

    async def until(self, reached: Callable[[], bool], seconds: float) -> bool:
        """Waits until `reached`, which is asked whenever a call comes or is answered; False if it takes longer."""
        try:
            async with asyncio.timeout(seconds), self._news:
                await self._news.wait_for(reached)
        except TimeoutError:
            return False
        return True

    async def _notify(self) -> None:
        async with self._news:
            self._news.notify_all()

    def _site_uid(self, call: Call) -> str:
        """The site that a call says it is for; empty if none can be read."""
        if call.endpoint != TOKEN_ENDPOINT:
            return self._tokens.site_claimed(call.authorization)
        try:
            return str(read_json(call.content).get("site_uid", ""))
        except Refused:
            return ""

    def _answer(self, call: Call) -> Outcome:
        site, counted_at = None, None
        try:
            scopes: tuple[str, ...] = ()
            if call.endpoint == TOKEN_ENDPOINT:
                site = self._tokens.authenticate(call.method, call.content)
            else:
                site, scopes = self._tokens.site_of(call.authorization)
            now = time.time()
            self.limits.take(site.uid, call.endpoint, now)
            counted_at = now
            return Outcome(self._act(site, scopes, call), None, counted_at)
        except Refused as error:
            # Before 44.4 it always answered 200 (OFFICIAL); that 401, 403 and 429 come from in front is a GUESS.
            old = site and site.old_mode and call.endpoint == EXTERNAL and type(error) in (Refused, Invalid, NotFound)
            return Outcome(error_answer(error, 200 if old else None), error, counted_at)

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
        query = read_query(call.endpoint, call.query, site.page_rows)
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
