"""A random walk through an onboarding: facts in any order, repeated, backdated, retracted; commands; late timers.

Every step checks its answer, and that it gets the same answer twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from playbooks.datapoint import DATAPOINT
from playbooks.engine import steps
from playbooks.engine.commands import AFTER_THE_END, command
from playbooks.engine.onboarding import Command, MailOrder, Onboarding, Report
from playbooks.engine.transition import Refused, Result
from playbooks.engine.view import View
from tests.playbooks.oracle import FOLLOWS, Oracle
from tests.playbooks.practice import ALL, ANA, HOLIDAYS, MONDAY, PRACTICE, TOM, UMA, Practice, days, hours

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
Act = Callable[[str | None], Result]
INSIDE = ("assignee", "team", "manager")


class Walk(RuleBasedStateMachine):
    @initialize(
        start=st.sampled_from([MONDAY, MONDAY - days(2), MONDAY + hours(63), MONDAY - days(15)]),
        # Sometimes far along, or all random walks would end near the beginning.
        told=st.one_of(st.just([]), st.permutations(ALL[:-1]), st.lists(st.sampled_from(ALL), unique=True)),
    )
    def begin(self, start: datetime, told: list[str]) -> None:
        self.practice = Practice(now=start)
        self.oracle = Oracle(start, [])
        self.withdrawn = False
        self._shown: tuple[Onboarding, datetime, View] | None = None
        self.said_again: Counter[str] = Counter()
        self.reminded: set[tuple[str | None, date]] = set()
        self.told_manager: set[tuple[str, datetime | None]] = set()
        self.answers: dict[str, tuple[Act, object, str]] = {}
        for name in told:
            self.report(name, 0, None, None)

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

        def act(key: str | None) -> Result:
            kept = self.practice.onboarding
            return steps.record(DATAPOINT, kept, name, report.model_copy(update={"key": key}), self.practice.now)

        if self.step(act, (name, report), key, expected) == "recorded":
            self.oracle.add(name, data, at or now)

    @rule(number=st.integers(0, 2), payload=st.integers(0, 3))
    def report_what_is_missing(self, number: int, payload: int) -> None:
        if missing := self.shown.missing:
            self.report(missing[number % len(missing)], payload, None, None)

    @rule(number=st.integers(0, 1_000))
    def report_again(self, number: int) -> None:
        valid = [each for name in FOLLOWS for each in self.oracle.valid(name)]
        if valid:
            again = valid[number % len(valid)]
            report = Report(data=again.data, by="somebody else", at=again.at)
            before = self.practice.onboarding
            turn = steps.record(DATAPOINT, before, again.name, report, self.practice.now)
            assert turn.receipt and turn.receipt.outcome == "already_known"
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

    @rule(
        role=st.sampled_from(["primary_contact", "technical_contact"]), length=st.one_of(st.none(), LENGTHS), key=KEYS
    )
    def quiet(self, role: str, length: timedelta | None, key: str | None) -> None:
        self.command("quiet", key, None, role=role, until=None if length is None else self.practice.now + length)

    @rule(assignee=st.sampled_from(["sam", "kim"]), key=KEYS)
    def reassign(self, assignee: str, key: str | None) -> None:
        self.command("reassign", key, None, assignee=assignee)

    @rule(email=st.sampled_from([ANA, "ana2@riverside.test", TOM]), key=KEYS)
    def correct(self, email: str, key: str | None) -> None:
        before = Counter(self.practice.kinds)
        self.command("correct_contact", key, None, contact={"email": email})
        assert not self.closed or Counter(self.practice.kinds) == before
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
            mail, due, before = mails[number % len(mails)], self.shown.due_at, Counter(self.practice.kinds)
            self.practice.settle(mail, state, "as it was")
            assert self.shown.due_at == due
            for again in self.practice.mails[sum(before.values()) :]:
                assert state in ("failed", "bounced")
                assert (again.kind, again.to) == (mail.kind, "primary_contact")
                assert again.email == self.practice.onboarding.primary_contact.email != mail.email
            again_kinds = Counter(self.practice.kinds) - before
            assert sum(again_kinds.values()) in (0, 1)
            self.said_again += again_kinds
            self.note_reminders(before)

    @rule(length=LENGTHS)
    def stand_still(self, length: timedelta) -> None:
        """Lets time pass in a downtime, then fires the timers, late."""
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
        twice = [steps.wake(DATAPOINT, practice.onboarding, practice.now) for _ in range(2)]
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
        assert self.practice.onboarding.reminders_off_until.get(mail.email or "", mail.at) <= mail.at, (
            "a reminder during a pause"
        )
        self.reminded.add((mail.email, local.date()))

    def note_reminders(self, before: Counter[str]) -> None:
        """A reminder that a person had sent replaces that of the day."""
        for mail in self.practice.mails[sum(before.values()) :]:
            if mail.kind.endswith("_reminder"):
                self.reminded.add((mail.email, mail.at.astimezone(PRACTICE.zone).date()))

    def command(self, name: str, key: str | None, expected: str | None, **given: Any) -> str:
        order = Command(by="sam", why="because", **given)

        def act(key: str | None) -> Result:
            kept = self.practice.onboarding
            return command(DATAPOINT, kept, name, order.model_copy(update={"key": key}), self.practice.now)

        return self.step(act, (name, order), key, "refused" if self.closed and name not in AFTER_THE_END else expected)

    def step(self, act: Act, what: object, key: str | None, expected: str | None) -> str:
        """Takes a step twice, and once under a key; checks the answer if an expected one is given."""
        before = self.practice.onboarding
        if key and key in self.answers:
            self.use_key_again(act, what, key)
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
        assert self.practice.onboarding.version - before.version == (receipt.outcome == "recorded")
        if receipt.outcome == "already_known":
            assert (turn.onboarding, turn.effects) == (before, ())
        elif key:
            self.answers[key] = (act, what, receipt.text)
        return receipt.outcome

    def use_key_again(self, act: Act, what: object, key: str) -> None:
        before, (first, told, text) = self.practice.onboarding, self.answers[key]
        turn = first(key)
        assert turn.receipt and (turn.receipt.outcome, turn.receipt.text) == ("already_known", text)
        assert (turn.onboarding, turn.effects) == (before, ())
        if what != told:
            with pytest.raises(Refused, match="was used for something else"):
                act(key)

    @property
    def closed(self) -> bool:
        return self.withdrawn or self.oracle.stage == "connected"

    @property
    def shown(self) -> View:
        """The view of the onboarding as it is now: worked out once, for all that is asked between two steps."""
        kept, now = self.practice.onboarding, self.practice.now
        if self._shown is None or self._shown[0] is not kept or self._shown[1] != now:
            self._shown = kept, now, self.practice.view()
        return self._shown[2]
