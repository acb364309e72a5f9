"""The scenario of the demo, chapter by chapter."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

from cli.demo.feeds import Feeds
from cli.demo.narrator import Narrator
from desk.onboarding_detail import OnboardingDetail
from desk.partner_request import ask_partner
from pharmacy.records.feed_progress import Feed
from playbooks.engine.onboarding import Request

PRACTICE_ID = "riverside-vet"
ZONE = "America/Chicago"
IDENTITY = f"datapoint/{PRACTICE_ID}"
CONTACT = "dana@riverside.example"
PRACTICE = {
    "practice": {
        "id": PRACTICE_ID,
        "name": "Riverside Veterinary Clinic",
        "time_zone": ZONE,
        "country": "US",
        "state": "IL",
    },
    "primary_contact": {"name": "Dana Reyes", "email": CONTACT, "phone": "(312) 555-0117"},
    "assignee": "sam",
}
EXPECTED_MAILS = (
    *("queue_confirmation", "invitation_overdue", "escalation", "escalation", "registration_reminder"),
    *("technical_briefing", "contact_replaced", "technical_briefing", "import_begun", "data_received"),
)


@dataclass(frozen=True)
class Outcome:
    """The result of the scenario: the onboarding, its first two feeds, and the reconnection."""

    onboarding: OnboardingDetail
    first: Feed
    second: Feed
    reconnection: OnboardingDetail

    def failures(self) -> list[str]:
        expected, sent = Counter(EXPECTED_MAILS), Counter(mail.kind for mail in self.onboarding.mails)
        checks = {
            "the onboarding is not complete": self.onboarding.status == "complete",
            f"mails are missing: {', '.join(expected - sent)}": not expected - sent,
            f"mails should not be there: {', '.join(sent - expected)}": not sent - expected,
            "nobody was merged": self.first.merged > 0,
            "there is nothing to review": self.first.to_review > 0,
            "nothing is held back": self.second.differing > 0,
            "there is no reconnection": self.reconnection.status == "open",
        }
        return [failure for failure, ok in checks.items() if not ok]


async def play(narrator: Narrator, datapoint_url: str) -> Outcome:
    await narrator.datapoint.prepare()
    narrator.chapter("The request comes in; Sam of the onboarding team starts the practice")
    await narrator.desk.start("datapoint", Request.model_validate(PRACTICE), "sam")
    await narrator.print_news()

    narrator.chapter("Sam adds the practice to DataPoint's queue at once; one business day would have been in time")
    await ask_partner(narrator.desk, IDENTITY, "sam", {"datapoint": datapoint_url})
    await narrator.datapoint.set_behaviour("invitation_sent", "untold")
    await narrator.print_news()

    narrator.chapter("DataPoint should write to Dana within 48 hours. Nothing is heard of it ...")
    await narrator.pass_time(timedelta(hours=49))
    narrator.chapter("... and a business day later the manager gets a mail as well")
    await narrator.pass_time(timedelta(days=5))

    narrator.chapter(
        "Dana looks into her junk folder, as the mail said; there is the invitation, and she fills in the form"
    )
    await narrator.report("invitation_sent", "sam")
    await _dana(narrator, "information", management_system="Cornerstone", client_count="12400")
    await _dana(narrator, "technical-contact", name="Lee Park", email="lee@riverside.example")

    narrator.chapter("The licence agreement is still open. Dana is reminded of just that, and accepts it")
    # The reminder of the third day may wait for a long weekend; the next one is due on the seventh.
    await narrator.pass_time(timedelta(days=6, hours=22))
    await _dana(narrator, "eula", agree="yes", accepted_by="Dana Reyes")

    narrator.chapter("Lee changes jobs; Kim takes over and gets the same briefing")
    await _dana(narrator, "technical-contact", name="Kim Osei", email="kim@riverside.example")

    narrator.chapter("DataPoint writes to Kim within 24 hours")
    await narrator.pass_time(timedelta(days=1, hours=5))
    narrator.chapter("Kim installs the agent. With 12,400 clients the first copy may take two weeks")
    await narrator.submit_form("kim@", "installation", "", client_count="12400")

    narrator.chapter(
        "The data arrives. Some of these clients had orders delivered before, and are merged with themselves"
    )
    await narrator.datapoint.set_behaviour("data_received", "untold")
    await narrator.datapoint.set_behaviour("import_completed", "untold")
    feeds = Feeds(narrator, PRACTICE_ID)
    due = await narrator.datapoint.next_step_at()
    assert due is not None
    await feeds.create_clinic(due)
    await narrator.go_to(due)
    first = await feeds.import_feed()
    complete = await narrator.completed()

    narrator.chapter(
        "Two days later the next feed. Values that people may have changed on purpose are held back for a decision"
    )
    await feeds.report_to_watch(first)
    await feeds.pass_days(2)
    second = await feeds.import_feed()
    await feeds.report_to_watch(second)

    await narrator.datapoint.silence_agent()
    narrator.chapter("Then nothing is heard. After three days of silence a reconnection opens, with what to check")
    await feeds.pass_days(4)
    return Outcome(complete, first, second, await feeds.reconnection())


async def _dana(narrator: Narrator, section: str, **form: str) -> None:
    await narrator.submit_form("dana@", "registration", section, **form)
