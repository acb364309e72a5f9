"""`onboard list` at any width: no word is broken, and columns that are left out are named."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from cli.listing import _print_table
from desk.attention.item import AttentionItem, Kind
from playbooks.engine.listed import Row
from tests.store.samples import row

LONG = "cedar-ridge-veterinary"
ROWS = [
    row(
        "old-mill",
        stage_title="Installation of the agent",
        waiting_on_title="the technical contact",
        assignee="ana",
        sla="breached",
    ),
    row(
        "maple",
        stage_title="Registration with DataPoint",
        waiting_on_title="the primary contact",
        due_at=None,
        sla="paused",
        status="on_hold",
    ),
    row(
        LONG,
        playbook="datapoint-reconnection",
        stage_title="Check at the practice",
        waiting_on_title="DataPoint",
        assignee="sam",
    ),
]
WORDS = {"agent", "Installation", "practice", "Registration", "overdue", "hold", "Onboarding", "State"}


def need(row: Row, kind: Kind, why: str) -> AttentionItem:
    return AttentionItem(kind, row.id, row.practice, row.practice_name, why, "bad", text="", todo="")


@pytest.mark.parametrize("width", [72, 80, 100, 120, 160])
def test_no_word_is_broken_at_any_width(
    width: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    _print_table(ROWS, ZoneInfo("America/Chicago"), more=True)
    told = capsys.readouterr().out
    assert max(map(len, told.splitlines())) <= width
    assert set(told.split()) >= WORDS
    for name, of_it in (("Waiting on", {"technical", "primary", "DataPoint"}), ("Assignee", {"ana", "sam"})):
        if f"Columns left out: {name}" not in " ".join(told.split()) and f", {name};" not in " ".join(told.split()):
            assert set(told.split()) >= {name.split()[0], *of_it}, name
    assert ("--json shows all" in " ".join(told.split())) == (width < 120)
    assert "filters for fewer." in " ".join(told.split())
    if width >= 100:
        assert f"datapoint-reconnection/{LONG}" in told


def test_attention_items_replace_on_track(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    lost, held = ROWS[2], ROWS[1]
    mail = need(held, kind="mail", why="Mail did not arrive")
    _print_table(
        [lost, held],
        ZoneInfo("America/Chicago"),
        more=False,
        items={lost.id: (need(lost, kind="lost", why="Connection lost"),), held.id: (mail, mail)},
    )
    told = " ".join(capsys.readouterr().out.split())
    assert "connection lost" in told and "on track" not in told
    assert "on hold, mail did not arrive" in told and told.count("mail did not arrive") == 1
