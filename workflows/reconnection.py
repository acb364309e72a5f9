"""How a reconnection is opened and told what happens, in the facts of its playbook."""

from __future__ import annotations

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy

from playbooks.engine.onboarding import Report, Request
from playbooks.feed_watch.model import Reconnection
from playbooks.feed_watch.values import Loss, Tell, Watch
from workflows.contracts import Reported, Start

BY = "feed watch"


async def open_reconnection(rules: Reconnection, identity: str, watch: Watch, lost: Loss) -> None:
    """Starts it, with the technical contact as far as one is known (DP7). Raises `WorkflowAlreadyStartedError`."""
    subject = watch.subject
    heard = {"reason": lost.reason, "last_heard_at": lost.heard_at.isoformat()}
    heard["last_feed_at"] = lost.feed_at.isoformat()
    if watch.agent_at:
        heard["agent_seen_at"] = watch.agent_at.isoformat()
    known = [Reported(fact=rules.lost, report=Report(data=heard, by=BY, at=lost.at))]
    if subject.technical_contact:
        who = subject.technical_contact.model_dump(mode="json", exclude_none=True)
        # Recorded first, so that the mail about the loss can name the technical contact.
        known.insert(0, Reported(fact=rules.contact, report=Report(data=who, by=BY, at=lost.at)))
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
            initial_facts=tuple(known),
        ),
        id=identity,
        id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
        parent_close_policy=workflow.ParentClosePolicy.ABANDON,
        static_summary=f"{subject.practice.name} · {rules.title}",
    )


def reported(rules: Reconnection, news: Tell) -> Reported:
    """What the watch has noticed, as a fact of the reconnection."""
    counts = {"clients": news.clients, "patients": news.patients} if news.what == "data" else {}
    data = {name: count for name, count in counts.items() if count is not None}
    fact = rules.data if news.what == "data" else rules.agent
    return Reported(fact=fact, report=Report(data=data, by=BY, at=news.at))
