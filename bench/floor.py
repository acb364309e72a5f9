"""The floor: the least that a workflow must do to take the same facts and run as many activities.

It takes the facts as updates and runs activities that do nothing, in the product's own order: one after another for
the journal, beside it for the mails. What the product costs above this is its own doing.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from temporalio import activity, workflow

FACTS = (
    "queued",
    "invitation_sent",
    "practice_information_given",
    "technical_contact_designated",
    "eula_accepted",
    "technical_contact_reached",
    "agent_installed",
    "data_received",
)
WITH_MAIL = frozenset({"queued", "technical_contact_designated", "agent_installed", "data_received"})


@activity.defn
async def nothing(word: str) -> None:
    """Does nothing."""


@workflow.defn(name="Floor")
class Floor:
    @workflow.init
    def __init__(self, facts: int) -> None:
        self.left = facts
        self.outbox = ["start"]
        self.mails = 0

    @workflow.run
    async def run(self, facts: int) -> None:
        while self.left or self.outbox or self.mails:
            if self.outbox:
                name = self.outbox.pop(0)
                await self._act("journal")
                if name in WITH_MAIL:
                    self.mails += 1
                    asyncio.create_task(self._mail())  # noqa: RUF006
            else:
                await workflow.wait_condition(lambda: bool(self.outbox) or not (self.left or self.mails))

    @workflow.update
    async def fact(self, name: str) -> None:
        self.left -= 1
        self.outbox.append(name)

    async def _mail(self) -> None:
        await self._act("mail")
        self.mails -= 1

    async def _act(self, word: str) -> None:
        await workflow.execute_activity(nothing, word, start_to_close_timeout=timedelta(seconds=30))
