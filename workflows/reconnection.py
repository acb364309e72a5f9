"""Opens a reconnection, and translates what a watch notices into facts of its playbook."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

from playbooks.engine.onboarding import Report, Request
from playbooks.feed_watch.model import Reconnection
from playbooks.feed_watch.values import Loss, ReportToReconnection, Watch
from workflows.contracts import Reported, Start

BY = "feed watch"


async def open_reconnection(rules: Reconnection, identity: str, watch: Watch, lost: Loss) -> None:
    """Starts a reconnection, with the technical contact if one is known (DP7).

    Raises `WorkflowAlreadyStartedError`.
    """
    subject = watch.subject
    loss = {"reason": lost.reason, "last_heard_at": lost.heard_at.isoformat()}
    loss["last_feed_at"] = lost.feed_at.isoformat()
    if watch.agent_at:
        loss["agent_seen_at"] = watch.agent_at.isoformat()
    facts = [Reported(fact=rules.lost, report=Report(data=loss, by=BY, at=lost.at))]
    if subject.technical_contact:
        contact = subject.technical_contact.model_dump(mode="json", exclude_none=True)
        # Recorded first, so that the mail about the loss can name the technical contact.
        facts.insert(0, Reported(fact=rules.contact, report=Report(data=contact, by=BY, at=lost.at)))
    await workflow.start_child_workflow(
        "Onboarding",
        Start(
            playbook=rules.playbook,
            request=Request(
                practice=subject.practice,
                primary_contact=subject.primary_contact,
                requested_at=lost.at,
                assignee=subject.assignee,
            ),
            by=BY,
            team_calendar=subject.team_calendar,
            practice_calendar=subject.practice_calendar,
            initial_facts=tuple(facts),
        ),
        id=identity,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{subject.practice.name} · {rules.title}",
    )


def fact_of(rules: Reconnection, noticed: ReportToReconnection) -> Reported:
    """Returns what the watch noticed as a fact of the reconnection."""
    counts = {"clients": noticed.clients, "patients": noticed.patients} if noticed.what == "data" else {}
    data = {name: count for name, count in counts.items() if count is not None}
    fact = rules.data if noticed.what == "data" else rules.agent
    return Reported(fact=fact, report=Report(data=data, by=BY, at=noticed.at))
