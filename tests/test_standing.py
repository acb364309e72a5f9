"""What needs a person at one onboarding: the onboarding's own word counts before that of a journal that lags."""

from __future__ import annotations

from datetime import timedelta

from desk.attention.item import Action, AttentionItem, Kind
from desk.attention.status import calls, corrected
from tests.test_explain import Desk

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
