"""The engine as a state machine: invariants that hold after every step of a random walk (`walk.py`).

`oracle.py` says what the stage must be.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant

from playbooks.datapoint import DATAPOINT
from playbooks.engine.onboarding import Entry
from playbooks.engine.stages import position_of
from playbooks.engine.view import view
from tests.playbooks.oracle import LEGAL
from tests.playbooks.practice import TEAM
from tests.playbooks.walk import Walk


class Engine(Walk):
    @invariant()
    def the_stage_is_what_the_facts_imply(self) -> None:
        seen = self.shown
        assert seen.stage == self.oracle.stage
        assert seen.entered_at == self.oracle.entered_at
        assert self.practice.position.facts.keys() == self.oracle.known
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
            timed = [(v.entered_at, v.left_at, v.due_at, v.breach_at) for v in position_of(DATAPOINT, permuted).visits]
            assert timed == [(v.entered_at, v.left_at, v.due_at, v.breach_at) for v in self.practice.position.visits]

    @invariant()
    def no_mail_goes_out_twice(self) -> None:
        keys = Counter(mail.key for mail in self.practice.mails)
        assert not keys or max(keys.values()) == 1
        assert [said.key for said in self.practice.onboarding.mails] == [mail.key for mail in self.practice.mails]
        by_itself = Counter(self.practice.kinds) - self.said_again
        assert by_itself["queue_confirmation"] <= 1
        assert by_itself["data_received"] <= 1

    @invariant()
    def the_journal_is_numbered_without_gaps(self) -> None:
        numbers = [effect.number for effect in self.practice.effects if isinstance(effect, Entry)]
        assert numbers == list(range(1, self.practice.onboarding.entry_count + 1))

    @invariant()
    def deadline_and_state_of_it_agree(self) -> None:
        seen, visit = self.shown, self.practice.position.visit
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
    def the_practice_has_the_present_estimate(self) -> None:
        kept = self.practice.onboarding
        if self.shown.stage == "initial_import" and "agent_installed" in self.oracle.reported and not self.closed:
            told = self.practice.mails_of("import_begun")
            assert told
            if not kept.holds and not kept.extensions:
                promised = datetime.fromisoformat(told[-1].context["estimate"]["at"])
                assert promised.date() == self.practice.due_at().date()


Engine.TestCase.settings = settings(
    stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)
TestEngine = Engine.TestCase
