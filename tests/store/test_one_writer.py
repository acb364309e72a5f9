"""Every table is written by one module alone: who wants to know what can become of a row reads one file."""

from __future__ import annotations

import ast
import importlib
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql

from migrations.tables import metadata
from pharmacy.records.update_rules import RULES
from store.insertion import insertion

ROOT = Path(__file__).resolve().parents[2]
ROOMS = (
    *("activities", "cli", "configuration", "desk", "integrations", "machine", "partners", "pharmacy", "store", "web"),
    "workflows",
)
MAKES = (sqlalchemy.insert, sqlalchemy.update, sqlalchemy.delete, postgresql.insert, insertion)
WRITES = re.compile(r"\b(?:INSERT INTO|UPDATE(?: ONLY)?|DELETE FROM|COPY|TRUNCATE(?: TABLE)?|MERGE INTO)\s+([\w{}]+)")
KINDS = sorted({rule.kind for rule in RULES})
GENERAL = {"store.insertion"}
"""Writes whatever table it is given; who gives one counts as its writer."""
OTHERWISE = {"onboarding_names": "a trigger", "clinic_key": "a migration", "circles": "a function of the database"}


def written() -> dict[str, set[str]]:
    """For each table the modules with a statement that writes it."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for table in {*called(name, path), *spelled(path)} if name not in GENERAL else ():
                found[table].add(name)
    return found


def called(name: str, path: Path) -> Iterator[str]:
    """The tables given to `insert` and its like, and those of which a method is called that makes a statement."""
    tree = ast.parse(path.read_text())
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    if "sqlalchemy" not in path.read_text():
        return
    module = vars(importlib.import_module(name))
    for call in calls:
        if isinstance(call.func, ast.Name) and any(module.get(call.func.id) is each for each in MAKES):
            [table, *_] = call.args
            assert isinstance(table, ast.Name), f"{path}:{call.lineno} does not name the table that it writes"
            assert isinstance(module.get(table.id), Table), f"{path}:{call.lineno} writes a table that nobody can tell"
            yield module[table.id].name
        elif isinstance(call.func, ast.Attribute) and isinstance(call.func.value, ast.Name):
            owner = module.get(call.func.value.id)
            if isinstance(owner, Table) and call.func.attr in ("insert", "update", "delete"):
                yield owner.name


def spelled(path: Path) -> Iterator[str]:
    """The tables that are written by SQL in a text, also where the kind of record is put into their name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            text = "".join(str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        else:
            continue
        for name in WRITES.findall(text):
            yield from {name.replace("{}", kind) for kind in KINDS} & set(metadata.tables)


def test_every_table_is_written_by_one_module() -> None:
    writers = written()
    several = {table: sorted(modules) for table, modules in writers.items() if len(modules) > 1}
    assert not several
    assert set(writers) == set(metadata.tables) - set(OTHERWISE)


def test_a_second_writer_would_be_found(tmp_path: Path) -> None:
    """The reading itself: SQL in texts and in pieces, and the calls."""
    other = tmp_path / "other.py"
    other.write_text(
        'A = text(f"UPDATE {kind}s SET x = 1")\nB = "DELETE FROM mails WHERE"\nC = "FOR UPDATE OF mails"\n'
    )
    assert set(spelled(other)) == {"clients", "patients", "mails"}
    assert set(called("store.mail.outbox", ROOT / "store/mail/outbox.py")) == {"switches"}
