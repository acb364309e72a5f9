"""`onboard match`, called as people call it."""

from __future__ import annotations

import csv
import json
import subprocess
from pathlib import Path

import pytest

from tests.documents import ONBOARD
from tests.patience import PATIENCE

EXISTING = """id,given_name,surname,street,city,state,postcode,phone,email,patients
h1,Rosalind,Okafor,12 Main Street,Springfield,IL,62701,,,Bella
h2,Mark,Lee,9 Oak Avenue,Springfield,IL,62701,,,
h3,Ngozi,Okafor,12 Main Street,Springfield,IL,62701,,,
"""
IMPORTED = """id,given_name,surname,street,city,state,postcode,phone,email,patients
c1,Okafor,Rosalind,12 Main St,Springfield,IL,62701,,,Bella
c2,Mary,Lee,9 Oak Ave,Springfield,IL,62701,,,
c3,Eve,Whitaker,5 Hill Road,Springfield,IL,62701,,,
"""


@pytest.fixture
def files(tmp_path: Path) -> tuple[str, str, str]:
    (tmp_path / "existing.csv").write_text(EXISTING, encoding="utf-8")
    (tmp_path / "imported.csv").write_text(IMPORTED, encoding="utf-8")
    return tuple(str(tmp_path / name) for name in ("existing.csv", "imported.csv", "pairs.csv"))  # type: ignore[return-value]


def onboard(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ONBOARD, *words], capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_dp9_the_contract(files: tuple[str, str, str]) -> None:
    existing, imported, out = files
    done = onboard("match", existing, imported, "--out", out, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    summary = json.loads(done.stdout)
    assert {name: summary[name] for name in ("existing", "imported", "merge", "review", "new")} == {
        "existing": 3,
        "imported": 3,
        "merge": 1,
        "review": 1,
        "new": 1,
    }
    with Path(out).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["existing_id", "imported_id", "decision", "score", "reasons"]
    assert [(row["existing_id"], row["imported_id"], row["decision"]) for row in rows] == [
        ("h1", "c1", "merge"),
        ("h2", "c2", "review"),
    ]
    assert 0.99 < float(rows[0]["score"]) <= 1
    assert rows[1]["reasons"].startswith("The given names are alike but may belong to two people.")


def test_people_get_a_table_and_what_to_look_at(files: tuple[str, str, str]) -> None:
    existing, imported, out = files
    done = onboard("match", existing, imported, "--out", out)
    assert done.returncode == 0
    assert "pairs to review" in done.stdout
    assert f"are in {out}; nothing else was changed." in done.stdout.replace("\n", " ")


def test_what_cannot_be_read_or_written_is_said_in_one_sentence(files: tuple[str, str, str]) -> None:
    existing, imported, out = files
    for words, sentence in (
        ((existing, "nowhere.csv", "--out", out), "There is no file nowhere.csv; name one that exists."),
        ((existing, imported, "--out", "/nowhere/pairs.csv"), "/nowhere/pairs.csv cannot be written"),
        (
            (existing, imported, "--out", imported),
            f"--out would overwrite {imported}; name another file for the pairs.",
        ),
        ((str(Path(out).parent), imported, "--out", out), "is a directory; name a CSV file in it."),
    ):
        done = onboard("match", *words)
        assert done.returncode == 1
        assert sentence in done.stderr
        assert done.stderr.count("\n") == 1
