"""DP10 for random lives of a feed: no false and no missed loss, whatever the order of heartbeats and feeds."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal

from hypothesis import given, settings
from hypothesis import strategies as st

from playbooks.calendar.values import Pause
from playbooks.engine.transition import Refused
from playbooks.feed_watch import watch
from playbooks.feed_watch.values import Evidence, Heartbeat, Records
from tests.playbooks.feed import Feed
from tests.playbooks.practice import MONDAY, days, hours

What = Literal["beat", "deliver", "paused", "resumed", "nothing"]
Life = list[tuple[float, What]]

# Each event, and the hours since the one before.
lives: st.SearchStrategy[Life] = st.lists(
    st.tuples(
        st.floats(0.1, 120, allow_nan=False).map(lambda number: round(number, 1)),
        st.sampled_from(("beat", "beat", "beat", "deliver", "deliver", "paused", "resumed", "nothing")),
    ),
    max_size=25,
)
moments = st.floats(0, 400).map(lambda number: MONDAY + hours(round(number, 2)))


def lived(life: Life, evidence: Evidence | None = None) -> Feed:
    feed = Feed(evidence=evidence or Evidence())
    for pause, what in life:
        feed.live(hours(pause))
        if what == "beat":
            feed.beat()
        elif what == "deliver":
            feed.deliver(changed_at=feed.now)
        elif what != "nothing":
            try:
                feed.order(what)
            except Refused:
                assert what == "resumed"
    return feed


@given(lives)
def test_there_is_a_loss_if_and_only_if_there_was_silence(life: Life) -> None:
    feed = lived(life)
    for effect in feed.losses:
        lost = effect.lost
        silent = lost.at - lost.heard_at >= hours(72)
        assert silent if lost.reason == "silent" else lost.at - lost.feed_at >= days(4)
    last = feed.now
    feed.live(days(10))
    if feed.state == "paused":
        assert all(effect.lost.at <= last for effect in feed.losses)
    else:
        assert feed.state == "reconnecting", "ten days without a word are noticed"
        assert feed.losses[-1].lost.at <= max(last, feed.losses[-1].lost.heard_at + hours(72)) + hours(0.1)


@given(lives)
def test_wakeups_do_not_repeat_without_effect(life: Life) -> None:
    feed = lived(life)
    ring = watch.next_wakeup(feed.watch)
    assert ring is None or ring > feed.now
    before = feed.watch
    feed.ring()
    assert feed.watch.model_copy(update={"version": before.version}) == before


@given(lives, st.floats(1, 300), st.floats(1, 300))
@settings(max_examples=50)
def test_there_is_a_loss_after_72_hours_outside_our_outages(life: Life, begin: float, length: float) -> None:
    gap = Pause(start=MONDAY + hours(begin), end=MONDAY + hours(begin + length))
    feed = lived(life, Evidence(outages=(gap,)))
    for lost in (effect.lost for effect in feed.losses if effect.lost.reason == "silent"):
        outages = max(timedelta(), min(lost.at, gap.end) - max(lost.heard_at, gap.start))
        assert lost.at - lost.heard_at - outages >= hours(72)


@given(st.lists(st.tuples(st.sampled_from((Heartbeat, Records)), moments), max_size=12), st.randoms())
def test_the_order_and_repetition_of_signs_do_not_matter(
    signs: list[tuple[type[Heartbeat] | type[Records], datetime]], chance: object
) -> None:
    made = [Heartbeat(at=at) if kind is Heartbeat else Records(at=at, changed_at=at, clients=1) for kind, at in signs]
    shuffled = [*made, *made]
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    ends = []
    for order in (made, shuffled):
        feed = Feed(now=MONDAY + days(20))
        for sign in order:
            feed.take(watch.record_sign_of_life(feed.watch, sign, feed.now))
        ends.append((feed.watch.agent_at, feed.watch.feed_at, feed.watch.changed_at, feed.state))
    assert ends[0] == ends[1]
