"""Imports a practice's feeds: read, check, apply, link, and report to the onboarding (DP6).

Each step is an activity that resumes where it was interrupted. A suspicious feed waits for a person's decision.
"""

from __future__ import annotations

from datetime import timedelta

from temporalio import workflow

with workflow.unsafe.imports_passed_through():
    from playbooks.engine.transition import Refused
    from playbooks.feed_watch.values import Records
    from workflows.effects import PATIENT, answered, signal
    from workflows.import_contracts import ImportDecision, ImportOrder, ImportQueue, ImportRuling, ImportStep
    from workflows.refusals import failure_of
    from workflows.visibility import cut

HEARTBEAT_TIMEOUT = timedelta(seconds=30)
"""After this without a heartbeat another worker takes over."""
MAX_STEP, ONE_MINUTE = timedelta(hours=6), timedelta(minutes=1)


@workflow.defn(name="FeedImport")
class FeedImportWorkflow:
    """Imports a practice's feeds in order, because each builds on the one before."""

    @workflow.init
    def __init__(self, queue: ImportQueue) -> None:
        self.queue = queue
        self.order: ImportOrder | None = None
        self.step = ImportStep(state="received")
        self.decision: ImportDecision | None = None
        self.has_news = False

    @workflow.run
    async def run(self, queue: ImportQueue) -> None:
        while True:
            self.has_news = False
            order = await self._next()
            if order is not None:
                await self._import(order)
            elif not self.has_news:
                break
            if workflow.info().is_continue_as_new_suggested():
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(queue)
        await workflow.wait_condition(workflow.all_handlers_finished)

    @workflow.signal
    def arrived(self) -> None:
        """A feed arrived."""
        self.has_news = True

    @workflow.query
    def state(self) -> ImportStep:
        """The last step of the present feed."""
        return self.step

    @workflow.update
    def decided(self, decision: ImportDecision) -> None:
        """A person approves or refuses the feed."""
        self.decision = decision

    @decided.validator
    def _may_decide(self, decision: ImportDecision) -> None:
        number = self.order.number if self.order else None
        if self.step.state != "asking" or self.decision is not None or decision.number != number:
            raise failure_of(Refused(f"Feed {decision.number} does not wait for a decision."))

    async def _next(self) -> ImportOrder | None:
        either = ImportOrder | None
        return await answered("next_feed", self.queue, either, "Which feed is next", ONE_MINUTE)  # type: ignore[arg-type]

    async def _import(self, order: ImportOrder) -> None:
        self.order, self.step, self.decision = order, ImportStep(state="received"), None
        await self._do("read_feed", f"Feed {order.number}: read and check every row")
        if self.step.state == "reading":
            await self._do("check_feed", f"Feed {order.number}: look for what a person should see first")
        if self.step.state == "asking":
            workflow.set_current_details(f"**A person has to decide:** {self.step.why}")
            await workflow.wait_condition(lambda: self.decision is not None, timeout_summary="Waits for a person")
            await self._rule(order)
        if self.step.state == "applying":
            await self._do("apply_feed", f"Feed {order.number}: bring it in, batch by batch")
        if self.step.state == "linking":
            await self._do("link_feed", f"Feed {order.number}: find its clients among the home-delivery clients")
        if self.step.state == "done":
            await self._report(order)

    async def _do(self, activity: str, summary: str) -> None:
        self.step = await workflow.execute_activity(
            activity,
            self.order,
            result_type=ImportStep,
            start_to_close_timeout=MAX_STEP,
            heartbeat_timeout=HEARTBEAT_TIMEOUT,
            retry_policy=PATIENT,
            summary=summary,
        )

    async def _rule(self, order: ImportOrder) -> None:
        assert self.decision is not None
        workflow.set_current_details("")
        what = "approved" if self.decision.approve else "refused"
        ruling = ImportRuling(order=order, decision=self.decision)
        summary = cut(f"{self.decision.by}: {what}, {self.decision.why}")
        self.step = await answered("rule_feed", ruling, ImportStep, summary, ONE_MINUTE)

    async def _report(self, order: ImportOrder) -> None:
        """Reports the imported feed to the onboarding and to the feed's watch, if they are open."""
        summary = "Tell the onboarding that the data are in"
        self.step = await answered("tell_onboarding", order, ImportStep, summary, ONE_MINUTE)
        if self.step.watch is None:
            return
        records = Records(
            at=workflow.now(),
            changed_at=self.step.changed_at,
            clients=self.step.clients,
            patients=self.step.patients,
            key=f"feed-{order.number}",
        )
        await signal(self.step.watch, "records", records)
