"""DP10: when a silence counts as a loss, by the rules of a feed's watch."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from playbooks.calendar.values import Pause
from playbooks.engine.idempotency import KEYS_KEPT
from playbooks.engine.onboarding import Contact
from playbooks.engine.transition import Refused
from playbooks.feed_watch import watch
from playbooks.feed_watch.orders import order
from playbooks.feed_watch.values import (
    TECHNICAL_CONTACT,
    Evidence,
    Order,
    RefreshHolidays,
)
from tests.playbooks.feed import HANDOVER, Feed
from tests.playbooks.practice import MONDAY, PRACTICE, TEAM, THANKSGIVING, days, hours


def test_dp10_72_hours_without_any_sign_are_silence() -> None:
    feed = Feed()
    feed.live(hours(71.9))
    assert (feed.state, feed.losses) == ("flowing", [])
    feed.live(hours(0.2))
    [lost] = feed.losses
    assert (lost.lost.reason, lost.lost.at) == ("silent", MONDAY + hours(72))
    assert feed.state == "reconnecting"
    feed.live(days(30))
    assert len(feed.losses) == 1, "it is told once"


def test_dp10_heartbeats_over_a_long_weekend_are_no_loss() -> None:
    feed = Feed(now=datetime.combine(THANKSGIVING - days(1), MONDAY.timetz()))
    feed.deliver(changed_at=feed.now)
    # Thursday a holiday, then Friday, the weekend, and a quiet Monday.
    feed.live(days(5), beats=hours(6))
    assert (feed.state, feed.losses) == ("quiet", [])
    feed.deliver(changed_at=feed.now)
    assert feed.state == "flowing"


def test_dp10_heartbeats_without_a_feed_for_business_days_are_a_loss() -> None:
    feed = Feed()
    feed.live(days(3.9), beats=hours(6))
    assert feed.losses == []
    feed.live(days(0.2), beats=hours(6))
    assert [loss.lost.reason for loss in feed.losses] == ["no_records"]
    feed.live(days(2), beats=hours(6))
    assert feed.told == [], "its heartbeats are no news"
    feed.deliver()
    assert (feed.told, feed.state) == (["data_flowing"], "quiet")


def test_heartbeats_and_feeds_every_two_days_flow_for_years() -> None:
    feed = Feed()
    feed.live(days(3 * 365), beats=hours(12), delivers=hours(48))
    assert (feed.losses, feed.state, feed.story) == ([], "flowing", ["began"])


def test_a_heartbeat_after_a_loss_is_reported_once_and_data_ends_it() -> None:
    feed = Feed()
    feed.deliver()
    feed.live(hours(80))
    feed.beat()
    feed.now += hours(1)
    feed.beat()
    assert (feed.told, feed.state) == (["agent_seen"], "reconnecting")
    feed.deliver()
    assert (feed.told, feed.state) == (["agent_seen", "data_flowing"], "quiet")
    feed.live(hours(72.5))
    assert len(feed.losses) == 2, "the next loss is one of its own"


def test_a_feed_that_was_recorded_late_shows_that_nothing_was_lost() -> None:
    feed = Feed()
    feed.live(hours(72.5))
    feed.deliver(at=MONDAY + hours(60))
    assert feed.told == ["data_flowing"]
    feed.live(hours(1))
    assert feed.state != "reconnecting"


def test_silence_does_not_count_in_our_outages() -> None:
    feed = Feed()
    feed.evidence = Evidence(outages=(Pause(start=MONDAY + hours(10), end=MONDAY + hours(200)),))
    feed.now = MONDAY + hours(200)
    feed.ring()
    assert (feed.losses, feed.state) == ([], "quiet")
    feed.live(hours(61.9))
    assert feed.losses == []
    feed.live(hours(0.2))
    assert len(feed.losses) == 1, "72 hours in which we could hear"


def test_events_in_our_inbox_are_recorded_before_a_loss() -> None:
    feed = Feed()
    feed.evidence = Evidence(waiting=3)
    feed.live(hours(80))
    assert (feed.losses, feed.state) == ([], "silent")
    feed.evidence = Evidence()
    feed.beat(at=MONDAY + hours(70))
    feed.live(hours(1))
    assert (feed.losses, feed.state) == ([], "quiet")


def test_a_clock_ahead_does_not_hide_a_silence() -> None:
    feed = Feed()
    feed.beat(at=MONDAY + days(365))
    feed.live(hours(72.1))
    assert len(feed.losses) == 1


def test_a_pause_by_a_person_and_its_end() -> None:
    feed = Feed()
    feed.order("paused", until=MONDAY + days(20))
    feed.live(days(19))
    assert (feed.state, feed.losses) == ("paused", [])
    feed.live(days(1) + hours(71))
    assert (feed.state, feed.losses) == ("flowing", [])
    feed.live(hours(2))
    assert len(feed.losses) == 1
    assert feed.story == ["began", "paused", "resumed", "lost"]


def test_resuming_counts_anew_and_only_what_is_paused_can_be_resumed() -> None:
    feed = Feed()
    with pytest.raises(Refused, match="not paused"):
        feed.order("resumed")
    with pytest.raises(Refused, match="must end in the future"):
        feed.order("paused", until=MONDAY - hours(1))
    feed.order("paused")
    feed.live(days(100))
    assert feed.order("resumed", key="k").outcome == "recorded"
    assert feed.order("resumed", key="k").outcome == "already_known"
    assert feed.story == ["began", "paused", "resumed"]
    feed.live(hours(71))
    assert feed.losses == []


def test_a_practice_that_was_renamed_is_called_so() -> None:
    feed = Feed()
    named = Order(by="sam", why="They have moved", name="Riverside Animal Hospital")
    step, receipt = order(feed.watch, "renamed", named, feed.now)
    feed.take(step)
    assert receipt.text == "The practice is called Riverside Animal Hospital now."
    assert feed.watch.subject.practice.name == "Riverside Animal Hospital"
    for again in (named, Order(by="sam", why="x")):
        with pytest.raises(Refused, match="if it is not Riverside Animal Hospital"):
            order(feed.watch, "renamed", again, feed.now)


def test_a_key_that_was_used_for_another_order_is_refused() -> None:
    feed = Feed()
    feed.order("paused", until=MONDAY + days(3), key="k")
    before = feed.watch
    others: dict[str, dict[str, Any]] = {"paused": {"until": MONDAY + days(4)}, "resumed": {}, "ended": {"why": "Left"}}
    for name, given in others.items():
        with pytest.raises(Refused, match="The key 'k' was used for something else"):
            feed.order(name, key="k", **given)
    assert feed.watch == before
    assert feed.order("paused", until=MONDAY + days(3), key="k").outcome == "already_known"


def test_the_number_of_answers_is_limited() -> None:
    feed = Feed()
    for number in range(KEYS_KEPT + 5):
        feed.order("paused", key=f"k{number}")
    assert len(feed.watch.answers) == KEYS_KEPT
    assert feed.order("paused", key=f"k{KEYS_KEPT + 4}").outcome == "already_known"


def test_a_practice_that_has_left_is_watched_no_more() -> None:
    feed = Feed()
    feed.order("ended")
    assert watch.next_wakeup(feed.watch) is None
    feed.live(days(100))
    assert (feed.state, feed.losses) == ("ended", [])
    with pytest.raises(Refused, match="start a new onboarding"):
        feed.order("paused")


def test_dp7_the_contacts_of_a_reconnection_are_those_that_count_afterwards() -> None:
    feed = Feed()
    feed.live(hours(80))
    uma = Contact(name="Uma", email="uma@it.test")
    contacts = {**HANDOVER.contacts, TECHNICAL_CONTACT: uma}
    new = HANDOVER.model_copy(update={"contacts": contacts, "at": feed.now})
    feed.take(watch.connect_again(feed.watch, new, feed.now))
    assert feed.watch.subject.technical_contact == uma
    assert feed.state == "flowing", "a person said that it is connected again"
    feed.live(hours(72.1))
    assert len(feed.losses) == 2


def test_holidays_are_looked_up_again_before_they_run_out_and_once_where_none_are_known() -> None:
    feed = Feed()
    known = PRACTICE.model_copy(update={"known_until": (MONDAY + days(100)).date()})
    feed.take(watch.refresh(feed.watch, TEAM, known, MONDAY))
    feed.order("paused")
    feed.live(days(30))
    assert not any(isinstance(effect, RefreshHolidays) for effect in feed.effects)
    # As if the holiday library has none beyond.
    feed.place = known
    feed.live(days(365))
    assert sum(isinstance(effect, RefreshHolidays) for effect in feed.effects) == 1


def test_dp7_the_technical_contact_is_replaced_at_any_time() -> None:
    feed = Feed()
    bea = Contact(name="Bea", email="bea@it.test", phone="312 555 0155")
    given = Order(by="contact:ana", why="Tom has left", role=TECHNICAL_CONTACT, contact=bea)
    step, receipt = order(feed.watch, "contact", given, feed.now)
    feed.take(step)
    assert receipt.text == "The technical contact is Bea now."
    assert feed.watch.subject.technical_contact == bea
    feed.live(days(5))
    assert feed.watch.state == "reconnecting"
    with pytest.raises(Refused, match="a reconnection asks its contacts"):
        order(feed.watch, "contact", given, feed.now)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"role": "technical_contact"}, "Say who it is"),
        ({"role": "team", "contact": {"name": "Bea", "email": "bea@it.test"}}, "Say who it is"),
        (
            {"role": "technical_contact", "contact": {"name": "Tom", "email": "tom@it.test"}},
            "already has these details",
        ),
    ],
)
def test_a_change_of_contact_that_changes_nothing_is_refused(given: dict[str, Any], said: str) -> None:
    feed = Feed()
    with pytest.raises(Refused, match=said):
        order(feed.watch, "contact", Order(by="sam", why="x", **given), feed.now)
