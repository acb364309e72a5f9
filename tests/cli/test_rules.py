"""The commands that need no server: a playbook's rules, a rehearsal, the calendar."""

from __future__ import annotations

import json
import re

import pytest

from playbooks.datapoint import DATAPOINT
from tests.cli.shell import Shell, practice_file, processor_time

WITH_A_MONDAY = {**practice_file("riverside"), "requested_at": "2026-11-20T15:00:00-06:00"}


def test_a_playbook_is_printed_in_tables_that_fit_a_page(alone: Shell) -> None:
    told = alone.ok("playbook", "datapoint").out
    assert max(map(len, told.splitlines())) <= 100
    for name in (*(stage.name for stage in DATAPOINT.stages), *(fact.name for fact in DATAPOINT.facts)):
        assert name in told
    for kind in DATAPOINT.mail_kinds:
        assert kind in told
    assert "within 1 business day" in told
    assert "legal: never implied" in told


def test_a_playbook_as_json(alone: Shell) -> None:
    told = alone.ok("playbook", "datapoint", "--json").json
    assert [stage["name"] for stage in told["stages"]] == [stage.name for stage in DATAPOINT.stages]
    assert told["stages"][1] | {"asks": "", "chase": ""} == {
        "name": "invitation",
        "title": "Invitation from DataPoint",
        "waits_on": "DataPoint",
        "deadline": "within 48 hours",
        "ends_when": ["invitation_sent"],
        "by_the_clock": [],
        "asks": "",
        "chase": "",
        "source": "DP3",
    }
    eula = next(fact for fact in told["facts"] if fact["name"] == "eula_accepted")
    assert eula["legal"] is True
    assert eula["fields"] == [
        {"name": "version", "type": "string", "required": True},
        {"name": "accepted_by", "type": "string", "required": True},
    ]
    assert {mail["kind"] for mail in told["mails"]} == set(DATAPOINT.mail_kinds)


def test_a_diagram_has_every_stage_and_every_arrow(alone: Shell) -> None:
    drawn = alone.ok("playbook", "datapoint", "--diagram").out
    assert drawn.startswith("flowchart TD\n")
    for stage in DATAPOINT.stages:
        assert re.search(rf'^    {stage.name}\["<b>.*"\]:::(us|partner|practice|over)$', drawn, re.MULTILINE)
    for before, after in zip(DATAPOINT.stages, DATAPOINT.stages[1:], strict=False):
        assert f'    {before.name} -->|"{"<br/>".join(before.until)}"| {after.name}\n' in drawn


def test_a_playbook_as_markdown(alone: Shell) -> None:
    lines = alone.ok("playbook", "datapoint", "--markdown").out.splitlines()
    assert "| Stage | Waits on | Deadline | Ends when |" in lines
    assert "| queue_entry | the onboarding team | within 1 business day | queued |" in lines


def test_the_list_of_playbooks(alone: Shell) -> None:
    assert "datapoint" in alone.ok("playbook").out
    assert alone.ok("playbook", "--json").json[0]["name"] == "datapoint"


def test_a_rehearsal_prints_every_mail_and_deadline_in_time(alone: Shell) -> None:
    file = alone.write("practice.json", WITH_A_MONDAY)
    with processor_time() as least:
        alone.executing.ok("playbook", "datapoint")
    with processor_time() as took:
        told = alone.executing.ok("rehearse", "datapoint", file).out
    dates = re.findall(r"^\w{3} \d\d? \w{3} \d{4}, \d\d:\d\d C[SD]T$", told, re.MULTILINE)
    assert dates[0] == "Fri 20 Nov 2026, 15:00 CST"
    assert len(dates) == len(set(dates))
    assert "Entry in DataPoint's queue: waiting on the onboarding team, due Mon 23 Nov 2026, 15:00 CST" in told
    assert "✉ queue_confirmation to Dana Reyes <dana@riverside.test>" in told
    assert "│ Hello Dana Reyes," in told
    assert "overdue" not in told.partition("Also, when")[0]
    assert "Also, when data_received is recorded while eula_accepted is not" in told
    assert max(map(len, told.splitlines())) <= 100
    # About a second on a machine with nothing else to do, and three times what it takes to tell the rules.
    assert took.seconds < 8 * least.seconds


def test_a_rehearsal_as_json_has_the_mails_in_time(alone: Shell) -> None:
    told = alone.ok("rehearse", "datapoint", "-", "--json", stdin=json.dumps(WITH_A_MONDAY)).json
    assert (told["playbook"], told["practice"], told["late"]) == ("datapoint", "riverside", False)
    mails = [scene["mail"]["kind"] for scene in told["story"] if scene["kind"] == "mail"]
    assert mails == ["queue_confirmation", "technical_briefing", "import_begun", "data_received"]
    assert [scene["at"] for scene in told["story"]] == sorted(scene["at"] for scene in told["story"])
    assert [mail["mail"]["kind"] for mail in told["besides"]] == ["data_without_eula"]
    stages = [scene for scene in told["story"] if scene["kind"] == "stage"]
    assert len(stages) == len(DATAPOINT.stages)
    assert stages[0]["due_at"] == "2026-11-23T15:00:00-06:00"


