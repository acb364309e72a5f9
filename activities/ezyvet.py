"""Calls to the practices' ezyVet. They run on a task queue of their own, and wait for their turn outside of it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory

from activities.heartbeats import heartbeats
from integrations.ezyvet import delays, sites, trials
from integrations.ezyvet.connection import NOT_SET_UP
from integrations.ezyvet.delays import Delay, delay_after
from integrations.ezyvet.delivery import Sender, withdraw
from integrations.ezyvet.doubt import LookAgain
from integrations.ezyvet.gateway import Gateway
from integrations.ezyvet.limits import Priority, Wait
from integrations.ezyvet.single import keep_one
from integrations.ezyvet.sites import NoCredentials
from integrations.ezyvet.trials import TrialProblem
from partners.ezyvet.client import Ezyvet
from partners.ezyvet.errors import EzyvetError
from pharmacy.prescriptions import register
from pharmacy.prescriptions.life.calls import Check, Outcome
from store.database import DatabaseProblem
from store.secrets.keyring import SealedError
from workflows.prescription_contracts import NOT_YET, Delivery, Site

log = logging.getLogger("ezyvet")

HEARTBEAT_SECONDS = 3.0
WORTH_TELLING = timedelta(seconds=5)
"""People are told of a call that waits for as long as this; shorter waits are over before they could read of them."""

SET_UP_AGAIN = timedelta(minutes=1)
"""How long after it turned out that there is no way to ezyVet it is looked for again."""
TEST_AGAIN = timedelta(hours=1)
"""How long after a failure the test prescription is taken out again."""


@dataclass(frozen=True)
class EzyvetSites:
    database: AsyncEngine
    gateway: Gateway | None = None

    @activity.defn(name="open_ezyvet_site")
    async def open(self, site: Site) -> None:
        """The practice has seen the test prescription: prescriptions are sent from now on."""
        await sites.open_site(self.database, site.practice)

    @activity.defn(name="take_out_test")
    async def take_out_test(self, site: Site) -> None:
        """Disables the test prescription, which the practice has seen (RX9)."""
        if self.gateway is None or await trials.read_trial(self.database, site.practice) is None:
            return
        ezyvet = self.gateway.at(site.practice, Priority.DELIVERY, key=f"test of {site.practice}")
        try:
            await trials.take_out_trial(self.database, ezyvet, site.practice)
        except NoCredentials:
            # The practice has left.
            return
        except Wait as wait:
            raise not_yet(str(wait), timedelta(seconds=wait.seconds)) from None
        except (EzyvetError, TrialProblem) as problem:
            raise ApplicationError(str(problem), next_retry_delay=TEST_AGAIN) from None


@dataclass(frozen=True)
class EzyvetCalls:
    database: AsyncEngine
    gateway: Gateway | None

    @property
    def all(self) -> tuple[Callable[..., Any], ...]:
        return self.deliver, self.withdraw, self.look_up, self.check

    @activity.defn(name="deliver_prescription")
    async def deliver(self, order: Delivery) -> Outcome:
        """Makes a call, once; it waits for its turn without a worker's slot."""
        if self.gateway is None:
            return delays.NOT_SET_UP
        position = _position(order)
        there = self.gateway.delivering(order.practice, key=order.prescription, position=position)
        return await self._in_turn(order, there, Sender.deliver)

    @activity.defn(name="withdraw_prescription_call")
    async def withdraw(self, order: Delivery) -> Outcome | None:
        """Has a call never made; what became of it if it was begun."""
        await self._tell(order, None)
        return await withdraw(self.database, order)

    @activity.defn(name="look_up_prescription")
    async def look_up(self, order: Delivery) -> Outcome:
        """Finds out what became of a doubtful call."""
        if self.gateway is None:
            # No outcome: the call stays in doubt, and the workflow would have it looked up again at once, for ever.
            raise not_yet(NOT_SET_UP, SET_UP_AGAIN)
        return await self._in_turn(order, nullcontext(self._at(self.gateway, order)), Sender.look_up)

    @activity.defn(name="check_prescription")
    async def check(self, order: Delivery) -> Outcome:
        """Looks again and again, for a while, whether ezyVet has the prescription once."""
        if self.gateway is None:
            raise not_yet(NOT_SET_UP, SET_UP_AGAIN)
        assert isinstance(order.call, Check)
        own, since = order.call.uid, (datetime.now(UTC) - activity.info().scheduled_time).total_seconds()

        async def act(sender: Sender, order: Delivery) -> Outcome:
            return await keep_one(sender.ezyvet, order.prescription, own, since)

        return await self._in_turn(order, nullcontext(self._at(self.gateway, order)), act)

    @staticmethod
    def _at(gateway: Gateway, order: Delivery) -> Ezyvet:
        return gateway.at(order.practice, Priority.DELIVERY, key=order.prescription, position=_position(order))

    async def _in_turn(
        self,
        order: Delivery,
        there: AbstractAsyncContextManager[Ezyvet],
        act: Callable[[Sender, Delivery], Coroutine[Any, Any, Outcome]],
    ) -> Outcome:
        async with heartbeats(HEARTBEAT_SECONDS):
            try:
                async with there as ezyvet:
                    outcome = await _to_its_end(act(Sender(self.database, ezyvet), order))
            except LookAgain as wait:
                raise not_yet(str(wait), timedelta(seconds=wait.seconds)) from None
            except (Wait, EzyvetError, SealedError) as problem:
                delay = delay_after(problem, activity.info().attempt)
                await self._tell(order, delay)
                raise not_yet(str(problem), delay.duration) from None
            await self._tell(order, None)
            return outcome

    async def _tell(self, order: Delivery, delay: Delay | None) -> None:
        """Has people see why the call waits; nothing is lost if that cannot be stored."""
        if delay and delay.duration < WORTH_TELLING:
            return
        try:
            await register.set_delay(
                self.database, order.prescription, delay.from_now(datetime.now(UTC)) if delay else None
            )
        except (DatabaseProblem, SQLAlchemyError) as error:
            log.warning("Why %s waits could not be stored: %s", order.prescription, type(error).__name__)


def not_yet(reason: str, delay: timedelta) -> ApplicationError:
    """Returns the error that has an activity tried again after a delay, without a worker's slot."""
    return ApplicationError(reason, type=NOT_YET, next_retry_delay=delay, category=ApplicationErrorCategory.BENIGN)


def _position(order: Delivery) -> int:
    return int(order.due.timestamp() * 1000)


async def _to_its_end(acting: Coroutine[Any, Any, Outcome]) -> Outcome:
    """Waits for what was begun even if it is withdrawn meanwhile: its outcome counts."""
    task = asyncio.create_task(acting)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        if activity.is_worker_shutdown():
            task.cancel()
        try:
            return await task
        except Exception as error:
            # Nothing is tried again.
            raise asyncio.CancelledError from error
