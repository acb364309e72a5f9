"""The commands for one onboarding: start, show, record and the others."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tests.cli.shell import Shell, Start, eventually, practice_file


def listed(shell: Shell, *arguments: str, until: Callable[[Any], bool] = bool) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = eventually(shell, "list", *arguments, until=until)
    return found


def test_a_practice_is_started_and_shown(onboard: Shell) -> None:
    file = onboard.write("practice.json", practice_file("shown-vet"))
    assert onboard.ok("start", "datapoint", file, "--json").json == {
        "id": "datapoint/shown-vet",
        "outcome": "recorded",
        "text": "Started datapoint/shown-vet.",
        "stage": "queue_entry",
        "status": "open",
    }
    seen = onboard.ok("show", "datapoint/shown-vet", "--json").json
    wanted = {
        "id": "datapoint/shown-vet",
        "playbook": "datapoint",
        "status": "open",
        "stage": "queue_entry",
        "waiting_on": "team",
        "facts": [],
        "mails": [],
    }
    assert {name: seen[name] for name in wanted} == wanted
    assert seen["practice"]["id"] == "shown-vet"
    assert datetime.fromisoformat(seen["entered_at"]) == datetime.fromisoformat(seen["requested_at"])
    assert seen["sla"] == "on_track"
    assert set(seen["next"]) == {"what", "at"}
    assert all(datetime.fromisoformat(seen[name]).utcoffset() is not None for name in ("requested_at", "now"))
    told = onboard.ok("show", "datapoint/shown-vet").out
    assert max(map(len, told.splitlines())) <= 100
    assert "Practice shown-vet · datapoint/shown-vet" in told
    assert "●  Entry in DataPoint's queue" in told
    assert "○  Connected" in told


def test_a_practice_that_was_requested_earlier_is_shown_with_its_own_dates(onboard: Shell) -> None:
    content = {**practice_file("early-vet"), "requested_at": "2026-11-20T15:00:00-06:00"}
    onboard.ok("start", "datapoint", onboard.write("practice.json", content))
    seen = onboard.ok("show", "datapoint/early-vet", "--json").json
    assert (seen["stage"], seen["status"], seen["facts"]) == ("queue_entry", "open", [])
    assert datetime.fromisoformat(seen["entered_at"]) == datetime.fromisoformat("2026-11-20T15:00-06:00")
    assert datetime.fromisoformat(seen["due_at"]) == datetime.fromisoformat("2026-11-23T15:00-06:00")
    assert seen["sla"] == "breached"
    assert "since Fri 20 Nov 2026, 15:00 CST" in onboard.ok("show", "datapoint/early-vet").out


def test_a_practice_cannot_be_open_twice(onboard: Shell, practice: Start) -> None:
    identity = practice()
    file = onboard.write("practice.json", practice_file(identity.partition("/")[2]))
    said = onboard.refused("start", "datapoint", file)
    assert said == f"{identity} is open already; see it with: onboard show {identity}"


def test_facts_are_recorded_and_a_repeat_is_already_known(onboard: Shell, practice: Start) -> None:
    identity = practice()
    assert "Recorded" in onboard.ok("record", identity, "queued").out
    again = onboard.ok("record", identity, "queued", "--json").json
    assert (again["id"], again["outcome"], again["stage"]) == (identity, "already_known", "invitation")
    onboard.ok("record", identity, "eula_accepted", "version=3.1", "accepted_by=Dana Reyes", "--by", "Dana")
    conflict = onboard.refused("record", identity, "eula_accepted", "version=3.2", "accepted_by=Dana Reyes")
    assert "which this report contradicts" in conflict
    assert f"onboard retract {identity} eula_accepted" in conflict
    seen = onboard.ok("show", identity, "--json").json
    assert seen["stage"] == "registration"
    facts = {fact["name"]: fact for fact in seen["facts"]}
    assert facts["eula_accepted"]["by"] == "Dana"
    assert facts["eula_accepted"]["data"] == {"version": "3.1", "accepted_by": "Dana Reyes"}
    assert facts["invitation_sent"]["implied_by"] == "eula_accepted"
    assert facts["queued"]["by"] == "ana"


def test_at_is_in_the_teams_zone(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued", "--at", "2026-11-20T09:00")
    [fact] = onboard.ok("show", identity, "--json").json["facts"]
    assert datetime.fromisoformat(fact["at"]) == datetime.fromisoformat("2026-11-20T09:00-06:00")
    future = onboard.refused("record", identity, "invitation_sent", "--at", "2090-01-01T00:00Z")
    assert "is in the future" in future
    assert "'soon' is not a time" in onboard.refused("record", identity, "invitation_sent", "--at", "soon")


def test_two_calls_with_one_key_act_once(onboard: Shell, practice: Start) -> None:
    identity = practice()
    call = ("record", identity, "technical_contact_designated", "--data", '{"name": "Sam", "email": "sam@it.test"}')
    assert onboard.ok(*call, "--key", "k1", "--json").json["outcome"] == "recorded"
    again = onboard.ok(*call, "--key", "k1").out
    assert "Technical contact named".lower() in again.lower()
    assert len(onboard.ok("show", identity, "--json").json["facts"]) == 1
    other = onboard.refused("record", identity, "queued", "--key", "k1")
    assert "The key 'k1' was used for something else" in other


def test_a_fact_is_retracted(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    taken_back = onboard.ok("retract", identity, "queued", "--why", "another practice", "--json").json
    assert (taken_back["outcome"], taken_back["stage"]) == ("recorded", "queue_entry")
    assert "'queued' has been taken back already" in onboard.refused("retract", identity, "queued", "--why", "again")
    [fact] = onboard.ok("show", identity, "--json").json["facts"]
    assert fact["retracted"] is True
    assert fact["taken_back"]["why"] == "another practice"
    assert "taken back by ana: another practice" in onboard.ok("show", identity).out


def test_retracting_lists_the_mails_that_were_sent(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    eventually(onboard, "show", identity, until=lambda seen: [mail["state"] for mail in seen["mails"]] == ["sent"])
    told = onboard.ok("retract", identity, "queued", "--why", "another practice").out
    assert "The mail “queue confirmation” to dana@" in told
    assert "was sent because of it and cannot be recalled." in told
    assert "cannot be recalled" in " ".join(onboard.ok("show", identity).out.split())


def test_hold_and_resume(onboard: Shell, practice: Start) -> None:
    identity = practice()
    held = onboard.ok("hold", identity, "--until", "2030-01-31", "--why", "renovation").out
    assert "On hold until Thu 31 Jan 2030, 00:00 CST" in held
    seen = onboard.ok("show", identity, "--json").json
    assert (seen["status"], seen["sla"]) == ("on_hold", "paused")
    assert datetime.fromisoformat(seen["hold_until"]) == datetime.fromisoformat("2030-01-31T00:00-06:00")
    assert "has passed; the hold must end in the future" in onboard.refused(
        "hold", identity, "--until", "2020-01-01", "--why", "renovation"
    )
    assert onboard.ok("resume", identity, "--why", "done", "--json").json["status"] == "open"
    assert "is not on hold" in onboard.refused("resume", identity, "--why", "done")


def test_a_deadline_is_extended(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("extend", identity, "--until", "2030-02-01T12:00", "--why", "agreed")
    due_at = datetime.fromisoformat(onboard.ok("show", identity, "--json").json["due_at"])
    assert due_at == datetime.fromisoformat("2030-02-01T12:00-06:00")
    onboard.ok("record", identity, "eula_accepted", "version=1", "accepted_by=Dana")
    assert "no deadline at the stage 'registration'" in onboard.refused(
        "extend", identity, "--until", "2030-02-01", "--why", "agreed"
    )


def test_the_contact_is_corrected(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("correct-contact", identity, "--email", "new@dana.test", "--phone", "312 555 0101", "--why", "typo")
    contact = onboard.ok("show", identity, "--json").json["primary_contact"]
    assert contact == {"name": "Dana Reyes", "email": "new@dana.test", "phone": "312 555 0101"}
    assert "'nowhere' is not an e-mail address" in onboard.refused(
        "correct-contact", identity, "--email", "nowhere", "--why", "typo"
    )


def test_the_practice_is_corrected(onboard: Shell, practice: Start) -> None:
    identity = practice()
    moved = ("--time-zone", "America/New_York", "--state", "NY", "--why", "They moved")
    assert "to America/New_York" in onboard.ok("correct-practice", identity, *moved).out
    assert onboard.ok("show", identity, "--json").json["practice"]["time_zone"] == "America/New_York"
    assert "There is no state of US 'ZZ'" in onboard.refused(
        "correct-practice", identity, "--state", "ZZ", "--why", "x"
    )


def test_it_is_reassigned(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("reassign", identity, "--to", "bo", "--why", "holidays")
    assert onboard.ok("show", identity, "--json").json["assignee"] == "bo"
    assert "is assigned to bo already" in onboard.refused("reassign", identity, "--to", "bo", "--why", "holidays")
    stranger = onboard.refused("reassign", identity, "--to", "kim", "--why", "holidays")
    assert "There is no colleague 'kim'; choose one of ana, bo, yan, zoe." in stranger
    assert "There is no colleague 'anna'; did you mean ana?" in onboard.refused(
        "reassign", "--all-of", "bo", "--to", "anna", "--why", "holidays"
    )
    assert onboard.ok("show", identity, "--json").json["assignee"] == "bo"
    assert "There is no hand-over 'nonsense'" in onboard.refused("reassign", "--back", "nonsense", "--why", "x")


def test_what_happened_is_in_the_journal(onboard: Shell, practice: Start) -> None:
    identity = practice()
    assert onboard.ok("note", identity, "They close at noon on Fridays").out.startswith("Your note is in the journal.")
    onboard.ok("note", identity, "--why", "And on Mondays", "--by", "bo")
    seen = eventually(onboard, "show", identity, "--journal", until=lambda found: len(found["journal"]) == 3)
    assert [(line["name"], line["by"], line["why"]) for line in seen["journal"]] == [
        ("start", "ana", None),
        ("note", "ana", "They close at noon on Fridays"),
        ("note", "bo", "And on Mondays"),
    ]
    assert "They close at noon on Fridays" in onboard.ok("show", identity, "--journal").out


def test_explain_says_on_whom_it_waits_since_when_and_what_comes_next(onboard: Shell, practice: Start) -> None:
    identity = practice()
    told = onboard.ok("explain", identity).out.splitlines()
    name = identity.partition("/")[2]
    assert told[0].startswith("To do now: Our turn. Ask DataPoint for a place in its queue.")
    assert told[1].startswith(f"Practice {name} is at “Entry in DataPoint's queue” since ")
    assert told[1].endswith(", waiting on the onboarding team.")
    assert told[2] == "It goes on when this is on record: In DataPoint's request queue."
    assert told[3].startswith("It is due ")
    assert told[4].startswith("Next automatic step, on ")
    assert "ana looks after it; the practice's contact is Dana Reyes" in told[-2]
    assert told[-1] == f"To record “In DataPoint's request queue”: onboard record {identity} queued --by NAME"
    assert onboard.ok("explain", identity, "--json").json.keys() == {"id", "explanation"}


def test_a_withdrawn_one_takes_nothing_new_and_is_shown_for_ever(onboard: Shell, practice: Start) -> None:
    identity = practice()
    onboard.ok("record", identity, "queued")
    assert onboard.ok("withdraw", identity, "--why", "sold", "--json").json["status"] == "withdrawn"
    said = onboard.refused("record", identity, "invitation_sent")
    assert "was withdrawn; start a new onboarding for the practice" in said
    assert onboard.ok("record", identity, "queued", "--json").json["outcome"] == "already_known"
    assert "was withdrawn" in onboard.refused("hold", identity, "--until", "2030-01-01", "--why", "x")
    [row] = listed(onboard, "--status", "withdrawn", "--search", identity)
    assert (row["id"], row["status"]) == (identity, "withdrawn")
    seen = onboard.ok("show", identity, "--json").json
    assert (seen["status"], seen["next"], seen["due_at"]) == ("withdrawn", None, None)
    assert "by ana on" in onboard.ok("explain", identity).out
    file = onboard.write("practice.json", practice_file(identity.partition("/")[2]))
    onboard.ok("start", "datapoint", file)
    assert onboard.ok("show", identity, "--json").json["facts"] == []


def test_an_unknown_onboarding(onboard: Shell) -> None:
    for words in ("show", "explain", "record {} queued", "resume {} --why x", "fast-forward {} 1h"):
        call = words.format("datapoint/nobody") if "{}" in words else f"{words} datapoint/nobody"
        assert "'onboard list' shows" in onboard.refused(*call.split())


def test_the_list_is_filtered(onboard: Shell, practice: Start) -> None:
    first, second = practice(), practice()
    onboard.ok("record", second, "queued")
    onboard.ok("reassign", second, "--to", "bo", "--why", "split")
    both = f"{first},{second}".split(",")

    def found(*filters: str) -> list[str]:
        return [row["id"] for row in listed(onboard, *filters, until=lambda _: True) if row["id"] in both]

    listed(onboard, "--assignee", "bo", "--search", second)
    assert found("--stage", "invitation") == [second]
    assert found("--waiting-on", "team") == [first]
    assert found("--assignee", "bo") == [second]
    assert found("--status", "complete") == []
    assert sorted(found("--status", "all", "--playbook", "datapoint")) == sorted(both)
    assert found("--search", first.partition("/")[2].upper()) == [first]
    told = onboard.ok("list", "--search", second).out
    assert max(map(len, told.splitlines())) <= 100
    assert second in told
    assert "Times are in America/Chicago." in told
    assert "on track" in told
    ours = " ".join(onboard.ok("list", "--search", first).out.split())
    assert "our turn" in ours and "on track" not in ours
    assert len(onboard.ok("list", "--limit", "1", "--json").json) == 1
    assert "Showing the first 1; use --limit for more" in onboard.ok("list", "--limit", "1").out
    assert onboard.ok("list", "--search", "no such practice").out == "No onboarding matches.\n"


def test_without_by_the_login_is_used(onboard: Shell) -> None:
    onboard.ok("start", "datapoint", "-", stdin=json.dumps(practice_file("login-vet")), ONBOARD_BY="", LOGNAME="carol")
    seen = eventually(onboard, "show", "datapoint/login-vet", "--journal", until=lambda found: bool(found["journal"]))
    assert seen["journal"][0]["by"] == "carol"


def test_from_standard_input_and_with_unusual_names(onboard: Shell) -> None:
    content = practice_file("umlaut", name="Tierärzte [red]Ünal & Söhne[/] ✂")
    onboard.ok("start", "datapoint", "-", stdin="\ufeff" + json.dumps(content, ensure_ascii=False))
    assert "Tierärzte [red]Ünal & Söhne[/] ✂" in onboard.ok("show", "datapoint/umlaut").out
    assert onboard.ok("show", "datapoint/umlaut", PYTHONIOENCODING="ascii", PYTHONUTF8="0").status == 0
