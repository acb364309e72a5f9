"""Statements about clients or patients of several practices that are the same person or animal (RS4).

A batch or a person that changes one of them changes those that it sees. All rows are locked in the same order.
"""

# Only our own names are inserted into these texts.
# ruff: noqa: S608
from __future__ import annotations

from sqlalchemy import TextClause, text

from pharmacy.records.rule_conditions import RANGE
from pharmacy.records.update_rules import Kind

SAME_AS = {"client": "person", "patient": "animal"}


def lock_twins(kind: Kind) -> TextClause:
    """Locks the rows of the persons or animals that some rows of a practice are, these included, and returns them."""
    same = SAME_AS[kind]
    return text(
        f"SELECT practice, id FROM {kind}s WHERE {same} IN (SELECT {same} FROM {kind}s "
        "WHERE practice = :practice AND id = ANY (:ids)) ORDER BY practice, id FOR NO KEY UPDATE"
    )


def lock_twins_of_batch(kind: Kind) -> TextClause:
    """Does it for the rows of a batch. Returns how many; nothing is read where nothing is shared."""
    same = SAME_AS[kind]
    return text(
        f"SELECT count(*) FROM (SELECT id FROM {kind}s WHERE (SELECT cardinality(own_circles()) > 1) "
        f"AND {same} IN (SELECT o.{same} {of_batch_with_twins(kind)}) ORDER BY practice, id FOR NO KEY UPDATE) held"
    )


def of_batch_with_twins(kind: Kind) -> str:
    return (
        f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id "
        f"WHERE {RANGE} AND o.{SAME_AS[kind]} IS NOT NULL"
    )


def of_twins(kind: Kind) -> str:
    same = SAME_AS[kind]
    return (
        f"FROM staged_{kind}s s JOIN {kind}s o ON o.practice = s.practice AND o.id = s.id "
        f"JOIN {kind}s t ON t.{same} = o.{same} AND t.practice <> o.practice WHERE {RANGE}"
    )
