"""Watched feeds at the command line: the list, one feed, a pause, silence and the end (DP10)."""

from __future__ import annotations

import json

import pytest

from tests.cli.shell import Shell, Start, eventually


@pytest.fixture
def connected(onboard: Shell, practice: Start) -> str:
    """The ID of a practice that has just been connected."""
    identity = practice()
    onboard.ok("record", identity, "eula_accepted", "version=1", "accepted_by=Dana")
    onboard.ok("record", identity, "practice_information_given")
    onboard.ok("record", identity, "technical_contact_designated", "name=Sam", "email=sam@it.test")
    onboard.ok("record", identity, "data_received", "clients=1200", "patients=2000")
    name = identity.partition("/")[2]
    eventually(onboard, "feeds", until=lambda found: any(feed["practice"] == name for feed in found))
    return name


def test_silence_is_listed_first_and_a_reconnection_is_named(onboard: Shell, connected: str) -> None:
    seen = onboard.ok("feed", connected, "--json").json
    assert (seen["state"], seen["reconnection"], seen["story"][0]["name"]) == ("flowing", None, "began")
    moved = onboard.ok("fast-forward", f"datapoint-feed/{connected}", "73h", "--json").json
    assert moved["id"] == f"datapoint-feed/{connected}"
    lost = eventually(onboard, "feed", connected, until=lambda found: found["state"] == "reconnecting")
    assert lost["reason"] == "silent"
    told = onboard.ok("feed", connected).out
    assert "the connection is lost" in told
    assert f"onboard show datapoint-reconnection/{connected}" in told
    shown = onboard.ok("show", lost["reconnection"], "--json").json
    assert (shown["stage"], shown["status"]) == ("check", "open")
    assert "Check that the server is on and online" in onboard.ok("explain", lost["reconnection"]).out
    listed = eventually(onboard, "feeds", "--state", "reconnecting", until=bool)
    assert connected in [feed["practice"] for feed in listed]
    assert "reconnecting" in onboard.ok("feeds").out


def test_a_pause_and_the_end(onboard: Shell, connected: str) -> None:
    receipt = onboard.ok("feeds", "pause", connected, "--why", "rebuilt", "--until", "2030-01-01", "--json").json
    assert (receipt["practice"], receipt["outcome"], receipt["state"]) == (connected, "recorded", "paused")
    assert "ana: rebuilt" in onboard.ok("feed", connected).out
    assert "is now flowing" in onboard.ok("feeds", "resume", connected, "--why", "open again").out
    assert "is not paused" in onboard.refused("feeds", "resume", connected, "--why", "again")
    assert "must end in the future" in onboard.refused(
        "feeds", "pause", connected, "--why", "x", "--until", "2020-01-01"
    )
    onboard.ok("feeds", "end", connected, "--why", "sold")
    ended = eventually(onboard, "feed", connected, until=lambda found: found["state"] == "ended")
    assert ended["why"] == "sold"
    assert "has left" in onboard.refused("feeds", "pause", connected, "--why", "x")


def test_dp7_the_technical_contact_is_replaced_while_data_flows(onboard: Shell, connected: str) -> None:
    said = onboard.ok("feeds", "contact", connected, "--name", "Bea", "--email", "bea@it.test", "--why", "Tom left").out
    assert "The technical contact is Bea now." in said
    assert "Bea, bea@it.test" in onboard.ok("feed", connected).out
    assert "already has these details" in onboard.refused(
        "feeds", "contact", connected, "--name", "Bea", "--email", "bea@it.test", "--why", "x"
    )
    assert "is not an e-mail address" in onboard.refused(
        "feeds", "contact", connected, "--name", "Bea", "--email", "bea", "--why", "x"
    )


def test_an_impossible_order_is_refused_in_a_sentence(onboard: Shell) -> None:
    assert "No feed of nobody-here is watched" in onboard.refused("feed", "nobody-here")
    assert "No feed of No Such is watched" in onboard.refused("feed", "No Such")
    assert "is unknown; give one of flowing" in onboard.refused("feeds", "--state", "asleep", status=2)
    assert json.loads(onboard.ok("feeds", "--state", "silent", "--json").out) == []
