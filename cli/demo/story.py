"""The story of the demo, chapter by chapter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from cli.demo.data import Data
from cli.demo.teller import Teller
from desk.onboarding_detail import Shown
from desk.partner_request import ask_partner
from pharmacy.records.feed_progress import Feed
from playbooks.engine.onboarding import Request

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


@dataclass(frozen=True)
class Ending:
    """What there is at the end: the onboarding, its first feed, the next one, and the reconnection."""

    onboarding: Shown
    first: Feed
    second: Feed
    reconnection: Shown

    def wrong(self) -> list[str]:
        """What did not come out as it should, in words."""
        wanted, got = Counter(EXPECTED), Counter(mail.kind for mail in self.onboarding.mails)
        checks = {
            "the onboarding is not complete": self.onboarding.status == "complete",
            f"mails are missing: {', '.join(wanted - got)}": not wanted - got,
            f"mails should not be there: {', '.join(got - wanted)}": not got - wanted,
            "nobody was merged": self.first.merged > 0,
            "there is nothing to review": self.first.to_review > 0,
            "nothing is held back": self.second.differing > 0,
            "there is no reconnection": self.reconnection.status == "open",
        }
        return [what for what, fine in checks.items() if not fine]


async def tell(teller: Teller, datapoint_url: str) -> Ending:
    """Tells it all."""
    await teller.datapoint.prepare()
    teller.chapter("The request comes in; Sam of the onboarding team starts the practice")
    await teller.desk.start("datapoint", Request.model_validate(PRACTICE), "sam")
    await teller.look()

    teller.chapter("Sam adds the practice to DataPoint's queue at once; one business day would have been in time")
    await ask_partner(teller.desk, IDENTITY, "sam", {"datapoint": datapoint_url})
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

    teller.chapter(
        "The data arrives. Some of these clients had orders delivered before, and are merged with themselves"
    )
    await teller.datapoint.behave("data_received", "untold")
    await teller.datapoint.behave("import_completed", "untold")
    data = Data(teller, PRACTICE_ID)
    coming = await teller.datapoint.next_due()
    assert coming is not None
    await data.begin(coming)
    await teller.go_to(coming)
    first = await data.arrive()
    complete = await teller.ended()

    teller.chapter("Two days later the next feed. What people may have meant otherwise is held back for a person")
    await data.heard(first)
    await data.let_pass(2)
    second = await data.arrive()
    await data.heard(second)

    await teller.datapoint.go_silent()
    teller.chapter("Then nothing is heard. After three days of silence a reconnection opens, with what to check")
    await data.let_pass(4)
    return Ending(complete, first, second, await data.reconnection())


async def _dana(teller: Teller, part: str, **form: str) -> None:
    await teller.fill_in("dana@", "registration", part, **form)
