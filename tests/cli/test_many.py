"""Many onboardings at once: started from a table, with the same fact recorded, reassigned."""

from __future__ import annotations

import re
import time

from tests.cli.shell import Shell, Start, processor_time
from tests.patience import PATIENCE

HEADER = "id,name,time_zone,country,state,client_count,contact_name,contact_email,assignee\n"
TABLE = (
    HEADER
    + """\
csv-cedar,"Cedar, Creek",America/Chicago,US,IL,1200,Jo Park,jo@cedar.test,bo
csv-zone,Bad Zone,Mars/Base,US,IL,,Jo,jo@x.test,
csv-mail,Bad Mail,America/Chicago,US,IL,,Jo,nowhere,
csv-short,Short,America/Chicago
csv-cedar,Cedar again,America/Chicago,US,IL,,Jo,jo@x.test,
csv-count,Bad Count,America/Chicago,US,IL,²,Jo,jo@x.test,
csv-harbor,"Harbor ""Pets, Inc.",America/New_York,US,NY,22000,Ann,ann@harbor.test,
"""
)


def test_valid_rows_are_started_and_each_invalid_one_is_reported(onboard: Shell) -> None:
    result = onboard("start", "datapoint", onboard.write("many.csv", TABLE), "--csv", "--json")
    assert result.status == 1
    assert result.err == "5 rows were refused; correct them and start only these again; the others have started.\n"
    assert result.json["started"] == ["datapoint/csv-cedar", "datapoint/csv-harbor"]
    refused = {each["line"]: (each["practice"], each["why"]) for each in result.json["refused"]}
    assert sorted(refused) == [3, 4, 5, 6, 7]
    assert refused[3] == (
        "csv-zone",
        "time_zone: There is no time zone 'Mars/Base'; give one such as America/Chicago.",
    )
    assert refused[4][1].startswith("contact_email: 'nowhere' is not an e-mail address")
    assert refused[5] == ("csv-short", "The row has 3 cells, the first line 9.")
    assert refused[6] == ("csv-cedar", "The practice is already in line 2.")
    assert refused[7][1].startswith("client_count ")
    assert onboard.ok("show", "datapoint/csv-harbor", "--json").json["practice"]["name"] == 'Harbor "Pets, Inc.'
    again = onboard("start", "datapoint", "-", "--csv", stdin="\ufeff" + TABLE)
    assert again.status == 1
    lines = again.out.splitlines()
    assert lines[0] == (
        "Line 2, csv-cedar: datapoint/csv-cedar is open already. If this is another practice, give it an ID of its own;"
        " if it is the same, leave the row out."
    )
    assert lines[-1] == "Started 0, refused 7."


def test_what_is_probably_there_already_waits_for_a_person(onboard: Shell) -> None:
    table = """Clinic;TZ;Contact;E-mail;Phone;City
Tall Elm Vets;America/Chicago;Jo Park;jo@tall-elm.test;(312) 555-0184;Ames
The Other Elm;America/Chicago;Lee Bell;lee@other-elm.test;+1 312 555 0184;Ames
"""
    result = onboard("start", "datapoint", "-", "--csv", "--json", stdin=table)
    assert (result.status, result.json["started"], result.json["refused"]) == (1, ["datapoint/tall-elm-vets"], [])
    [waiting] = result.json["waiting"]
    assert waiting["why"] == "It is probably the practice of line 2, which has the same telephone number."
    assert result.json["notes"] == ["This column is not known, and was not read: 'City'."]
    again = "ID,Clinic,TZ,Contact,E-mail\nelm-2,TALL-ELM VETS,America/Chicago,Ann,ann@elm.test\n"
    told = onboard("start", "datapoint", "-", "--csv", "--json", stdin=again)
    [waiting] = told.json["waiting"]
    assert waiting["there"] == ["datapoint/tall-elm-vets"]
    assert waiting["why"] == (
        "It is probably there already: Tall Elm Vets (datapoint/tall-elm-vets) has the same name."
    )
    assert "1 practice is waiting; start those that are right and others again, with --anyway." in told.err
    anyway = onboard("start", "datapoint", "-", "--csv", "--anyway", stdin="\n".join(table.splitlines()[::2]))
    assert (anyway.status, anyway.out.splitlines()[-1]) == (0, "Started 1, refused 0.")


