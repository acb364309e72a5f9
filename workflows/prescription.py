"""The workflow around `pharmacy.prescriptions.life`: one prescription, from request to end (RX).

Events arrive as updates named after them. The practice's ezyVet is told by one call at a time, in order; a call that
still waits for its turn is withdrawn when something else is to be said instead.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from temporalio import workflow
from temporalio.common import Priority, RawValue
from temporalio.exceptions import ActivityError, ApplicationError, TimeoutError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pharmacy.prescriptions.life import steps
    from pharmacy.prescriptions.life.calls import Call, Check, Outcome, Stuck, Waiting
    from pharmacy.prescriptions.life.comparison import Reading, observe
    from pharmacy.prescriptions.life.delivery import acknowledged, next_call
    from pharmacy.prescriptions.life.events import Report
    from pharmacy.prescriptions.life.story import story, waits_on
    from pharmacy.prescriptions.life.timers import TITLES, timers
    from pharmacy.prescriptions.life.values import Notice, Prescription, Receipt, Result
    from playbooks.engine.onboarding import Entry
    from playbooks.engine.transition import Refused
    from workflows.contracts import MailResult, MailsWritten
    from workflows.effects import PATIENT, answered, send_mail, write
    from workflows.entity import Entity, read
    from workflows.prescription_contracts import (
        NOT_YET,
        OBSERVED,
        Delivery,
        PrescriptionNews,
        PrescriptionStart,
        ezyvet_queue,
    )
    from workflows.visibility import KEYS, attribute, cut

CALLS = {
    "create": "Create it in ezyVet",
    "update": "Update it in ezyVet",
    "disable": "Disable it in ezyVet",
    "check": "Check that ezyVet has it once",
}
PRIORITY = 2
"""On the task queue: before calls that nobody waits for."""


OUTCOME: Any = Outcome
"""As a value: it is no class, but its kinds tell which one is meant."""


class Errand(NamedTuple):
    """An activity at ezyVet, and the call that it is about."""

    activity: str
    call: Call


@workflow.defn(name="Prescription")
class PrescriptionWorkflow(Entity):
    @workflow.init
    def __init__(self, start: PrescriptionStart) -> None:
        self.start = start
        self.entries: list[Entry] = []
        self.notices: list[Notice] = []
        self.errand: Errand | None = None
        self.delivering: asyncio.Task[None] | None = None
        self.site_closed = False
        self.site_changes = 0
        self.sending: set[asyncio.Task[MailResult]] = set()
        if start.carried is not None:
            self.prescription, self.published = start.carried, start.carried.version
        else:
            self.published = -1
            self._take(steps.open(start.request, start.by, workflow.now(), start.rules))

    @workflow.run
    async def run(self, start: PrescriptionStart) -> str:
        await self.live()
        return story(self.prescription, workflow.now()).where

    @workflow.query
    def state(self) -> Prescription:
        """The whole prescription."""
        return self.prescription

    @workflow.signal
    def site_changed(self) -> None:
        """The practice's ezyVet can be used now, or again."""
        self.site_closed = False
        self.site_changes += 1

    def _decide(self, name: str, given: RawValue) -> Result:
        if name == OBSERVED:
            return self._observe(read(given, Reading))
        return steps.record(self.prescription, read(given, Report), workflow.now())

    def _observe(self, reading: Reading) -> Result:
        if self.delivering is not None:
            raise Refused("A call is under way; compare it again.")
        return observe(self.prescription, reading, workflow.now())

    def _carry_out(self, decision: Result) -> Receipt:
        self._take(decision)
        assert decision.receipt is not None
        return decision.receipt

    def _take(self, result: Result) -> None:
        self.prescription = result.prescription
        self.entries.extend(result.entries)
        self.notices.extend(result.notices)

    def _wake(self) -> None:
        self._take(steps.wake(self.prescription, workflow.now()))

    def _set_timer(self) -> None:
        ahead = timers(self.prescription)
        self._start_timer(ahead[0].at if ahead else None, TITLES[ahead[0].kind] if ahead else "")

    def _wanted(self) -> Errand | None:
        """What is to be done at ezyVet now: a doubtful call is looked up before anything else is sent."""
        problem = self.prescription.delivery.problem
        if problem and problem.looked_up:
            return Errand("look_up_prescription", problem.call)
        call = None if self.site_closed else next_call(self.prescription, workflow.now())
        activity = "check_prescription" if isinstance(call, Check) else "deliver_prescription"
        return Errand(activity, call) if call else None

    def _has_news(self) -> bool:
        return self.published != self.prescription.version or self._wanted() != self.errand

    def _is_over(self) -> bool:
        return self._is_idle() and not self._has_news() and steps.is_over(self.prescription, workflow.now())

    def _carried(self) -> dict[str, Any]:
        return {"carried": self.prescription}

    async def _continue_as_new(self) -> None:
        # What is under way is waited for: it would be done twice.
        await workflow.wait_condition(lambda: self._is_idle() or self._has_news())
        if self._is_idle():
            await super()._continue_as_new()

    def _is_idle(self) -> bool:
        return self.delivering is None and not self.sending

    async def _act(self) -> None:
        if self.published != self.prescription.version:
            await self._publish()
        wanted = self._wanted()
        if self.delivering is None and wanted is not None:
            self.errand = wanted
            self.delivering = asyncio.create_task(self._run(wanted))
        elif self.delivering is not None and wanted != self.errand:
            # One that waits for its turn is withdrawn; one that is being made is waited for.
            self.delivering.cancel()
            await workflow.wait([self.delivering])

    async def _publish(self) -> None:
        entries, self.entries = self.entries, []
        notices, self.notices = self.notices, []
        self.published = self.prescription.version
        told = story(self.prescription, workflow.now())
        self._show_whom_it_waits_on()
        workflow.set_current_details(f"**{told.where}**\n\n{told.next}")
        news = PrescriptionNews(prescription=self.prescription, notices=tuple(notices))
        await write("publish_prescription", news, cut("; ".join(entry.text for entry in entries) or told.where))
        if any(notice.to != "team" for notice in notices):
            written = await answered("write_prescription_mails", news, MailsWritten, "Mails about it")
            for key in written.keys:
                task = asyncio.create_task(send_mail(key, "E-mail about the prescription"))
                self.sending.add(task)
                task.add_done_callback(self.sending.discard)

    def _show_whom_it_waits_on(self) -> None:
        party = waits_on(self.prescription, workflow.now())
        if workflow.info().typed_search_attributes.get(KEYS["WaitingOn"]) != party:
            workflow.upsert_search_attributes([attribute("WaitingOn", party)])

    async def _run(self, errand: Errand) -> None:
        changes = self.site_changes
        outcome = await self._outcome(errand)
        self.errand = self.delivering = None
        if outcome is None:
            return
        # It may have been opened again while the call came back.
        self.site_closed = isinstance(outcome, Waiting) and changes == self.site_changes
        self._take(acknowledged(self.prescription, errand.call, outcome, workflow.now()))

    def _due_since(self) -> datetime:
        events = self.prescription.events
        return events[-1].recorded_at if events else self.prescription.opened_at

    async def _outcome(self, errand: Errand) -> Outcome | None:
        """Has an errand run, however long it waits for its turn; None if it was withdrawn before it was begun."""
        problem = self.prescription.delivery.problem
        order = Delivery(
            prescription=self.prescription.id,
            practice=self.prescription.practice,
            patient=self.prescription.patient,
            call=errand.call,
            due=self._due_since(),
            asked_at=workflow.now(),
            with_person=problem is not None and problem.kind == "needs_person",
            maybe_twice=self.prescription.delivery.maybe_twice,
        )
        looks_up = errand.activity == "look_up_prescription"
        writes = errand.activity == "deliver_prescription"
        try:
            outcome: Outcome = await workflow.execute_activity(
                errand.activity,
                order,
                result_type=OUTCOME,
                task_queue=ezyvet_queue(workflow.info().task_queue),
                start_to_close_timeout=timedelta(minutes=2),
                heartbeat_timeout=timedelta(seconds=10),
                retry_policy=PATIENT,
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
                summary="Look up whether ezyVet has it" if looks_up else CALLS[errand.call.kind],
                priority=Priority(priority_key=PRIORITY, fairness_key=self.prescription.practice),
            )
        except ActivityError as failure:
            if not is_cancelled_exception(failure) and not _is_withdrawn(failure.cause):
                return Stuck(reason=str(failure.cause or failure), unproven=True)
            return await self._withdrawn(order) if writes else None
        return outcome

    async def _withdrawn(self, order: Delivery) -> Outcome | None:
        """What became of a call that was withdrawn: a worker may have died while it was made."""
        outcome: Outcome | None = await workflow.execute_activity(
            "withdraw_prescription_call",
            order,
            result_type=OUTCOME | None,
            task_queue=ezyvet_queue(workflow.info().task_queue),
            start_to_close_timeout=timedelta(seconds=30),
            retry_policy=PATIENT,
            summary="See whether it was begun",
        )
        return outcome


def _is_withdrawn(cause: BaseException | None) -> bool:
    """Returns whether a call ended so only because it was withdrawn: it is not tried again after that.

    Its worker died then, or it was put off before its worker heard of it.
    """
    put_off = isinstance(cause, ApplicationError) and cause.type == NOT_YET
    return put_off or isinstance(cause, TimeoutError)
