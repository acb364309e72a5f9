"""What a contact said on the practice's page is known to every later mail, page and explanation.

Any sequence of answers, reports and time; after each step every mail that went out, both contacts' pages and the
explanation of the onboarding are read.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from configuration.settings import Settings
from desk.explain import explain
from desk.onboarding_detail import detail_of
from playbooks.datapoint import DATAPOINT
from playbooks.engine import steps
from playbooks.engine.facts import contact
from playbooks.engine.model import PHARMACY_ROLES
from playbooks.engine.onboarding import CONTACT_PREFIX, Contact, MailOrder, Report
from playbooks.engine.replies import has_declined
from playbooks.engine.transition import Refused
from practice_page.actions import offered
from practice_page.answers import answers_of, wants_answer, with_answers
from practice_page.data import copied_values
from practice_page.overview import overview_of
from practice_page.visitor import Visitor
from store.accounts.practice_links import Link
from templates.render import RenderedMail, render
from tests.mailing import shown
from tests.playbooks.practice import Practice, days
from tests.web.browser import text_of
from web.pages import environment
from web.practice.texts import texts_of
from web.practice.times import Clock

BRAND = Settings(public_url="https://onboarding.willow.example").brand
LINK = "https://onboarding.willow.example/p/x"
PRIMARY, TECHNICAL = "primary_contact", "technical_contact"
PEOPLE = {"Quentin Marsh": "quentin@it.test", "Ulrike Sanders": "ulrike@it.test", "Wendell Ames": "wendell@it.test"}
TIMES = ("Thursdays after 5 PM", "weekdays at 7 AM")
ASKS_FOR_TIMES = (
    "tell us what suits you",
    "Name times that suit you",
    "Please agree on a time",
    "Name times that suit me",
    "You have named no times",
)
LATE = ("installation_contact", "agent_installation", "initial_import")
FORMER = ("contact_replaced", "address_changed")


class Said(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.practice = Practice()
        self.read = 0
        self.declined: dict[str, set[str]] = {PRIMARY: set(), TECHNICAL: set()}
        """The addresses of those who said that they are not the right person, and were not named again."""
        self.declined_names: set[str] = set()
        self.times: dict[str, str] = {}
        self.moved: dict[str, str] = {}
        """Each person's present address by the former one, if a contact corrected it."""

    @initialize(stage=st.sampled_from([stage.name for stage in DATAPOINT.stages[:-1]]))
    def begin(self, stage: str) -> None:
        self.practice.through(stage)
        if stage in LATE:
            # As if the team had recorded who it is.
            self.report("technical_contact_designated", "sam", name="Wendell Ames", email=PEOPLE["Wendell Ames"])

    # What contacts say

    @rule(name=st.sampled_from(sorted(PEOPLE)), by=st.sampled_from([f"{CONTACT_PREFIX}ana", "sam"]))
    def name_technician(self, name: str, by: str) -> None:
        email = PEOPLE[name]
        while email in self.moved:
            email = self.moved[email]
        if self.attempt(lambda: self.report("technical_contact_designated", by, name=name, email=email)):
            self.declined[TECHNICAL].discard(email)
            self.declined_names.discard(name)

    @rule(role=st.sampled_from([PRIMARY, TECHNICAL]))
    def decline(self, role: str) -> None:
        person = self.holder(role)
        if self.may_act(role, person) and person and self.say(role, person, "declined"):
            self.declined[role].add(person.email)
            self.times.pop(person.email, None)
            if role == TECHNICAL:
                self.declined_names.add(person.name)

    @rule(times=st.sampled_from([None, *TIMES]))
    def accept(self, times: str | None) -> None:
        person = self.holder(TECHNICAL)
        answers = {"server": "ready"} | ({"times": times} if times else {})
        if person and self.say(TECHNICAL, person, "accepted", answers=answers):
            self.times.pop(person.email, None)
            if times:
                self.times[person.email] = times

    @rule(role=st.sampled_from([PRIMARY, TECHNICAL]), what=st.sampled_from(["question", "not_received"]))
    def ask(self, role: str, what: str) -> None:
        person = self.holder(role)
        if self.may_act(role, person) and person:
            self.say(role, person, what)

    @rule(role=st.sampled_from([PRIMARY, TECHNICAL]), length=st.integers(1, 40))
    def pause(self, role: str, length: int) -> None:
        if self.may_act(role, self.holder(role)):
            self.attempt(lambda: self.practice.order("quiet", role=role, until=self.practice.now + days(length)))

    @rule()
    def correct_own_address(self) -> None:
        before = self.practice.onboarding.primary_contact
        if not self.may_act(PRIMARY, before):
            return
        new = f"ana{len(self.moved)}@riverside.test"
        if self.attempt(lambda: self.practice.order("correct_contact", by="contact:ana", contact={"email": new})):
            self.moved[before.email] = new

    @rule()
    def correct_technical_address(self) -> None:
        person = self.holder(TECHNICAL)
        if person is None:
            return
        new, due = f"tech{len(self.moved)}@it.test", self.practice.view().due_at
        first = next(fact.at for fact in self.practice.onboarding.facts[::-1] if fact.data.get("email") == person.email)
        if self.attempt(
            lambda: self.report("technical_contact_designated", "contact:tech", first, name=person.name, email=new)
        ):
            assert self.practice.view().due_at == due, "no deadline runs anew for another address"
            self.moved[person.email] = new
            if times := self.times.pop(person.email, None):
                self.times[new] = times

    @rule(email=st.sampled_from(["max@riverside.test", "ida@riverside.test"]))
    def the_team_corrects_the_primary_contact(self, email: str) -> None:
        name = email.partition("@")[0].title()
        self.attempt(lambda: self.practice.order("correct_contact", contact={"name": name, "email": email}))

    # What others do

    @rule(number=st.integers(0, 2))
    def something_is_reported(self, number: int) -> None:
        missing = [name for name in self.practice.view().missing if name != "technical_contact_designated"]
        if missing:
            fact = missing[number % len(missing)]
            data: dict[str, Any] = {"version": "3.1", "accepted_by": "Ana Ruiz"} if fact == "eula_accepted" else {}
            self.attempt(lambda: self.report(fact, "DataPoint", **data))

    @precondition(lambda self: self.practice.view().status == "open")
    @rule(length=st.sampled_from([1, 2, 4, 9, 31]))
    def time_passes(self, length: int) -> None:
        self.practice.live(days(length))

    # What must hold

    @invariant()
    def mails_know_what_was_said(self) -> None:
        for order in self.practice.mails[self.read :]:
            mail = render(order.kind, order.context | {"link": LINK if order.link else None}, BRAND)
            for text in (mail.text, shown(mail.html)[0]):
                self.check_mail(order, mail, " ".join(text.split()))
        self.read = len(self.practice.mails)

    def check_mail(self, order: MailOrder, mail: RenderedMail, text: str) -> None:
        assert "None" not in text and "Undefined" not in text
        if order.to in PHARMACY_ROLES:
            return
        if order.email in self.declined[order.to]:
            assert order.kind == "data_received", "only what the practice is owed"
        if order.kind in FORMER or order.email in self.declined[order.to]:
            assert not order.link and LINK not in mail.text + mail.html
        if order.kind in FORMER:
            return
        for name in self.declined_names:
            assert name not in text, "who declined is named by nobody"
        if order.to == TECHNICAL and (times := self.times.get(order.email or "")):
            assert not any(ask in text for ask in ASKS_FOR_TIMES), "times were named"
            if order.kind.startswith("installation"):
                assert times in text or order.context["stage"] in ("initial_import", "connected", "registration")
        former = order.context["former_address"]
        asks = order.kind in ("invitation_overdue", "queue_confirmation", "registration_reminder")
        if former and asks and order.context["stage"] in ("invitation", "registration"):
            assert former in text and str(order.email) in text, "both addresses are named"

    @invariant()
    def pages_know_what_was_said(self) -> None:
        for role in (PRIMARY, TECHNICAL):
            person = self.holder(role)
            if self.may_act(role, person) and person:
                self.check_page(role, person, self.page(role, person))

    def check_page(self, role: str, person: Contact, page: str) -> None:
        for name in self.declined_names:
            assert name not in page
        onboarding = self.practice.onboarding
        if role == PRIMARY and self.holder(TECHNICAL) is None and self.declined_names:
            missing = self.practice.view().missing
            if self.practice.view().stage == "registration" and "technical_contact_designated" in missing:
                assert "Name another technical contact" in page or "accept" in page.lower()
        if role == TECHNICAL and (times := self.times.get(person.email)):
            assert not any(ask in page for ask in ASKS_FOR_TIMES)
            if self.practice.view().stage in ("installation_contact", "agent_installation"):
                assert times in page
        if role == TECHNICAL:
            assert BRAND.support_phone in page and "Not sure that this is genuine?" in page
            if not has_declined(onboarding, PRIMARY, onboarding.primary_contact.email):
                assert onboarding.primary_contact.email in page
        closed = self.practice.view().closed
        for email, until in onboarding.reminders_off_until.items():
            if email == person.email and until > self.practice.now:
                assert ("We do not remind you before" in page) is not closed

    @invariant()
    def the_explanation_knows_what_was_said(self) -> None:
        detail = detail_of(DATAPOINT, self.practice.onboarding, self.practice.now, ())
        if self.practice.view().closed:
            return
        said = "\n".join(explain(detail))
        for reply in self.practice.onboarding.replies:
            assert {"accepted": "accepted the role", "declined": "not the right person"}.get(reply.what, "") in said
            if times := reply.answers.get("times"):
                assert times in said

    # How

    def holder(self, role: str) -> Contact | None:
        return contact(DATAPOINT, self.practice.onboarding, role)

    def may_act(self, role: str, person: Contact | None) -> bool:
        """Whether this person's link opens the page."""
        return person is not None and not has_declined(self.practice.onboarding, role, person.email)

    def say(self, role: str, person: Contact, what: str, **given: Any) -> bool:
        who: dict[str, Any] = {"role": role, "contact": {"email": person.email}, "reply": what}
        return self.attempt(lambda: self.practice.order("tell", by="contact:x", kind="Said", **who, **given))

    def report(self, fact: str, by: str, at: datetime | None = None, **data: Any) -> Any:
        now = self.practice.now
        report = Report(data=data, by=by, at=at)
        return self.practice.take(steps.record(DATAPOINT, self.practice.onboarding, fact, report, now))

    def attempt(self, act: Any) -> bool:
        try:
            return bool(act().outcome == "recorded")
        except Refused:
            return False

    def page(self, role: str, person: Contact) -> str:
        now = self.practice.now.astimezone(UTC)
        onboarding = self.practice.onboarding
        link = Link("h", onboarding.id, onboarding.run, role, person.email, "m", now, now + timedelta(days=60))
        visitor = Visitor("x", link, DATAPOINT, onboarding, person, now)
        before = answers_of(visitor)
        overview = with_answers(visitor, overview_of(visitor), before)
        offers = offered(visitor)
        given = {
            "brand": BRAND,
            "offers": offers,
            "reports": [],
            "before": before,
            "data": None,
            "lost": None,
            "named": None,
            "overview": overview,
            "wants_answer": wants_answer(visitor, overview),
            "visitor": visitor,
            "practice": onboarding.practice.name,
            "here": visitor.here,
            "clock": Clock(visitor.zone, now),
            "texts_of": texts_of(DATAPOINT.name),
            "partner": "DataPoint",
            "copied": copied_values(),
            "errors": {},
            "notices": list,
            "is_answer": False,
            "person": None,
            "request_id": "r",
            "path": visitor.here,
        }
        given["parts"] = environment().get_template("parts.html").make_module(given)
        html = environment().get_template("practice/page.html").render(given)
        return re.sub(r"\s+", " ", text_of(html) + " ".join(re.findall(r"mailto:([^\"?]+)", html)))


Said.TestCase.settings = settings(
    max_examples=20,
    stateful_step_count=20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
TestSaid = Said.TestCase
