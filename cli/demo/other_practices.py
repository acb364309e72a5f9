"""The demo's other practices, each at some stage of its onboarding, to fill the board."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.problem import AlreadyOpen
from desk.returned_mail import mail_returned
from desk.service import Desk
from playbooks.engine.onboarding import Command, Report, Request
from store.mail import outbox

PLAYBOOK = "datapoint"
FORM = (
    ("practice_information_given", {"management_system": "AVImark"}),
    ("technical_contact_designated", {"name": "Robin Sato", "email": "robin@{id}.example"}),
)
EULA = ("eula_accepted", {"version": "2026-01", "accepted_by": "{contact}"})


@dataclass(frozen=True)
class OtherPractice:
    """A practice that requested its onboarding `days` ago. Each of `facts` happened that many days ago."""

    id: str
    name: str
    contact: str
    assignee: str
    days: float
    facts: tuple[tuple[float, str, dict[str, Any]], ...] = ()
    command: tuple[str, dict[str, Any]] | None = None
    returned: str | None = None
    """The server's answer, if the first mail was returned."""


def _ago(days: float, *facts: tuple[str, dict[str, Any]]) -> tuple[tuple[float, str, dict[str, Any]], ...]:
    return tuple((days, name, data) for name, data in facts)


Fact = tuple[str, dict[str, Any]]
QUEUED: Fact = ("queued", {})
INVITED: Fact = ("invitation_sent", {})
REACHED: Fact = ("technical_contact_reached", {})
OTHER_PRACTICES = (
    OtherPractice("north-shore-equine", "North Shore Equine", "Mia Brandt", "ana", 0.2),
    OtherPractice("hillcrest", "Hillcrest Animal Hospital", "Jo Bell", "ana", 6, _ago(5, QUEUED)),
    OtherPractice("lakeview-cats", "Lakeview Cat Clinic", "Ngozi Obi", "sam", 9, _ago(8, QUEUED, INVITED, *FORM)),
    OtherPractice("old-mill", "Old Mill Veterinary Group", "Pat Lindqvist", "sam", 20, (
        *_ago(19, QUEUED, INVITED), *_ago(17, *FORM, EULA), *_ago(12, ("agent_installed", {"client_count": 14_000}))
    )),
    OtherPractice("maple-street", "Maple Street Pets", "Luis Ortega", "ana", 7, (
        *_ago(6, QUEUED, INVITED), *_ago(5, *FORM, EULA), *_ago(4, REACHED)
    )),
    OtherPractice("prairie-paws", "Prairie Paws", "Ruth Adler", "sam", 5, _ago(4, QUEUED, INVITED), command=(
        "hold", {"why": "They move house until next week", "until": 7}
    )),
    OtherPractice("cedar-ridge", "Cedar Ridge Veterinary Care", "Sofia Marino", "ana", 16, (
        *_ago(15, QUEUED, INVITED, *FORM), *_ago(1, ("data_received", {"clients": 2_140, "patients": 3_310}))
    )),
    OtherPractice("sunny-creek", "Sunny Creek Vets", "Tom Ferro", "sam", 1, _ago(0.5, QUEUED),
              returned="550 5.1.1 No such user: tom@sunny-creek.example"),
)  # fmt: skip


async def start_other_practices(desk: Desk) -> None:
    """Starts the practices that are not open, and brings each to its stage."""
    await asyncio.gather(*(_start(desk, each) for each in OTHER_PRACTICES))


async def _start(desk: Desk, other: OtherPractice) -> None:
    now = datetime.now(UTC)
    practice = {"id": other.id, "name": other.name, "time_zone": "America/Chicago", "country": "US", "state": "IL"}
    contact = {"name": other.contact, "email": f"{other.contact.split()[0].lower()}@{other.id}.example"}
    request = {"practice": practice, "primary_contact": contact, "assignee": other.assignee}
    identity = f"{PLAYBOOK}/{other.id}"
    try:
        start_request = Request.model_validate({**request, "requested_at": now - timedelta(days=other.days)})
        await desk.start(PLAYBOOK, start_request, other.assignee)
    except AlreadyOpen:
        return
    for days, fact, data in other.facts:
        known = {"id": other.id, "contact": other.contact}
        payload = {name: value.format(**known) if isinstance(value, str) else value for name, value in data.items()}
        await desk.record(identity, fact, Report(data=payload, by="sam", at=now - timedelta(days=days)))
    if other.command:
        name, options = other.command
        until = now + timedelta(days=options["until"])
        await desk.command(identity, name, Command(by=other.assignee, why=options["why"], until=until))
    if other.returned:
        await _return_mail(desk, identity, other.returned)


async def _return_mail(desk: Desk, identity: str, answer: str) -> None:
    while True:
        run = (await desk.state(identity)).onboarding.run
        sent = [each for each in await outbox.mails_of(desk.database, identity, run) if each.state == "sent"]
        if sent:
            assert sent[0].message_id
            await mail_returned(desk, [sent[0].message_id], answer)
            return
        await asyncio.sleep(0.05)