def test_both_rehearsals_together_contain_every_mail_of_the_playbook(alone: Shell) -> None:
    file = alone.write("practice.json", WITH_A_MONDAY)
    kinds = set()
    for late in ([], ["--late"]):
        told = alone.ok("rehearse", "datapoint", file, "--json", *late).json
        scenes = [scene for scene in (*told["story"], *told["besides"]) if scene["kind"] == "mail"]
        assert all(scene["mail"]["text"] and scene["mail"]["error"] is None for scene in scenes)
        kinds |= {scene["mail"]["kind"] for scene in scenes}
    assert kinds == set(DATAPOINT.mail_kinds)


def test_a_late_rehearsal_escalates_every_deadline(alone: Shell) -> None:
    told = alone.ok("rehearse", "datapoint", "-", "--late", "--json", stdin=json.dumps(WITH_A_MONDAY)).json
    escalated = [scene["mail"] for scene in told["story"] if scene["kind"] == "mail" and scene["text"] == "escalation"]
    targets = [stage for stage in DATAPOINT.stages if stage.target]
    assert [mail["role"] for mail in escalated] == ["assignee", "manager"] * len(targets)


def test_a_rehearsal_needs_a_practice_file(alone: Shell) -> None:
    assert alone.refused("rehearse", "nope", "-").startswith("There is no playbook 'nope'")
    assert alone.refused("rehearse", "datapoint", "missing.json").startswith("There is no file missing.json")
    assert alone.refused("rehearse", "datapoint", "-", stdin="{").startswith("The practice file is not JSON")


def test_calendar_due_prints_a_line_a_day(alone: Shell) -> None:
    words = (
        "calendar due --start 2026-11-25T15:00 --business-days 1 --time-zone America/Chicago --country US --state IL"
    )
    told = alone.ok(*words.split()).out.splitlines()
    assert told == [
        "Wed 2026-11-25  before the start until 15:00, runs 15:00-24:00 (9 h; 9 of 24 h used)",
        "Thu 2026-11-26  stands still: holiday (Thanksgiving Day)",
        "Fri 2026-11-27  runs 00:00-15:00 (15 h; 24 of 24 h used) - due 15:00",
        "Due Fri 27 Nov 2026, 15:00 CST, 2026-11-27T15:00:00-06:00 in America/Chicago",
    ]
    answer = alone.ok(*words.split(), "--json").json
    assert answer == {
        "start": "2026-11-25T15:00:00-06:00",
        "due": "2026-11-27T15:00:00-06:00",
        "explanation": told[:3],
    }


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("--start tomorrow --hours 1 --time-zone UTC", "'tomorrow' is not a time; write it like"),
        ("--start 2026-03-08T02:30 --hours 1 --time-zone America/Chicago", "does not exist in America/Chicago"),
        ("--start 2026-11-27 --hours 1 --time-zone America/Chicagoo", "did you mean America/Chicago?"),
        ("--start 2026-11-27 --hours 0 --time-zone UTC", "more than zero hours"),
        ("--start 2026-11-27 --business-days -1 --time-zone UTC", "at least one business day"),
        ("--start 2026-11-27 --business-days 1 --time-zone UTC --country Atlantis", "There is no country 'Atlantis'"),
        ("--start 2026-11-27 --business-days 1 --time-zone UTC --state IL", "needs its country"),
        (
            "--start 2026-11-27 --business-days 1 --time-zone UTC --country US --state ZZ",
            "There is no state of US 'ZZ'",
        ),
        ("--start 9999-12-31 --hours 48 --time-zone UTC", "9999"),
    ],
)
def test_calendar_due_refuses_in_a_sentence(alone: Shell, words: str, sentence: str) -> None:
    assert sentence in alone.refused("calendar", "due", *words.split())


def test_many_business_days_count_all_holidays(alone: Shell) -> None:
    words = "calendar due --start 2026-01-01T09:00 --business-days 1000 --time-zone America/Chicago --country US --json"
    told = alone.ok(*words.split()).json["explanation"]
    assert not any("known only until" in line for line in told)


def test_settings_show_what_is_in_force_and_no_secret(alone: Shell) -> None:
    variables = {"ONBOARD_DATABASE_URL": "postgresql://u:hidden@h/x", "ONBOARD_TEAM_ADDRESS": "team@pharmacy.test"}
    (alone.folder / "onboard.toml").write_text('PHARMACY_NAME = "Toml Pharmacy"\n')
    found = alone.ok("settings", "--json", **variables).json
    assert found["team_address"] == {"value": "team@pharmacy.test", "from": "variable"}
    assert found["pharmacy_name"] == {"value": "Toml Pharmacy", "from": "onboard.toml"}
    assert found["team_time_zone"]["from"] == "default"
    assert found["database_url"] == {"value": "(set)", "from": "variable"}
    told = alone.ok("settings", **variables).out
    assert "team@pharmacy.test" in told
    assert "hidden" not in told
