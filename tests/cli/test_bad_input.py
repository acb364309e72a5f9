"""Invalid input is refused with one sentence that says what to do, and changes nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.cli.shell import Shell, practice_file


def changed(**changes: Any) -> str:
    """Returns a practice file with one invalid value of the practice."""
    return json.dumps(practice_file("bad-vet", **changes))


def contact(**changes: Any) -> str:
    """Returns a practice file with one invalid value of the contact."""
    content = practice_file("bad-vet")
    return json.dumps({**content, "primary_contact": {**content["primary_contact"], **changes}})


A_RETURN = (
    "From: MAILER-DAEMON@mx.test\nSubject: Undelivered\nContent-Type: text/plain\n\n550 5.1.1 nobody\n"
    "Message-ID: <key@pharmacy.example>\n"
)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "The practice file is not JSON"),
        ("{", "The practice file is not JSON"),
        ("[]", "The practice file must be a JSON object with 'practice' and 'primary_contact'."),
        ("{}", "practice is missing; primary_contact is missing"),
        (json.dumps({**practice_file("bad-vet"), "color": "red"}), "color is not a known field"),
        (changed(colour="red"), "practice.colour is not a known field"),
        (changed(id="Bad Vet"), "'Bad Vet' must be 1 to 63 lower-case letters, digits or hyphens"),
        (changed(name=""), "practice.name"),
        (changed(name="two\nlines"), "practice.name must be one line"),
        (changed(time_zone="Mars/Base"), "'Mars/Base' is not a time zone; use a name like America/Chicago"),
        (changed(time_zone="EST"), "'EST' is the time zone of no place; use America/New_York"),
        (
            changed(time_zone="right/Europe/Paris"),
            "'right/Europe/Paris' is the time zone of no place; use Europe/Paris",
        ),
        (changed(country="Atlantis"), "There is no country 'Atlantis'"),
        (changed(state="ZZ"), "There is no state of US 'ZZ'"),
        (changed(client_count="many"), "practice.client_count"),
        (changed(client_count=-1), "practice.client_count"),
        (contact(email="dana"), "'dana' is not an e-mail address"),
        (contact(email=None), "primary_contact.email"),
        (contact(name=7), "primary_contact.name"),
        (json.dumps({**practice_file("bad-vet"), "requested_at": "yesterday"}), "requested_at"),
        (json.dumps({**practice_file("bad-vet"), "requested_at": "2026-11-20T15:00:00"}), "requested_at"),
    ],
)
def test_a_practice_file_with_one_thing_wrong(alone: Shell, content: str, sentence: str) -> None:
    # It is refused before any server is asked: none runs here.
    assert sentence in alone.refused("start", "datapoint", "-", stdin=content)


def test_a_file_that_cannot_be_read(alone: Shell) -> None:
    assert alone.refused("start", "datapoint", "missing.json") == (
        "There is no file missing.json; name one that exists, or - for standard input."
    )
    assert alone.refused("start", "datapoint", ".") == ". is a directory; name a file in it."
    assert "There is no file" in alone.refused("start", "datapoint", "missing.csv", "--csv")
    assert "There is no file" in alone.refused("record-many", "queued", "--from", "missing.txt")
    assert "There is no file" in alone.refused("bounce", "missing.eml")
    assert "is not text in UTF-8" in alone.refused("record-many", "queued", "--from", alone.write("x", b"\xff\xfe"))
    assert "is not JSON" in alone.refused("start", "datapoint", "-", stdin=b"\xff\xfe\x00")


def test_a_returned_mail_is_kept_by_the_mail_server_while_nothing_answers(alone: Shell) -> None:
    assert "onboard up" in alone.refused("bounce", "-", stdin="From: a@b.test\n\nHi\n", status=75)
    own = {"ONBOARD_DATABASE_URL": "postgresql://u:p@127.0.0.1:9/x", "TEMPORAL_ADDRESS": "127.0.0.1:9"}
    assert "Temporal does not answer" in alone.refused("bounce", "-", stdin=A_RETURN, status=75, **own)
    misspelt = {"ONBOARD_DATABASE_URL": "localhost"}
    assert "ONBOARD_DATABASE_URL" in alone.refused("bounce", "-", stdin=A_RETURN, status=75, **misspelt)


def test_an_unknown_playbook(alone: Shell) -> None:
    for words in (
        "playbook nope",
        "start nope x.json",
        "show nope/x",
        "record nope/x queued",
        "report --playbook nope",
    ):
        assert (
            alone.refused(*words.split())
            == "There is no playbook 'nope'; choose one of datapoint, datapoint-reconnection, ezyvet, record-sharing."
        )


@pytest.mark.parametrize("identity", ["riverside", "datapoint/", "datapoint/River", "datapoint/a/b", "datapoint/é"])
def test_an_invalid_id(alone: Shell, identity: str) -> None:
    said = alone.refused("show", identity)
    assert (
        said
        == f"'{identity}' is not an onboarding's ID; write PLAYBOOK/PRACTICE-ID, for example datapoint/riverside-vet."
    )


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nope"], "'nope' is not a fact of the DataPoint playbook; its facts are queued, invitation_sent"),
        (["queued", "color=red"], "queued: color is not a known field"),
        (["queued", "--data", "{"], "--data is not JSON"),
        (["queued", "--data", "[1]"], "--data must be a JSON object"),
        (["eula_accepted"], "eula_accepted: version is missing; accepted_by is missing."),
        (["agent_installed", "client_count=many"], "agent_installed: client_count"),
        (["agent_installed", "client_count=-1"], "agent_installed: client_count"),
        (["technical_contact_designated", "name=Sam", "email=sam"], "'sam' is not an e-mail address"),
        (["queued", "--at", "2026-13-01"], "'2026-13-01' is not a time; write it like"),
        (["queued", "--at", "2026-03-08T02:30"], "does not exist in America/Chicago"),
        (["queued", "--by", "two\nlines"], "by must be one line"),
        (["queued", "--key", "k" * 201], "key"),
    ],
)
def test_a_fact_with_one_thing_wrong(alone: Shell, words: list[str], sentence: str) -> None:
    assert sentence in alone.refused("record", "datapoint/x", *words)


@pytest.mark.parametrize("duration", ["soon", "0h", "3", "-1h", "5y", "1d 2h", "999999d"])
def test_an_invalid_duration(alone: Shell, duration: str) -> None:
    said = alone.refused("fast-forward", "--", "datapoint/x", duration)
    assert duration in said


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "The file is empty"),
        (b"id,name\n", "There is no column for Time zone, Contact and E-mail; the first line has 'id', 'name'."),
        (b"id;name;time_zone\n", "There is no column for Contact and E-mail"),
        (b"id,id,name,time_zone,contact_name,contact_email\n", "The column 'id' is there more than once"),
        (b"\xff\xfei\x00d\x00", "There is no column for Practice name, Time zone, Contact and E-mail"),
    ],
)
def test_an_invalid_table(alone: Shell, content: bytes, sentence: str) -> None:
    assert sentence in alone.refused("start", "datapoint", "-", "--csv", stdin=content)


def test_a_request_from_the_future_starts_nothing(onboard: Shell) -> None:
    content = {**practice_file("future-vet"), "requested_at": "2090-01-01T00:00:00Z"}
    said = onboard.refused("start", "datapoint", "-", stdin=json.dumps(content))
    assert "is in the future; give the time of the request" in said
    assert "There is no onboarding" in onboard.refused("show", "datapoint/future-vet")


def test_a_refused_command_leaves_no_trace(onboard: Shell, practice: Callable[..., str]) -> None:
    identity = practice()
    before = onboard.ok("show", identity, "--json").json
    onboard.refused("record", identity, "agent_installed", "--at", "2090-01-01")
    onboard.refused("resend", identity, "queue_confirmation", "--why", "x")
    onboard.refused("extend", identity, "--until", "2020-01-01", "--why", "x")
    after = onboard.ok("show", identity, "--json", "--journal").json
    assert len(after.pop("journal")) == 1
    assert {**after, "now": None} == {**before, "now": None}
