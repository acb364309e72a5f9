"""`onboard import`: imported, suspicious and invalid feeds, and the output for people and programs."""

from __future__ import annotations

from tests.cli.shell import Shell, Start
from tests.records.clinics import client, ndjson, patient


def practice_of(practice: Start) -> str:
    return practice().partition("/")[2]


def test_a_feed_is_imported_and_rejected_rows_are_listed(onboard: Shell, practice: Start) -> None:
    name = practice_of(practice)
    rows = [client(1), client(2, email="nobody"), patient(1, 1), patient(2, 9)]
    file = onboard.write("feed.ndjson", ndjson(rows).decode())
    result = onboard.ok("import", name, file)
    assert "Rows set aside: 1" in result.out
    assert "Its client C9 is neither in the feed nor known" in result.out
    assert "is not an e-mail address" in result.out
    told = onboard("import", name, file, "--json").json
    assert (told["state"], told["new_clients"], told["new_patients"], told["set_aside"]) == ("done", 2, 1, 1)
    assert [each["id"] for each in told["rows_set_aside"]] == ["C2", "P2"]


def test_the_same_file_again_is_the_same_feed(onboard: Shell, practice: Start) -> None:
    name = practice_of(practice)
    file = onboard.write("feed.ndjson", ndjson([client(1)]).decode())
    onboard.ok("import", name, file)
    again = onboard("import", name, file)
    assert again.status == 0
    assert again.err == "This file was uploaded before as feed 1; nothing has changed.\n"


def test_a_suspicious_feed_is_approved_with_a_reason(onboard: Shell, practice: Start) -> None:
    name = practice_of(practice)
    pets = [patient(number, 1) for number in range(5)]
    onboard.ok("import", name, onboard.write("first.ndjson", ndjson([client(1), *pets]).decode()))
    dead = ndjson([client(1), *({**pet, "deceased": True} for pet in pets)]).decode()
    file = onboard.write("second.ndjson", dead)
    asked = onboard("import", name, file)
    assert asked.status == 1
    assert asked.sentence == (
        "Nothing has been imported yet; decide first: It marks 5 of 5 patients as deceased. Look into it, then "
        "repeat the command with --approve WHY or --refuse WHY."
    )
    later = onboard("import", name, onboard.write("third.ndjson", ndjson([client(1), client(2)]).decode()))
    assert (later.status, later.sentence) == (
        1,
        "Feed 3 waits until a person has decided about feed 2, on the practice's page; it is stored and "
        "imported after that.",
    )
    both = onboard("import", name, file, "--approve", "x", "--refuse", "y")
    assert both.status == 2
    told = onboard.ok("import", name, file, "--approve", "A fire at the clinic", "--json", "--by", "bo").json
    assert (told["state"], told["updated_patients"], told["decided_by"]) == ("done", 5, "bo")


def test_an_invalid_feed_is_refused_in_a_sentence(onboard: Shell, practice: Start) -> None:
    name = practice_of(practice)
    refused = onboard("import", name, onboard.write("clients.csv", "town,size\nPeoria,3\n"))
    assert refused.status == 1
    assert refused.sentence == (
        "clients.csv needs a column id, and one of name, given_name, surname; found were: town, size."
    )
    assert onboard("import", name, "nowhere.zip").sentence == (
        "There is no nowhere.zip; name a file that exists, or a folder with clients.csv and patients.csv."
    )
    nobody = onboard("import", "nobody-here", onboard.write("feed.ndjson", ndjson([client(1)]).decode()))
    assert nobody.sentence == "There is no practice nobody-here: start its onboarding, or correct the ID."
