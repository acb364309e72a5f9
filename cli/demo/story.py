"""The story of the demo, chapter by chapter."""

from __future__ import annotations

from datetime import timedelta

from cli.demo.teller import Teller
from desk.queue_request import ask_for_queue
from desk.shown import Shown
from playbooks.onboarding import Request

PRACTICE_ID = "riverside-vet"
ZONE = "America/Chicago"
IDENTITY = f"datapoint/{PRACTICE_ID}"
PRACTICE = {
    "practice": {
        "id": PRACTICE_ID,
        "name": "Riverside Veterinary Clinic",
        "time_zone": ZONE,
        "country": "US",
        "state": "IL",
    },
    "primary_contact": {"name": "Dana Reyes", "email": "dana@riverside.example", "phone": "(312) 555-0117"},
    "assignee": "sam",
}
EXPECTED = (
    *("queue_confirmation", "invitation_overdue", "escalation", "escalation", "registration_reminder"),
    *("technical_briefing", "technical_briefing", "import_begun", "data_received"),
)


async def tell(teller: Teller, datapoint_url: str) -> Shown:
    """Tells it all; returns the onboarding as it ends."""
    await teller.datapoint.prepare()
    teller.chapter("The request comes in; Sam of the onboarding team starts the practice")
    await teller.desk.start("datapoint", Request.model_validate(PRACTICE), "sam")
    await teller.look()

    teller.chapter("Sam adds the practice to DataPoint's queue at once; one business day would have been in time")
    await ask_for_queue(teller.desk, datapoint_url, IDENTITY, "sam")
    await teller.datapoint.behave("invitation_sent", "untold")
    await teller.look()

    teller.chapter("DataPoint should write to Dana within 48 hours. Nothing is heard of it ...")
    await teller.let_pass(timedelta(hours=49))
    teller.chapter("... and a business day later the manager is told as well")
    await teller.let_pass(timedelta(days=5))

    teller.chapter(
        "Dana looks into her junk folder, as the mail said; there is the invitation, and she fills in the form"
    )
    await teller.report("invitation_sent", "sam")
    await _dana(teller, "information", management_system="Cornerstone", client_count="12400")
    await _dana(teller, "technical-contact", name="Lee Park", email="lee@riverside.example")

    teller.chapter("The licence agreement is still open. Dana is reminded of just that, and accepts it")
    # The reminder of the third day may wait for a long weekend; the next one is due on the seventh.
    await teller.let_pass(timedelta(days=6, hours=22))
    await _dana(teller, "eula", agree="yes", accepted_by="Dana Reyes")

    teller.chapter("Lee changes jobs; Kim takes over and gets the same briefing")
    await _dana(teller, "technical-contact", name="Kim Osei", email="kim@riverside.example")

    teller.chapter("DataPoint writes to Kim within 24 hours")
    await teller.let_pass(timedelta(days=1, hours=5))
    teller.chapter("Kim installs the agent. With 12,400 clients the first copy may take two weeks")
    await teller.fill_in("kim@", "installation", "", client_count="12400")

    teller.chapter("Data arrives")
    coming = await teller.datapoint.next_due()
    assert coming is not None
    await teller.go_to(coming)
    return await teller.look()


async def _dana(teller: Teller, part: str, **form: str) -> None:
    await teller.fill_in("dana@", "registration", part, **form)
