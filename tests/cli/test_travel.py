"""`onboard fast-forward`, and the reports after it; `onboard doctor`."""

from __future__ import annotations

from datetime import datetime, timedelta

from machine.home import Home
from tests.cli.shell import Shell, Start, eventually


def test_a_deadline_passes_and_is_reported(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    before = datetime.fromisoformat(onboard.ok("show", identity, "--json").json["now"])
    moved = onboard.ok("fast-forward", identity, "49h", "--json").json
    assert (moved["id"], moved["stage"], moved["sla"]) == (identity, "invitation", "breached")
    assert datetime.fromisoformat(moved["now"]) - before >= timedelta(hours=49)
    told = onboard.ok("explain", identity).out
    assert "It was due " in told
    assert "and has been overdue for" in told
    assert "To do now: Overdue. Ask DataPoint whether the invitation went out" in told
    seen = eventually(onboard, "show", identity, until=lambda found: len(found["mails"]) == 3)
    kinds = sorted(mail["kind"] for mail in seen["mails"])
    assert kinds == ["escalation", "invitation_overdue", "queue_confirmation"]
    assert "overdue" in onboard.ok("show", identity).out
    [row] = eventually(onboard, "list", "--sla", "breached", "--search", identity, until=bool)
    assert row["id"] == identity
    assert eventually(onboard, "list", "--limit", "1", until=bool)[0]["sla"] == "breached"


def test_the_time_that_is_shown_is_that_of_the_moved_clock(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    onboard.ok("fast-forward", identity, "10h")
    shown = onboard.ok("show", identity, "--json").json
    assert datetime.fromisoformat(shown["now"]) - datetime.fromisoformat(shown["entered_at"]) >= timedelta(hours=10)
    onboard.ok("fast-forward", identity, "40h")
    assert "and has been overdue for 2 hours" in onboard.ok("explain", identity).out


def test_to_the_end_and_into_the_report(onboard: Shell, practice: Start) -> None:
    identity = practice(client_count=12_000)
    onboard.ok("record", identity, "eula_accepted", "version=1", "accepted_by=Dana")
    onboard.ok("record", identity, "practice_information_given")
    onboard.ok("record", identity, "technical_contact_designated", "name=Sam", "email=sam@it.test")
    assert "For " + identity in onboard.ok("fast-forward", identity, "1d12h").out
    onboard.ok("record", identity, "agent_installed")
    onboard.ok("fast-forward", identity, "2w")
    early = onboard.ok("show", identity, "--json").json
    assert (early["stage"], early["sla"] in ("on_track", "due_soon")) == ("initial_import", True)
    receipt = onboard.ok("record", identity, "data_received", "clients=12000", "patients=20000", "--json").json
    assert (receipt["stage"], receipt["status"]) == ("connected", "complete")
    [row] = eventually(onboard, "list", "--status", "complete", "--search", identity, until=bool)
    assert row["closed_at"] is not None
    assert "is complete: connected since" in onboard.ok("explain", identity).out
    assert "✔  Connected" in onboard.ok("show", identity).out
    assert "is complete; nothing more can be recorded" in onboard.refused("note", identity, "late")
    assert "is not open, so its clock cannot be moved" in onboard.refused("fast-forward", identity, "1h")

    report = onboard.ok("report", "--playbook", "datapoint", "--json").json
    assert set(report) == {"stages", "sides", "stuck", "totals"}
    assert report["totals"]["complete"] >= 1
    [stage] = [each for each in report["stages"] if each["stage"] == "initial_import"]
    assert stage["passed"] >= 1
    assert 13.5 * 24 <= stage["p90_hours"] <= 15 * 24
    told = onboard.ok("report").out
    assert max(map(len, told.splitlines())) <= 100
    for heading in ("Most time is lost at ", "Time in each stage", "Deadlines", "Where they are now"):
        assert heading in told
    assert onboard.ok("report", "--since", "2090-01-01", "--json").json["totals"]["started"] == 0


def test_a_clock_that_cannot_move_on_says_what_it_waits_for(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("mail", "pause", "--why", "trial")
    try:
        onboard.ok("record", identity, "queued")
        said = onboard.refused("fast-forward", identity, "49h", "--timeout", "2")
        assert "After 2 seconds the clock of" in said
        assert "send_mail (attempt" in said
        assert "all mail is paused" in said
    finally:
        onboard.ok("mail", "resume")
    eventually(onboard, "show", identity, until=lambda found: found["sla"] == "breached")


def test_without_time_travel_it_is_refused(onboard: Shell, system: Home, practice: Start) -> None:
    identity = practice()
    ready = system.ready.read_text()
    try:
        system.ready.write_text(ready.replace('"time_travel": true', '"time_travel": false'))
        said = onboard.refused("fast-forward", identity, "1h")
    finally:
        system.ready.write_text(ready)
    assert said == "Clocks cannot be moved here; start the system with 'onboard up --time-travel' for that."


def test_doctor_finds_nothing_wrong_with_a_running_system(onboard: Shell) -> None:
    found = onboard.ok("doctor", "--json").json
    assert found["ok"] is True
    assert all(check["ok"] for check in found["checks"])
    told = onboard.ok("doctor").out
    assert "temporal" in told


def test_doctor_says_what_is_wrong(alone: Shell) -> None:
    result = alone("doctor", "--json")
    assert (result.status, result.err) == (1, "")
    assert result.json["ok"] is False
    assert any("Nothing runs in" in check["sentence"] for check in result.json["checks"] if not check["ok"])
