"""What workflows that live for years have in common: one timer, and a history that is renewed when it has grown."""

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
    """An update's argument."""
    found: T = workflow.payload_converter().from_payload(given.payload, message)
    return found


class Entity(ABC):
    """Does what is due, one thing after another, until it is over; `start` is what it goes on with in a new history."""

    start: Any
    alarm: asyncio.Task[None] | None = None
    alarm_at: datetime | None = None
    awake = renew = False
    decision: Any = None

    async def live(self) -> None:
        while not self._is_over():
            self._set_alarm()
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
        """Records what somebody reports or decides; what cannot be is refused before it leaves a trace."""
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
        """What the rules make of an update; nothing is changed yet. Raises `Refused`."""

    @abstractmethod
    def _carry_out(self, decision: Any) -> BaseModel:
        """Makes a decision the present state; returns the answer."""

    @abstractmethod
    def _set_alarm(self) -> None:
        """Keeps the timer in step."""

    @abstractmethod
    def _wake(self) -> None:
        """Does what is due by now."""

    @abstractmethod
    def _has_news(self) -> bool:
        """Whether something happened that has to be written down or done."""

    @abstractmethod
    async def _act(self) -> None:
        """Writes down what happened, and has done what follows."""

    @abstractmethod
    def _is_over(self) -> bool:
        """Whether nothing will happen any more."""

    @abstractmethod
    def _carried(self) -> dict[str, Any]:
        """The fields of `start` with which a new history goes on."""

    def _has_work(self) -> bool:
        return self.awake or self._has_news() or self._should_renew() or self._is_over()

    def _ring_at(self, at: datetime | None, summary: str) -> None:
        """Sets the timer, in place of the one before."""
        if self.awake or at == self.alarm_at:
            return
        if self.alarm is not None:
            self.alarm.cancel()
        self.alarm_at = at
        self.alarm = asyncio.create_task(self._ring(at, summary)) if at else None

    async def _ring(self, at: datetime, summary: str) -> None:
        # Rounded up: a timer that fires a moment early would only be set again.
        seconds = max(1, -((workflow.now() - at) // timedelta(seconds=1)))
        await workflow.sleep(timedelta(seconds=seconds), summary=summary)
        self.alarm, self.alarm_at, self.awake = None, None, True

    def _should_renew(self) -> bool:
        info, limit = workflow.info(), self.start.history_limit
        return self.renew or info.is_continue_as_new_suggested() or info.get_current_history_length() > limit

    async def _continue_as_new(self) -> None:
        await workflow.wait_condition(workflow.all_handlers_finished)
        if not self._has_news():
            workflow.continue_as_new(self.start.model_copy(update=self._carried()))
