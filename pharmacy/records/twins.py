"""Statements about clients or patients of several practices that are the same person or animal (RS4).

A batch or a person that changes one of them changes those that it sees. All rows are locked in the same order.
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import TextClause, text

from pharmacy.records.rule_conditions import RANGE, as_json, is_updated
from pharmacy.records.update_rules import Kind, UpdateMode, rules

SAME_AS = {"client": "person", "patient": "animal"}


def lock_twins(kind: Kind) -> TextClause:
    """Locks the rows of the persons or animals that some rows of a practice are, these included, and returns them."""
    same = SAME_AS[kind]
    return text(
        f"SELECT practice, id FROM {kind}s WHERE {same} IN (SELECT {same} FROM {kind}s "
        "WHERE practice = :practice AND id = ANY (:ids)) ORDER BY practice, id FOR NO KEY UPDATE"
    )


def lock_twins_of_batch(kind: Kind) -> TextClause:
    """Does it for the rows of a batch. Returns how many."""
    same = SAME_AS[kind]
    return text(
        f"SELECT count(*) FROM (SELECT id FROM {kind}s WHERE {same} IN (SELECT o.{same} {_batch(kind)}) "
        "ORDER BY practice, id FOR NO KEY UPDATE) held"
    )


def insert_twin_changes(kind: Kind) -> TextClause:
    """Records each value that a feed updates at another clinic's row."""
    selects = " UNION ALL ".join(
        f"SELECT t.practice, t.id, t.circle, '{each.field}' AS field, {as_json(each, 't')} AS old, "
        f"{as_json(each, 's')} AS new {_twins(kind)} AND {is_updated(each)} "
        f"AND {as_json(each, 't')} <> {as_json(each, 's')}"
        for each in rules(kind, UpdateMode.AUTOMATIC)
    )
    return text(
        f"INSERT INTO changes (practice, kind, id, circle, clinic, field, old, new, source, at) "
        f"SELECT practice, '{kind}', id, circle, :practice, field, old, new, 'feed', :at FROM ({selects}) found"
    )


def update_twins(kind: Kind) -> TextClause:
    """Updates the automatic values of other clinics' rows; to be done before those of the practice itself."""
    assignments = ", ".join(
        f"{name} = CASE WHEN {is_updated(each)} THEN s.{name} ELSE t.{name} END"
        for each in rules(kind, UpdateMode.AUTOMATIC)
        for name in each.columns
    )
    same = SAME_AS[kind]
    return text(
        f"UPDATE {kind}s t SET {assignments} {_batch(kind)} AND t.{same} = o.{same} AND t.practice <> o.practice"
    )


def _batch(kind: Kind) -> str:
    return (
        f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id "
        f"WHERE {RANGE} AND o.{SAME_AS[kind]} IS NOT NULL"
    )


def _twins(kind: Kind) -> str:
    same = SAME_AS[kind]
    return (
        f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id "
        f"JOIN {kind}s t ON t.{same} = o.{same} AND t.practice <> o.practice WHERE {RANGE}"
    )
