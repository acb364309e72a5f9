"""Has a mail sent that belongs to no onboarding."""

from __future__ import annotations

from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from desk.service import Desk
from desk.updates import PATIENCE, trouble
from playbooks.engine.onboarding import MailOrder


async def order_single_mail(desk: Desk, order: MailOrder, summary: str) -> None:
    """Has the mail sent, once for each key. Raises `NoAnswer`."""
    try:
        await desk.client.start_workflow(
            "SingleMail",
            order,
            id=f"mail/{order.key}",
            task_queue=desk.settings.task_queue,
            static_summary=summary,
            rpc_timeout=PATIENCE,
        )
    except WorkflowAlreadyStartedError:
        return
    except RPCError as error:
        raise trouble(error) from None
