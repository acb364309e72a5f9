"""How a reconnection is opened and told what happens, in the words of its playbook."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

from playbooks.engine.onboarding import Report, Request
from playbooks.feed_watch.values import Loss, Tell, Watch
from workflows.contracts import Reported, Start

BY = "feed watch"
PLAYBOOK = "datapoint-reconnection"


async def reconnection(identity: str, watch: Watch, lost: Loss) -> None:
    """Starts it, with the technical contact as far as one is known (DP7). Raises `WorkflowAlreadyStartedError`."""
    subject = watch.subject
    heard = {"reason": lost.reason, "last_heard_at": lost.heard_at.isoformat()}
    heard["last_feed_at"] = lost.feed_at.isoformat()
    if watch.agent_at:
        heard["agent_seen_at"] = watch.agent_at.isoformat()
    known = [Reported(fact="connection_lost", report=Report(data=heard, by=BY, at=lost.at))]
    if subject.technical_contact:
        who = subject.technical_contact.model_dump(mode="json", exclude_none=True)
        # First, so that who is told of the loss is told as well who has been asked to see to it.
        known.insert(0, Reported(fact="technical_contact_designated", report=Report(data=who, by=BY, at=lost.at)))
    await workflow.start_child_workflow(
        "Onboarding",
        Start(
            playbook=PLAYBOOK,
            request=Request(
                practice=subject.practice,
                primary_contact=subject.primary_contact,
                requested_at=lost.at,
                assignee=subject.assignee,
            ),
            by=BY,
            team_calendar=subject.team_calendar,
            practice_calendar=subject.practice_calendar,
            initial_facts=tuple(known),
        ),
        id=identity,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{subject.practice.name} · DataPoint reconnection",
    )


def reported(told: Tell) -> Reported:
    """What was heard, as a fact of the reconnection."""
    counts = {"clients": told.clients, "patients": told.patients} if told.fact == "data_flowing" else {}
    data = {name: count for name, count in counts.items() if count is not None}
    return Reported(fact=told.fact, report=Report(data=data, by=BY, at=told.at))
