"""Asking DataPoint for a place in its integration request queue (DP1), where its address is known."""

from __future__ import annotations

from desk.onboarding_detail import Shown
from desk.problem import DeskProblem
from desk.service import Desk
from partners.datapoint import Contact, DataPoint, DataPointError, Practice, QueueRequest
from playbooks.engine.onboarding import Receipt, Report
from playbooks.engine.states import OPEN
from playbooks.engine.transition import Refused

PLAYBOOK = "datapoint"
FACT = "queued"


def waits_for_queue(seen: Shown) -> bool:
    """Whether the onboarding waits for a place in DataPoint's queue."""
    return seen.playbook == PLAYBOOK and FACT in seen.missing


async def ask_for_queue(desk: Desk, url: str | None, identity: str, by: str) -> Receipt:
    """Has DataPoint, at `url`, put the practice into its queue, and records that it did. Again changes nothing.

    Raises `DeskProblem` if DataPoint cannot be asked or does not take it; nothing is recorded then.
    """
    if url is None:
        raise DeskProblem(
            "ONBOARD_DATAPOINT_URL is not set, so DataPoint cannot be asked from here: add the practice to its queue by"
            f" hand, then record that with: onboard record {identity} {FACT}"
        )
    seen = await desk.show(identity)
    if seen.playbook != PLAYBOOK or seen.status not in OPEN:
        raise Refused(f"{identity} is no open onboarding with DataPoint, so it needs no place in its queue.")
    contact = seen.primary_contact
    wanted = QueueRequest(
        practice=Practice(id=seen.practice.id, name=seen.practice.name),
        primary_contact=Contact(name=contact.name, email=contact.email, phone=contact.phone),
    )
    try:
        queued = await DataPoint(url).request(wanted)
    except DataPointError as error:
        raise DeskProblem(str(error).replace("it is asked again", "try again later")) from error
    # As DataPoint says it: its webhook about the same is then no news.
    return await desk.record(identity, FACT, Report(by=by, at=queued.queued_at, key="asked for a place in the queue"))
