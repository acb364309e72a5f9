"""The engine as a state machine: any order, repetition, backdating and retraction, commands, a clock that may be late.

Whatever happens, the invariants hold. `oracle.py` says what the stage must be.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from playbooks import engine
from playbooks.commands import command
from playbooks.datapoint import DATAPOINT
from playbooks.derive import stand
from playbooks.engine import Refused, Turn
from playbooks.onboarding import Command, Entry, MailOrder, Report
from playbooks.view import View, view
from tests.playbooks.oracle import FOLLOWS, LEGAL, Oracle
from tests.playbooks.practice import ANA, HOLIDAYS, MONDAY, PRACTICE, TEAM, TOM, UMA, Practice, days, hours

PAYLOADS: dict[str, list[dict[str, Any]]] = {
    "practice_information_given": [{}, {"client_count": 9_999}, {"client_count": 10_000}, {"phone": "1"}],
    "technical_contact_designated": [
        {"name": "Tom", "email": TOM},
        {"name": "Tom", "email": TOM, "phone": "1"},
        {"name": "Uma", "email": UMA},
        {"name": "Ana Ruiz", "email": ANA},
    ],
    "eula_accepted": [{"version": "3", "accepted_by": "Ana Ruiz"}, {"version": "4", "accepted_by": "Ana Ruiz"}],
    "agent_installed": [{}, {"client_count": 12_000}],
}
LENGTHS = st.sampled_from([hours(1), hours(7), hours(24), hours(48), days(3), days(8), days(40)])
KEYS = st.sampled_from([None, None, "first", "second"])
INSIDE = ("assignee", "team", "manager")


class Engine(RuleBasedStateMachine):
    @initialize(start=st.sampled_from([MONDAY, MONDAY - days(2), MONDAY + hours(63), MONDAY - days(15)]))
    def begin(self, start: datetime) -> None:
        self.practice = Practice(now=start)
        self.oracle = Oracle(start, [])
        self.withdrawn = False
        self.said_again: Counter[str] = Counter()
        self.reminded: set[tuple[str | None, date]] = set()
        self.told_manager: set[tuple[str, datetime | None]] = set()
        self.answers: dict[str, tuple[Callable[[str], Turn], str]] = {}

    @rule(
        name=st.sampled_from(sorted(FOLLOWS)),
        payload=st.integers(0, 3),
        before=st.one_of(st.none(), st.sampled_from([hours(0), hours(1), hours(5), days(1), days(30), -hours(1)])),
        key=KEYS,
    )
    def report(self, name: str, payload: int, before: timedelta | None, key: str | None) -> None:
        payloads = PAYLOADS.get(name, [{}])
        data = payloads[payload % len(payloads)]
        now = self.practice.now
        at = None if before is None else now - before
        report = Report(data=data, by="dana", at=at)
        expected = self.oracle.answer(name, data, at, self.closed)
        if at and at > now + timedelta(minutes=1):
            expected = "refused"

        def act(key: str | None) -> Turn:
            kept = self.practice.onboarding
            return engine.record(DATAPOINT, kept, name, report.model_copy(update={"key": key}), self.practice.now)

        if self.step(act, key, expected) == "recorded":
            self.oracle.add(name, data, at or now)

    @rule(number=st.integers(0, 1_000))
    def report_again(self, number: int) -> None:
        valid = [each for name in FOLLOWS for each in self.oracle.valid(name)]
        if valid:
            again = valid[number % len(valid)]
            report = Report(data=again.data, by="somebody else", at=again.at)
            before = self.practice.onboarding
            turn = engine.record(DATAPOINT, before, again.name, report, self.practice.now)
            assert turn.receipt is not None
            assert turn.receipt.outcome == "already_known"
            assert (turn.onboarding, turn.effects) == (before, ())

    @rule(name=st.sampled_from(sorted(FOLLOWS)), key=KEYS)
    def retract(self, name: str, key: str | None) -> None:
        expected = "recorded" if name in self.oracle.reported and not self.closed else "refused"
        if self.command("retract", key, expected, fact=name) == "recorded":
            self.oracle.take_back(name)

    @rule(name=st.sampled_from(["hold", "extend"]), length=LENGTHS, key=KEYS)
    def until(self, name: str, length: timedelta, key: str | None) -> None:
        self.command(name, key, None, until=self.practice.now + length)

    @rule(name=st.sampled_from(["resume", "note"]), key=KEYS)
    def bare(self, name: str, key: str | None) -> None:
        self.command(name, key, None)

    @rule(assignee=st.sampled_from(["sam", "kim"]), key=KEYS)
    def reassign(self, assignee: str, key: str | None) -> None:
        self.command("reassign", key, None, assignee=assignee)

    @rule(email=st.sampled_from([ANA, "ana2@riverside.test", TOM]), key=KEYS)
    def correct(self, email: str, key: str | None) -> None:
        before = Counter(self.practice.kinds)
        self.command("correct_contact", key, None, contact={"email": email})
        self.said_again += Counter(self.practice.kinds) - before
        self.note_reminders(before)

    @rule(kind=st.sampled_from(["queue_confirmation", "registration_reminder", "technical_briefing"]), key=KEYS)
    def resend(self, kind: str, key: str | None) -> None:
        before = Counter(self.practice.kinds)
        self.command("resend", key, None, kind=kind)
        again = Counter(self.practice.kinds) - before
        assert sum(again.values()) in (0, 1)
        self.said_again += again
        self.note_reminders(before)

    @precondition(lambda self: len(self.oracle.reports) > 4)
    @rule(key=KEYS)
    def withdraw(self, key: str | None) -> None:
        if self.command("withdraw", key, None) == "recorded":
            self.withdrawn = True

    @rule(number=st.integers(0, 1_000), state=st.sampled_from(["sent", "failed", "bounced", "unknown", "cancelled"]))
    def settle(self, number: int, state: Any) -> None:
        if mails := self.practice.mails:
            due = self.shown.due_at
            self.practice.settle(mails[number % len(mails)], state, "as it was")
            assert self.shown.due_at == due

    @rule(length=LENGTHS)
    def stand_still(self, length: timedelta) -> None:
        """Nothing runs for a while; then the clock is heeded, late."""
        self.practice.sleep(length)
        self.ring()

    @rule(length=LENGTHS)
    def oversleep_without_waking(self, length: timedelta) -> None:
        self.practice.sleep(length)

    @precondition(lambda self: self.shown.next_wakeup is not None)
    @rule()
    def wait_for_the_clock(self) -> None:
        ring = self.shown.next_wakeup
        assert ring is not None
        self.practice.now = max(ring, self.practice.now)
        self.ring()

    def ring(self) -> None:
        practice, before = self.practice, self.shown
        held = before.status == "on_hold"
        twice = [engine.wake(DATAPOINT, practice.onboarding, practice.now) for _ in range(2)]
        assert twice[0] == twice[1]
        effects = practice.wake()
        after = self.shown
        assert (after.status, after.stage, after.due_at) == (before.status, before.stage, before.due_at)
        assert after.next_wakeup is None or after.next_wakeup > practice.now
        settled = practice.onboarding
        assert practice.wake() == []
        assert practice.onboarding == settled
        mails = [effect for effect in effects if isinstance(effect, MailOrder)]
        people = Counter("inside" if mail.to in INSIDE else mail.email for mail in mails)
        assert not people or max(people.values()) == 1
        assert not (held and mails)
        for mail in mails:
            assert mail.stage == before.stage
            assert before.status == "open"
            if mail.kind.endswith("_reminder"):
                self.check_reminder(mail)
            if mail.kind == "escalation":
                limit = (before.stage, before.due_at)
                assert limit not in self.told_manager, "the escalation goes up, never down or round again"
                if mail.to == "manager":
                    self.told_manager.add(limit)

    def check_reminder(self, mail: MailOrder) -> None:
        local = mail.at.astimezone(PRACTICE.zone)
        assert local.weekday() < 5
        assert local.date() not in HOLIDAYS
        assert PRACTICE.opens <= local.time() < PRACTICE.closes
        assert (mail.email, local.date()) not in self.reminded, "a second reminder on one day"
        self.reminded.add((mail.email, local.date()))

    def note_reminders(self, before: Counter[str]) -> None:
        """Reminders that people had sent take the place of that day's own."""
        for mail in self.practice.mails[sum(before.values()) :]:
            if mail.kind.endswith("_reminder"):
                self.reminded.add((mail.email, mail.at.astimezone(PRACTICE.zone).date()))

    def command(self, name: str, key: str | None, expected: str | None, **given: Any) -> str:
        order = Command(by="sam", why="because", **given)

        def act(key: str | None) -> Turn:
            kept = self.practice.onboarding
            return command(DATAPOINT, kept, name, order.model_copy(update={"key": key}), self.practice.now)

        return self.step(act, key, "refused" if self.closed else expected)

    def step(self, act: Callable[[str | None], Turn], key: str | None, expected: str | None) -> str:
        """Takes a step twice, and once under a key; the answer must be as expected, where that is known."""
        before = self.practice.onboarding
        if key in self.answers:
            self.use_key_again(act, key)
            return "not done"
        try:
            turn = act(key)
        except Refused as refusal:
            assert expected in (None, "refused"), str(refusal)
            assert self.practice.onboarding is before
            assert str(refusal).endswith(".")
            return "refused"
        assert act(key) == turn
        receipt = self.practice.take(turn)
        assert expected in (None, receipt.outcome)
        assert self.practice.onboarding.turns - before.turns == (receipt.outcome == "recorded")
        if receipt.outcome == "already_known":
            assert (turn.onboarding, turn.effects) == (before, ())
        elif key:
            self.answers[key] = (act, receipt.text)
        return receipt.outcome

    def use_key_again(self, act: Callable[[str | None], Turn], key: str | None) -> None:
        before = self.practice.onboarding
        assert key is not None
        first, text = self.answers[key]
        turn = first(key)
        assert turn.receipt is not None
        assert (turn.receipt.outcome, turn.receipt.text) == ("already_known", text)
        assert (turn.onboarding, turn.effects) == (before, ())
        try:
            assert act(key).receipt == turn.receipt
        except Refused as refusal:
            assert str(refusal)

    @property
    def closed(self) -> bool:
        return self.withdrawn or self.oracle.stage == "connected"

    @property
    def shown(self) -> View:
        return self.practice.view()

    @invariant()
    def the_stage_is_what_the_facts_imply(self) -> None:
        seen = self.shown
        assert seen.stage == self.oracle.stage
        assert seen.entered_at == self.oracle.entered_at
        assert self.practice.standing.known.keys() == self.oracle.known
        assert self.oracle.known & LEGAL == self.oracle.reported & LEGAL
        assert (seen.status == "withdrawn") == self.withdrawn
        assert seen.closed == self.closed

    @invariant()
    def the_order_of_reports_changes_nothing(self) -> None:
        kept, seen = self.practice.onboarding, self.shown
        for facts in (list(reversed(kept.facts)), sorted(kept.facts, key=lambda fact: fact.name)):
            # Of two reports for one time the one that came later counts: that order is kept.
            for moment in {fact.at for fact in facts}:
                places = [place for place, fact in enumerate(facts) if fact.at == moment]
                same = sorted((facts[place] for place in places), key=lambda fact: fact.number)
                for place, fact in zip(places, same, strict=True):
                    facts[place] = fact
            renumbered = tuple(fact.model_copy(update={"number": number}) for number, fact in enumerate(facts, start=1))
            permuted = kept.model_copy(update={"facts": renumbered})
            assert view(DATAPOINT, permuted, self.practice.now) == seen
            timed = [(v.entered_at, v.left_at, v.due_at, v.breach_at) for v in stand(DATAPOINT, permuted).visits]
            assert timed == [(v.entered_at, v.left_at, v.due_at, v.breach_at) for v in self.practice.standing.visits]

    @invariant()
    def no_mail_goes_out_twice(self) -> None:
        keys = Counter(mail.key for mail in self.practice.mails)
        assert not keys or max(keys.values()) == 1
        assert [said.key for said in self.practice.onboarding.said] == [mail.key for mail in self.practice.mails]
        by_itself = Counter(self.practice.kinds) - self.said_again
        assert by_itself["queue_confirmation"] <= 1
        assert by_itself["data_received"] <= 1

    @invariant()
    def the_journal_is_numbered_without_gaps(self) -> None:
        numbers = [effect.number for effect in self.practice.effects if isinstance(effect, Entry)]
        assert numbers == list(range(1, self.practice.onboarding.entries + 1))

    @invariant()
    def deadline_and_state_of_it_agree(self) -> None:
        seen, visit = self.shown, self.practice.standing.visit
        limit = visit.deadline
        if seen.closed:
            assert (seen.sla, seen.due_at, seen.next_wakeup, seen.waiting_on) == ("none", None, None, None)
        elif limit is None:
            assert (seen.sla, seen.due_at) == ("none", None)
        elif seen.status == "on_hold":
            assert (seen.sla, seen.due_at) == ("paused", limit.due_at)
            assert seen.hold_until is not None
        else:
            assert limit.soon_at <= limit.due_at <= limit.breach_at
            breached, soon = self.practice.now >= limit.breach_at, self.practice.now >= limit.soon_at
            assert seen.sla == ("breached" if breached else "due_soon" if soon else "on_track")
            assert seen.due_at == limit.due_at
        assert self.practice.onboarding.team_calendar == TEAM

    @invariant()
    def the_practice_is_told_the_wait_that_is_kept(self) -> None:
        kept = self.practice.onboarding
        if self.shown.stage == "initial_import" and "agent_installed" in self.oracle.reported and not self.closed:
            told = self.practice.mails_of("import_begun")
            assert told
            if not kept.holds and not kept.extensions:
                promised = datetime.fromisoformat(told[-1].words["estimate"]["at"])
                assert promised.date() == self.practice.due_at().date()


Engine.TestCase.settings = settings(
    stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
TestEngine = Engine.TestCase
