"""`onboard explain`: the sentences for every situation of an onboarding; and what needs a person there.

The onboarding's own word counts before that of a journal that lags.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.attention.item import Action, AttentionItem, Kind
from desk.attention.status import calls, corrected
from desk.explain import duration, exact_duration, explain, time_left
from desk.onboarding_detail import OnboardingDetail, detail_of
from desk.practice_files import request_of
from playbooks.calendar.values import Calendar
from playbooks.datapoint import DATAPOINT
from playbooks.engine import steps
from playbooks.engine.commands import command
from playbooks.engine.onboarding import Command, Entry, MailOrder, Onboarding, Report
from playbooks.engine.transition import Result
from store.mail.rows import Mail

MONDAY = datetime(2026, 11, 23, 16, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHICAGO = Calendar(time_zone="America/Chicago")
ASK = "Ask DataPoint for a place in its queue. If somebody has asked already, record it."
REQUEST = request_of(
    {
        "practice": {"id": "riverside", "name": "Riverside", "time_zone": "America/Denver"},
        "primary_contact": {"name": "Dana Reyes", "email": "dana@riverside.test"},
        "assignee": "ana",
    }
)


class Desk:
    """An onboarding, its clock and its mails."""

    def __init__(self) -> None:
        self.now = MONDAY
        self.mails: list[Mail] = []
        self.lines: list[Entry] = []
        self.onboarding: Onboarding
        self.take(steps.begin(DATAPOINT, REQUEST, "run", "ana", CHICAGO, CHICAGO, MONDAY))

    def take(self, turn: Result) -> None:
        self.onboarding = turn.onboarding
        self.lines += [Entry(**entry.model_dump()) for entry in turn.effects if isinstance(entry, Entry)]
        self.mails += [letter(order) for order in turn.effects if isinstance(order, MailOrder)]

    def record(self, fact: str, **data: Any) -> None:
        self.take(steps.record(DATAPOINT, self.onboarding, fact, Report(by="ana", data=data), self.now))

    def command(self, name: str, **fields: Any) -> None:
        self.take(command(DATAPOINT, self.onboarding, name, Command(by="ana", why="because", **fields), self.now))

    def wait(self, length: timedelta) -> None:
        self.now += length
        self.take(steps.wake(DATAPOINT, self.onboarding, self.now))

    def register(self) -> None:
        self.record("practice_information_given")
        self.record("technical_contact_designated", name="Sam", email="sam@it.test")
        self.record("eula_accepted", version="1", accepted_by="Dana")

    def fate(self, kind: str, state: Any, **more: Any) -> None:
        """What became of the latest mail of a kind."""
        number = max(number for number, mail in enumerate(self.mails) if mail.kind == kind)
        self.mails[number] = Mail(**{**vars(self.mails[number]), "state": state, **more})

    def seen(self) -> OnboardingDetail:
        return detail_of(DATAPOINT, self.onboarding, self.now, self.mails, self.lines)

    def told(self) -> str:
        return "\n".join(explain(self.seen()))


def letter(order: MailOrder) -> Mail:
    """An order as the ledger has it once it is out."""
    unsaid: dict[str, Any] = {"error": None, "note": None, "claimed_at": None, "sent_at": order.at}
    return Mail(
        key=order.key,
        onboarding="datapoint/riverside",
        run="run",
        kind=order.kind,
        role=order.to,
        stage=order.stage,
        to_name=order.name or "",
        to_email=order.email or "team@pharmacy.test",
        subject="",
        message_id="<x@y>",
        state="sent",
        attempts=1,
        created_at=order.at,
        **unsaid,
    )


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_in_time(desk: Desk) -> None:
    desk.now += 3 * HOUR
    assert explain(desk.seen()) == [
        "Riverside is at “Entry in DataPoint's queue” since Mon 23 Nov, 10:00 CST (3 hours), waiting on the"
        " onboarding team.",
        f"To be done by the onboarding team: {ASK}",
        "It goes on when this is on record: In DataPoint's request queue.",
        "It is due Tue 24 Nov, 10:00 CST, in 21 hours.",
        "Next automatic step, on Tue 24 Nov, 04:00 CST: “Entry in DataPoint's queue” is marked as due soon.",
        "ana looks after it; the practice's contact is Dana Reyes <dana@riverside.test>, local time Mon 12:00 MST.",
    ]


def test_due_soon(desk: Desk) -> None:
    desk.wait(20 * HOUR)
    assert "It is due Tue 24 Nov, 10:00 CST, in 4 hours, which is soon." in desk.told()


def test_overdue(desk: Desk) -> None:
    desk.wait(26 * HOUR)
    told = desk.told()
    assert "It was due Tue 24 Nov, 10:00 CST and has been overdue for 2 hours." in told
    assert f"To be done by the onboarding team: {ASK}" in told
    assert ASK not in " ".join(explain(desk.seen(), {"overdue"})), "it stands above already"
    assert "escalated to the manager" in told


def test_several_facts_missing_and_no_deadline(desk: Desk) -> None:
    desk.record("invitation_sent")
    desk.record("practice_information_given")
    told = desk.told()
    assert "Still missing: Technical contact named; EULA accepted. The rest is on record." in told
    assert "practice information" not in told, "asks for what is on record"
    assert "There is no deadline for this stage." in told


def test_a_fact_ahead_of_its_turn(desk: Desk) -> None:
    desk.record("agent_installed")
    told = desk.told()
    assert "On record already, before its stage: Agent installed; DataPoint reached the technical contact." in told


def test_on_hold(desk: Desk) -> None:
    desk.command("hold", until=MONDAY + 7 * DAY)
    told = desk.told()
    assert "It is on hold until Mon 30 Nov, 10:00 CST by ana: because." in told
    assert "Deadlines and reminders are paused until then" in told
    assert "It is due" not in told
    assert "Next automatic step, on Mon 30 Nov, 10:00 CST: The hold is over; deadlines and reminders continue." in told


def test_an_estimate_that_has_passed_is_not_overdue_yet(desk: Desk) -> None:
    desk.register()
    desk.record("agent_installed")
    desk.wait(8 * DAY)
    told = desk.told()
    assert "It was expected Mon 30 Nov, 10:00 CST, 24 hours ago" in told
    assert "“First import of the data” counts as overdue." in told
    assert "it is overdue from Wed 2 Dec, 10:00 CST." in told


def test_complete(desk: Desk) -> None:
    desk.register()
    desk.record("data_received")
    assert explain(desk.seen()) == ["Riverside is complete: connected since Mon 23 Nov, 10:00 CST."]


def test_withdrawn(desk: Desk) -> None:
    desk.command("withdraw")
    assert " by Ana Ruiz on " in explain(desk.seen(), names={"ana": "Ana Ruiz"})[0]
    assert explain(desk.seen()) == [
        "Riverside was withdrawn at “Entry in DataPoint's queue” by ana on Mon 23 Nov, 10:00 CST: because.",
        "A new onboarding of the practice can be started at any time.",
    ]


def test_what_contacts_said(desk: Desk) -> None:
    desk.record("queued")
    desk.record("technical_contact_designated", name="Lee Park", email="lee@it.test")
    lee = {"role": "technical_contact", "contact": {"email": "lee@it.test"}}
    dana = {"role": "primary_contact", "contact": {"email": "dana@riverside.test"}}
    desk.command("tell", kind="x", reply="accepted", answers={"times": "Mondays"}, **lee)
    desk.command("tell", kind="x", reply="question", **lee)
    desk.command("tell", kind="x", reply="declined", **dana)
    desk.command("quiet", role="technical_contact", until=MONDAY + 9 * DAY)
    said = desk.told().split("\n")
    on = "on Mon 23 Nov, 10:00 CST"
    assert f"Lee Park, as technical contact, accepted the role {on}, and named times that suit: Mondays." in said
    assert f"Lee Park, as technical contact, asked for help {on}." in said
    assert f"Dana Reyes, as primary contact, said that they are not the right person {on}." in said
    assert any(each.startswith("No reminders go to lee@it.test before ") for each in said)


def test_nobody_is_assigned() -> None:
    desk = Desk()
    desk.onboarding = desk.onboarding.model_copy(update={"assignee": None})
    assert "Nobody is assigned to it" in desk.told()


def test_a_mail_to_the_contact_that_was_refused(desk: Desk) -> None:
    desk.record("queued")
    desk.fate("queue_confirmation", "failed", error="550 no such user")
    told = desk.told()
    assert "The mail “queue confirmation” to dana@riverside.test was refused: 550 no such user." in told
    assert "onboard correct-contact datapoint/riverside --email ADDRESS" in told


def test_a_mail_that_was_written_again(desk: Desk) -> None:
    desk.record("queued")
    desk.fate("queue_confirmation", "bounced", error="Full")
    desk.now += HOUR
    desk.command("resend", kind="queue_confirmation")
    assert (
        "to dana@riverside.test came back: Full.\nIt need not be sent again: a newer mail of this kind has followed."
        in desk.told()
    )


def test_mails_to_others_that_were_refused(desk: Desk) -> None:
    desk.register()
    desk.fate("technical_briefing", "failed", error="550")
    desk.wait(25 * HOUR)
    desk.fate("escalation", "failed", error="550")
    told = desk.told()
    assert "Record the technical contact again" in told
    assert "Correct the address in the settings, then: onboard resend datapoint/riverside escalation" in told


def test_a_mail_that_nobody_knows_the_end_of(desk: Desk) -> None:
    desk.record("queued")
    desk.fate("queue_confirmation", "unknown", note="may have been delivered twice")
    assert "may not have arrived, or arrived twice: may have been delivered twice." in desk.told()


def test_a_mail_that_waits_for_its_server(desk: Desk) -> None:
    desk.record("queued")
    desk.fate("queue_confirmation", "queued", error="The mail server does not answer")
    told = desk.told()
    assert "has not been sent yet; we try again automatically: The mail server does not answer." in told


def test_a_refused_mail_of_a_closed_onboarding(desk: Desk) -> None:
    desk.record("queued")
    desk.fate("queue_confirmation", "bounced", error="Gone")
    desk.command("withdraw")
    assert "Nothing more is sent, because the onboarding is closed." in desk.told()


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2), "2 hours"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(days=2), "2 days"),
        (timedelta(days=-3), "3 days"),
    ],
)
def test_durations_in_one_unit(length: timedelta, said: str) -> None:
    assert duration(length) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=2, minutes=59), "2 hours 59 minutes"),
        (timedelta(hours=47, minutes=1), "47 hours 1 minute"),
        (timedelta(hours=216), "9 days"),
        (timedelta(hours=238, minutes=59), "9 days 22 hours"),
    ],
)
def test_durations_that_are_compared(length: timedelta, said: str) -> None:
    assert exact_duration(length) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(seconds=59), "1 minute"),
        (timedelta(hours=2, seconds=-1), "2 hours"),
        (timedelta(hours=24, seconds=-1), "24 hours"),
        (timedelta(hours=48, seconds=-1), "2 days"),
        (timedelta(days=7, minutes=-3), "7 days"),
        (timedelta(days=3, hours=4), "3 days"),
    ],
)
def test_what_is_left_reads_as_it_was_set(length: timedelta, said: str) -> None:
    assert time_left(length) == said


HERE = "datapoint/riverside"


def need(kind: Kind, *actions: str, id: str = HERE) -> AttentionItem:
    links = tuple(Action(name, f"/onboardings/{id}/{name}") for name in actions)
    return AttentionItem(kind, id, "riverside", "Riverside", kind, "bad", text="", todo=kind, actions=links)


def kinds(desk: Desk, *written: AttentionItem) -> list[str]:
    return [each.kind for each in corrected(written, desk.seen())]


def test_what_was_done_a_moment_ago_is_not_asked_for() -> None:
    desk = Desk()
    assert kinds(desk) == ["ours"], "though nothing is written down yet"
    desk.record("queued")
    assert kinds(desk, need("ours")) == []
    desk.wait(timedelta(days=3))
    assert kinds(desk, need("ours")) == ["overdue"]


def test_what_is_on_record_by_now_is_not_missing() -> None:
    desk = Desk()
    desk.record("data_received")
    missing = need("missing", "facts/eula_accepted", "commands/retract")
    assert kinds(desk, missing) == ["missing"]
    desk.record("eula_accepted", version="1", accepted_by="Dana")
    assert kinds(desk, missing) == []


def test_what_is_closed_needs_nobody_but_its_data_its_connection_and_its_requests() -> None:
    desk = Desk()
    desk.register()
    desk.record("data_received")
    lost = need("lost", id="datapoint-reconnection/riverside")
    assert kinds(desk, need("mail"), need("call"), need("overdue"), need("pairs"), lost) == ["call", "lost", "pairs"]


def test_nobody_is_called_at_the_practice_for_what_is_the_turn_of_others() -> None:
    desk = Desk()
    desk.record("queued")
    desk.wait(timedelta(days=3))
    seen = desk.seen()
    assert seen.sla == "breached"
    assert calls(seen, corrected((), seen)) == ()
