"""A connected practice's feed, watched on real servers with time travel (DP10, DP7)."""

from __future__ import annotations

from datetime import timedelta

from tests.system.feeds import Feed


async def test_dp10_three_days_of_silence_open_a_reconnection(feed: Feed) -> None:
    await feed.connect()
    await feed.forward(timedelta(hours=71))
    assert (await feed.look()).state == "flowing"
    await feed.forward(timedelta(hours=2))
    lost = await feed.seen("reconnecting")
    assert lost.lost
    assert lost.lost.reason == "silent"
    shown = await feed.reconnection.show()
    assert (shown.stage, shown.waiting_on, shown.status) == ("check", "technical_contact", "open")
    _, told = await feed.practice.mailbox.wait_for(f"lee@{feed.practice.id}.test", 2)
    assert "Please check four things" in str(told["Subject"])
