"""The base of workflows that live for years: one timer, and continue-as-new when the history has grown."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from temporalio import workflow
from temporalio.common import RawValue

from playbooks.engine.transition import Refused
from workflows.refusals import failure_of

T = TypeVar("T")


def read(given: RawValue, message: type[T]) -> T:
    found: T = workflow.payload_converter().from_payload(given.payload, message)
    return found


class Entity(ABC):
    """Does what is due until it is over; continue-as-new passes on `start` with the fields of `_carried`."""

    start: Any
    timer: asyncio.Task[None] | None = None
    timer_at: datetime | None = None
    awake = renew = False
    decision: Any = None

    async def live(self) -> None:
        while not self._is_over():
            self._set_timer()
            if self.awake:
                self.awake = False
                self._wake()
            elif self._has_news():
                await self._act()
            elif self._should_renew():
                await self._continue_as_new()
            else:
                await workflow.wait_condition(self._has_work)
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.update(dynamic=True)
    async def act(self, name: str, given: Sequence[RawValue]) -> BaseModel:
        """Handles a report or a command. The validator refuses what is not possible, so that it leaves no history."""
        decision, self.decision = self.decision or self._decided(name, given[0]), None
        return self._carry_out(decision)

    @act.validator
    def _may_act(self, name: str, given: Sequence[RawValue]) -> None:
        # The handler follows at once, except in a replay, which asks no validator.
        self.decision = self._decided(name, given[0])

    def _decided(self, name: str, given: RawValue) -> Any:
        try:
            return self._decide(name, given)
        except Refused as refusal:
            raise failure_of(refusal) from None

    @abstractmethod
    def _decide(self, name: str, given: RawValue) -> Any:
        """Applies the rules to an update without changing anything. Raises `Refused`."""

    @abstractmethod
    def _carry_out(self, decision: Any) -> BaseModel:
        """Makes a decision the present state and returns the answer."""

    @abstractmethod
    def _set_timer(self) -> None:
        """Sets the timer to the next time at which something is due."""

    @abstractmethod
    def _wake(self) -> None:
        """Does what is due by now."""

    @abstractmethod
    def _has_news(self) -> bool:
        """Whether there is something to publish or to do."""

    @abstractmethod
    async def _act(self) -> None:
        """Publishes what happened and carries out the effects."""

    @abstractmethod
    def _is_over(self) -> bool:
        """Whether the workflow can end."""

    @abstractmethod
    def _carried(self) -> dict[str, Any]:
        """Returns the fields of `start` for continue-as-new."""

    def _has_work(self) -> bool:
        return self.awake or self._has_news() or self._should_renew() or self._is_over()

    def _start_timer(self, at: datetime | None, summary: str) -> None:
        """Replaces the timer."""
        if self.awake or at == self.timer_at:
            return
        if self.timer is not None:
            self.timer.cancel()
        self.timer_at = at
        self.timer = asyncio.create_task(self._sleep_until(at, summary)) if at else None

    async def _sleep_until(self, at: datetime, summary: str) -> None:
        # Rounded up: a timer that fires too early would only be set again.
        seconds = max(1, -((workflow.now() - at) // timedelta(seconds=1)))
        await workflow.sleep(timedelta(seconds=seconds), summary=summary)
        self.timer, self.timer_at, self.awake = None, None, True

    def _should_renew(self) -> bool:
        info, limit = workflow.info(), self.start.history_limit
        return self.renew or info.is_continue_as_new_suggested() or info.get_current_history_length() > limit

    async def _continue_as_new(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._has_news():
            workflow.continue_as_new(self.start.model_copy(update=self._carried()))
