"""Requests a place in DataPoint's queue of integration requests (DP1)."""

from __future__ import annotations

from datetime import datetime

from integrations.model import PartnerProblem, PartnerRequest
from partners.datapoint import Contact, DataPoint, DataPointError, Practice, QueueRequest
from playbooks.engine.onboarding import Onboarding


async def send(url: str, onboarding: Onboarding) -> datetime:
    """Requests a place from DataPoint at `url`; returns since when the practice has it."""
    practice, contact = onboarding.practice, onboarding.primary_contact
    request = QueueRequest(
        practice=Practice(id=practice.id, name=practice.name),
        primary_contact=Contact(name=contact.name, email=contact.email, phone=contact.phone),
    )
    try:
        return (await DataPoint(url).request(request)).queued_at
    except DataPointError as error:
        raise PartnerProblem(str(error).replace("we ask again", "try again later")) from error


QUEUE_REQUEST = PartnerRequest(
    fact="queued",
    key="asked for a place in the queue",
    url=lambda settings: settings.datapoint_url,
    simulator="datapoint",
    send=send,
    title="Ask DataPoint",
    about="{practice} needs a place in DataPoint's queue. This button asks DataPoint and records the place;"
    " DataPoint then writes to {contact}. If you have asked already, record it below.",
    button="Ask for a place",
    done="DataPoint has the practice in its queue and will write.",
    by_hand="This installation has no link to DataPoint. Ask for the place in its queue on DataPoint's own site, as you"
    " always do",
    not_needed="does not wait for a place in DataPoint's queue, so nothing was asked.",
    left="DataPoint still has {practice} in its queue, and writes to {contact} or has done so: if it should not, ask"
    " DataPoint to take the practice out.",
    again="If it should, press “Ask for a place” to record it again.",
)
