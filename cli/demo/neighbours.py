"""The demo's other practices, each in the middle of its onboarding: the board looks as it does on a working day."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.bounces import mail_returned
from desk.problem import AlreadyOpen
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
class Neighbour:
    """A practice that asked `days` ago. `facts` happened so many days ago, each by whom the playbook waits for."""

    id: str
    name: str
    contact: str
    assignee: str
    days: float
    facts: tuple[tuple[float, str, dict[str, Any]], ...] = ()
    command: tuple[str, dict[str, Any]] | None = None
    returned: str | None = None
    """The answer with which the first mail came back, if it did."""


def _done(days: float, *facts: tuple[str, dict[str, Any]]) -> tuple[tuple[float, str, dict[str, Any]], ...]:
    return tuple((days, name, data) for name, data in facts)


Fact = tuple[str, dict[str, Any]]
QUEUED: Fact = ("queued", {})
INVITED: Fact = ("invitation_sent", {})
REACHED: Fact = ("technical_contact_reached", {})
NEIGHBOURS = (
    Neighbour("north-shore-equine", "North Shore Equine", "Mia Brandt", "ana", 0.2),
    Neighbour("hillcrest", "Hillcrest Animal Hospital", "Jo Bell", "ana", 6, _done(5, QUEUED)),
    Neighbour("lakeview-cats", "Lakeview Cat Clinic", "Ngozi Obi", "sam", 9, _done(8, QUEUED, INVITED, *FORM)),
    Neighbour("old-mill", "Old Mill Veterinary Group", "Pat Lindqvist", "sam", 20, (
        *_done(19, QUEUED, INVITED), *_done(17, *FORM, EULA), *_done(12, ("agent_installed", {"client_count": 14_000}))
    )),
    Neighbour("maple-street", "Maple Street Pets", "Luis Ortega", "ana", 7, (
        *_done(6, QUEUED, INVITED), *_done(5, *FORM, EULA), *_done(4, REACHED)
    )),
    Neighbour("prairie-paws", "Prairie Paws", "Ruth Adler", "sam", 5, _done(4, QUEUED, INVITED), command=(
        "hold", {"why": "They move house until next week", "until": 7}
    )),
    Neighbour("cedar-ridge", "Cedar Ridge Veterinary Care", "Sofia Marino", "ana", 16, (
        *_done(15, QUEUED, INVITED, *FORM), *_done(1, ("data_received", {"clients": 2_140, "patients": 3_310}))
    )),
    Neighbour("sunny-creek", "Sunny Creek Vets", "Tom Ferro", "sam", 1, _done(0.5, QUEUED),
              returned="550 5.1.1 No such user: tom@sunny-creek.example"),
)  # fmt: skip


async def move_in(desk: Desk) -> None:
    """Starts those that are not open already, and brings each to where it stands."""
    await asyncio.gather(*(_one(desk, each) for each in NEIGHBOURS))


async def _one(desk: Desk, who: Neighbour) -> None:
    now = datetime.now(UTC)
    practice = {"id": who.id, "name": who.name, "time_zone": "America/Chicago", "country": "US", "state": "IL"}
    contact = {"name": who.contact, "email": f"{who.contact.split()[0].lower()}@{who.id}.example"}
    request = {"practice": practice, "primary_contact": contact, "assignee": who.assignee}
    identity = f"{PLAYBOOK}/{who.id}"
    try:
        asked = Request.model_validate({**request, "requested_at": now - timedelta(days=who.days)})
        await desk.start(PLAYBOOK, asked, who.assignee)
    except AlreadyOpen:
        return
    for days, fact, data in who.facts:
        said = {name: _filled(value, who) for name, value in data.items()}
        await desk.record(identity, fact, Report(data=said, by="sam", at=now - timedelta(days=days)))
    if who.command:
        name, words = who.command
        until = now + timedelta(days=words["until"])
        await desk.command(identity, name, Command(by=who.assignee, why=words["why"], until=until))
    if who.returned:
        await _come_back(desk, identity, who.returned)


def _filled(value: Any, who: Neighbour) -> Any:
    return value.format(id=who.id, contact=who.contact) if isinstance(value, str) else value


async def _come_back(desk: Desk, identity: str, answer: str) -> None:
    while True:
        run = (await desk.state(identity)).onboarding.run
        sent = [each for each in await outbox.mails_of(desk.database, identity, run) if each.state == "sent"]
        if sent:
            assert sent[0].message_id
            await mail_returned(desk, sent[0].message_id, answer)
            return
        await asyncio.sleep(0.05)