def test_a_table_of_valid_rows(onboard: Shell) -> None:
    rows = "".join(f"csv-many-{n},Many {n},America/Denver,US,CO,,Jo,jo@many{n}.test,\n" for n in range(30))
    with processor_time() as thirty:
        result = onboard.executing.ok("start", "datapoint", "-", "--csv", stdin=HEADER + rows)
    assert result.out == "Started 30, refused 0.\n"
    with processor_time() as none:
        assert onboard.executing.ok("start", "datapoint", "-", "--csv", stdin=HEADER).out == "Started 0, refused 0.\n"
    assert thirty.seconds < 5 * none.seconds


def test_the_same_fact_for_many(onboard: Shell, practice: Start) -> None:
    first, second = practice(), practice()
    result = onboard("record-many", "queued", first, "datapoint/nobody", "nonsense", first)
    assert result.status == 1
    assert result.err == "2 of 3 failed; correct these and repeat the command for them.\n"
    lines = dict(line.split(": ", 1) for line in result.out.splitlines())
    assert lines[first].startswith("Recorded: ")
    assert lines["datapoint/nobody"].startswith("failed: There is no onboarding datapoint/nobody")
    assert lines["nonsense"].startswith("failed: 'nonsense' is not an onboarding's ID")
    told = onboard.ok("record-many", "queued", "--from", "-", "--json", stdin=f"{first}\n\n{second}\n").json
    assert {each["id"]: each["outcome"] for each in told["done"]} == {first: "already_known", second: "recorded"}
    assert told["failed"] == []


def test_an_unknown_fact_fails_for_each(onboard: Shell, practice: Start) -> None:
    identity = practice()
    result = onboard("record-many", "nope", identity, "--json")
    assert result.status == 1
    assert result.json["done"] == []
    [failed] = result.json["failed"]
    assert failed["why"].startswith("'nope' is not a fact of the DataPoint playbook")


def test_a_colleagues_onboardings_are_reassigned(onboard: Shell, practice: Start) -> None:
    identities = {practice(), practice()}
    for identity in identities:
        # A handle of the test's own: the journal has the row once the list shows it.
        assert onboard("reassign", identity, "--to", "zoe", "--why", "new").status == 0
    deadline = time.monotonic() + PATIENCE
    while {row["id"] for row in onboard.ok("list", "--assignee", "zoe", "--json").json} != identities:
        assert time.monotonic() < deadline
    told = onboard.ok("reassign", "--all-of", "zoe", "--to", "bo", "--why", "holidays", "--json").json
    assert {each["id"] for each in told["done"]} == identities
    for identity in identities:
        assert onboard.ok("show", identity, "--json").json["assignee"] == "bo"
    while onboard.ok("list", "--assignee", "zoe", "--json").json:
        assert time.monotonic() < deadline
    nobody = onboard.ok("reassign", "--all-of", "zoe", "--to", "bo", "--why", "holidays")
    assert nobody.out == "No open onboarding is assigned to zoe.\n"


def test_a_hand_over_is_taken_back_as_one(onboard: Shell, practice: Start) -> None:
    identities = {practice(), practice()}
    for identity in identities:
        onboard.ok("reassign", identity, "--to", "yan", "--why", "new")
    deadline = time.monotonic() + PATIENCE
    while {row["id"] for row in onboard.ok("list", "--assignee", "yan", "--json").json} != identities:
        assert time.monotonic() < deadline
    said = onboard.ok("reassign", "--all-of", "yan", "--to", "bo", "--why", "holidays").out
    back = re.search(r"onboard (reassign --back \w+) --why TEXT", said)
    assert back is not None
    kept = identities.pop()
    onboard.ok("reassign", kept, "--to", "ana", "--why", "She knows them")
    result = onboard(*back[1].split(), "--why", "The wrong Bo")
    assert (result.status, f"{kept}: failed: {kept} is now assigned to ana, not to bo." in result.out) == (1, True)
    for identity in identities:
        assert onboard.ok("show", identity, "--json").json["assignee"] == "yan"
    assert "ana has already taken this hand-over back" in onboard.refused(*back[1].split(), "--why", "Again")


def test_rows_with_an_unknown_colleague_are_refused(onboard: Shell) -> None:
    row = "colleague-{},Elm Vets,America/Chicago,US,IL,,Dana,dana@elm.test,{}\n"
    table = HEADER + row.format("a", "anna") + row.format("b", "Bo")
    result = onboard("start", "datapoint", "-", "--csv", "--json", stdin=table)
    assert result.json["started"] == ["datapoint/colleague-b"]
    assert [each["why"] for each in result.json["refused"]] == [
        "assignee: There is no colleague 'anna'; did you mean ana?"
    ]
    assert onboard.ok("show", "datapoint/colleague-b", "--json").json["assignee"] == "bo"
