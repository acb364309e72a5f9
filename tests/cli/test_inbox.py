"""Events through the whole system, and retries of those that were not recorded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from standardwebhooks.webhooks import Webhook

from machine.home import Home
from partners.datapoint import write_event
from tests.cli.shell import Shell, Start, eventually, practice_file
from tests.patience import PATIENCE


@pytest.fixture
def send(system: Home) -> Callable[..., str]:
    """Sends an event as DataPoint does; returns its identifier."""
    webhook = Webhook((system.secrets / "datapoint_webhook_secret").read_text().strip())
    ready = system.read_ready()
    assert ready

    def sent(fact: str, practice: str, **data: object) -> str:
        now = datetime.now(UTC)
        body = write_event(fact, practice, data, now)
        id = f"evt-{fact}-{practice}"
        headers = {
            "webhook-id": id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": webhook.sign(id, now, body),
        }
        answer = httpx2.post(f"{ready['web']}/hooks/datapoint", content=body, headers=headers, timeout=PATIENCE)
        assert answer.status_code == 202, answer.text
        return id

    return sent


def becomes(shell: Shell, id: str, state: str) -> dict[str, Any]:
    """Waits until the event is in this state, and returns it."""
    found = eventually(
        shell, "inbox", "list", f"--state={state}", until=lambda seen: id in {each["event"] for each in seen}
    )
    [event] = [each for each in found if each["event"] == id]
    return dict(event)


def test_an_event_is_recorded_by_itself(onboard: Shell, practice: Start, send: Callable[..., str]) -> None:
    identity = practice()
    id = send("queued", identity.partition("/")[2])
    seen = eventually(onboard, "show", identity, until=lambda seen: seen["stage"] == "invitation")
    assert [fact["by"] for fact in seen["facts"]] == ["DataPoint"]
    becomes(onboard, id, "recorded")
    assert onboard.ok("inbox", "status", "--json").json["counts"]["recorded"] >= 1


def test_an_event_without_onboarding_is_kept_and_recorded_once_it_is_started(
    onboard: Shell, send: Callable[..., str]
) -> None:
    id = send("queued", "late-starter")
    becomes(onboard, id, "kept")
    assert "There is no onboarding datapoint/late-starter" in onboard.ok("inbox", "list", COLUMNS="200").out
    onboard.ok("start", "datapoint", "-", stdin=json.dumps(practice_file("late-starter")))
    becomes(onboard, id, "recorded")


def test_a_refused_event_can_be_retried(onboard: Shell, practice: Start, send: Callable[..., str]) -> None:
    identity = practice()
    accepted = {"version": "1", "accepted_by": "Dana"}
    onboard.ok("record", identity, "eula_accepted", "--data", json.dumps({**accepted, "version": "2"}))
    id = send("eula_accepted", identity.partition("/")[2], **accepted)
    event = becomes(onboard, id, "refused")
    assert "contradicts" in event["error"]
    onboard.ok("retract", identity, "eula_accepted", "--why", "DataPoint knows better")
    assert "1 event is tried again" in onboard.ok("inbox", "retry", str(event["number"])).out
    becomes(onboard, id, "recorded")
    assert onboard.ok("inbox", "retry", str(event["number"]), "--json").json == {"retried": 0}


def test_an_event_that_nobody_need_see_to_is_dismissed_with_a_reason(onboard: Shell, send: Callable[..., str]) -> None:
    id = send("queued", "never-a-client")
    number = str(becomes(onboard, id, "kept")["number"])
    assert "1 event is dismissed" in onboard.ok("inbox", "dismiss", number, "--why", "their test", "--by", "ana").out
    event = becomes(onboard, id, "dismissed")
    assert event["error"].startswith("Dismissed by ana: their test Before: There is no onboarding")
    assert id not in {each["event"] for each in onboard.ok("inbox", "list", "--json").json}
    assert onboard.ok("inbox", "retry", "--all", "--json").json == {"retried": 0}
    assert onboard.ok("inbox", "retry", number, "--json").json == {"retried": 1}, "to dismiss it can be taken back"
    becomes(onboard, id, "kept")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("retry",), "Name the events by their numbers"),
        (("retry", "1", "--all"), "Name the events by their numbers"),
        (("dismiss", "1"), "Say why"),
        (("list", "--state", "lost"), "--state 'lost' is unknown"),
    ],
)
def test_usage_errors(alone: Shell, words: tuple[str, ...], says: str) -> None:
    assert says in alone.refused("inbox", *words, status=2)
