"""The worker: runs workflows and activities against any Temporal (`TEMPORAL_*`) and any PostgreSQL.

Any number of workers can run; each needs ONBOARD_DATABASE_URL and ONBOARD_SMTP_URL.
"""

from __future__ import annotations

import asyncio
import os
import platform
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.calendars import compute_calendars
from activities.digest import Digest
from activities.ezyvet import EzyvetCalls, EzyvetSites
from activities.ezyvet_reconciliation import Reconciliation
from activities.feed_import import FeedImport
from activities.feed_watch import FeedWatch
from activities.hand_over import HandOverMails
from activities.journal import Journal
from activities.mail import Mail
from activities.member_mail import MemberMails
from activities.prescription_mail import PrescriptionMails
from activities.prescriptions import Prescriptions
from activities.single_mail import SingleMail
from configuration.settings import Settings, SettingsProblem
from desk import bounce_mailbox, ezyvet_access, feed_folder, prescriptions
from desk.background import beside
from desk.connection import connect, require_namespace
from desk.event_recorder import Drain
from desk.problem import DeskProblem
from desk.schedules import keep_schedules
from desk.service import Desk
from integrations.ezyvet.connection import gateway
from machine.exit import hard_exit
from machine.workers import WORKER
from partners.message import Sender
from partners.server_url import ServerUrlProblem
from partners.smtp import Smtp
from playbooks.engine.checks import PlaybookError, check_templates
from playbooks.registry import PLAYBOOKS
from store.database import DatabaseProblem, require_current
from store.database import connect as connect_database
from templates.render import kinds
from workflows.console_link import ConsoleLink
from workflows.ezyvet_opening import EzyvetOpeningWorkflow, EzyvetReopeningWorkflow
from workflows.ezyvet_reconciliation import EzyvetComparisonWorkflow, EzyvetReconciliationWorkflow
from workflows.feed_import import FeedImportWorkflow
from workflows.feed_watch import FeedWatchWorkflow
from workflows.mails import DigestWorkflow, HandOverMailWorkflow, MemberMailWorkflow, SingleMailWorkflow
from workflows.onboarding import OnboardingWorkflow
from workflows.prescription import PrescriptionWorkflow

WORKFLOWS: Sequence[type] = (
    OnboardingWorkflow,
    DigestWorkflow,
    HandOverMailWorkflow,
    MemberMailWorkflow,
    FeedWatchWorkflow,
    FeedImportWorkflow,
    PrescriptionWorkflow,
    EzyvetOpeningWorkflow,
    EzyvetReopeningWorkflow,
    SingleMailWorkflow,
    EzyvetReconciliationWorkflow,
    EzyvetComparisonWorkflow,
)
# Bounds the memory: a workflow that is not cached is replayed when it wakes.
MAX_CACHED_WORKFLOWS = 400
EZYVET_CALLS = 100
"""Calls to ezyVet that one worker makes at the same time: most of that time they wait for the answer."""


def activities(database: AsyncEngine, settings: Settings, smtp: Smtp) -> list[Callable[..., Any]]:
    """Returns all activities."""
    return [
        Journal(database, settings).publish,
        Mail(database, settings, smtp).send,
        Digest(database, settings).write,
        HandOverMails(database, settings).write,
        MemberMails(database, settings).write,
        FeedWatch(database, settings).publish,
        FeedWatch(database, settings).evidence,
        *FeedImport(database).all,
        *Prescriptions(database).all,
        PrescriptionMails(database, settings).write,
        SingleMail(database, settings).write,
        EzyvetSites(database).open,
        *Reconciliation(database).of_the_database,
        compute_calendars,
    ]


def mail_server(settings: Settings) -> Smtp:
    """Returns the connection to the mail server; replies go to the pharmacy's support address."""
    sender = Sender(settings.mail_from, settings.pharmacy_name, settings.support_address)
    return Smtp.from_url(settings.required("smtp_url"), sender)


def build(client: Client, database: AsyncEngine, settings: Settings, smtp: Smtp, **more: Any) -> Worker:
    """Returns a worker for one task queue. Raises `PlaybookError` if a playbook's mail has no template."""
    for playbook in PLAYBOOKS.values():
        check_templates(playbook, kinds())
    return Worker(
        client,
        **{
            "task_queue": settings.task_queue,
            "workflows": WORKFLOWS,
            "activities": activities(database, settings, smtp),
            # Replays in the tests run the workflows in the sandbox; it costs a worker a tenth of its processor time.
            "workflow_runner": UnsandboxedWorkflowRunner(),
            "interceptors": [ConsoleLink(settings.public_url)] if settings.public_url else [],
            "max_cached_workflows": MAX_CACHED_WORKFLOWS,
            "max_concurrent_activities": 50,
            "graceful_shutdown_timeout": timedelta(seconds=5),
            **more,
        },
    )


def build_ezyvet(client: Client, database: AsyncEngine, settings: Settings, **more: Any) -> Worker:
    """Returns a worker for the calls to the practices' ezyVet, which have a task queue of their own."""
    way = gateway(database, settings)
    return Worker(
        client,
        **{
            "task_queue": settings.ezyvet_task_queue,
            "activities": [
                *EzyvetCalls(database, way).all,
                EzyvetSites(database, way).take_out_test,
                Reconciliation(database, way).compare,
            ],
            "max_concurrent_activities": EZYVET_CALLS,
            "graceful_shutdown_timeout": timedelta(seconds=5),
            **more,
        },
    )


async def run() -> None:
    """Works until SIGTERM or SIGINT; activities in progress get a few seconds to finish."""
    settings = Settings.load()
    settings.require_links()
    await asyncio.to_thread(require_current, settings.required("database_url"))
    name = f"{WORKER} {os.getpid()} on {platform.node()}"[:63]
    database = connect_database(settings.required("database_url"), name=name)
    smtp = mail_server(settings)
    client = await connect(settings=settings, identity=name)
    await require_namespace(client)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    desk = Desk(client, database, settings)
    returned_mail = bounce_mailbox.watch(desk, bounce_mailbox.mailbox_url(settings))
    rounds = prescriptions.keep_up(desk), ezyvet_access.watch(desk)
    beside_it = beside(feed_folder.watch(desk), returned_mail, *rounds)
    workers = build(client, database, settings, smtp), build_ezyvet(client, database, settings)
    async with workers[0], workers[1], Drain(desk).running(), beside_it:
        await keep_schedules(client, settings)
        if marker := os.environ.get("ONBOARD_WORKER_READY"):
            await asyncio.to_thread(Path(marker).touch)
        await stop.wait()
    smtp.close()
    await database.dispose()


def main() -> None:
    try:
        asyncio.run(run())
    except (DeskProblem, SettingsProblem, ServerUrlProblem, DatabaseProblem, PlaybookError) as problem:
        sys.stderr.write(f"{problem}\n")
        hard_exit(1)
    hard_exit(0)


if __name__ == "__main__":
    main()
