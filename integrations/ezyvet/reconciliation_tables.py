"""The tables of reconciliation: each practice's last run, and what it found."""

from __future__ import annotations

from typing import Literal, get_args

from sqlalchemy import CheckConstraint, Column, Integer, PrimaryKeyConstraint, Table, text

from store.columns import column, metadata, moment, now_column, one_of

FindingKind = Literal["vet", "animal", "missing", "twice", "changed", "unreadable", "repaired"]
Decision = Literal["ours", "theirs"]

_zero = text("0")

runs = Table(
    "ezyvet_reconciliations",
    metadata,
    column("practice"),
    moment("started_at"),
    moment("finished_at", null=True),
    column("position"),
    Column("compared", Integer, nullable=False, server_default=_zero),
    Column("agreed", Integer, nullable=False, server_default=_zero),
    column("problem", null=True),
    PrimaryKeyConstraint("practice"),
)
"""Each practice's last run, or the one under way, whose next batch follows the prescription `position`.

`problem` says why it could not be finished.
"""

findings = Table(
    "ezyvet_findings",
    metadata,
    column("practice"),
    column("kind"),
    column("subject"),
    column("text"),
    column("todo"),
    now_column("since"),
    moment("run_at"),
    column("decision", null=True),
    column("decided_by", null=True),
    PrimaryKeyConstraint("practice", "kind", "subject"),
    CheckConstraint(f"kind IN {one_of(get_args(FindingKind))}", name="kind"),
    CheckConstraint(f"decision IN {one_of(get_args(Decision))}", name="decision"),
)
"""What the last run found. `subject` is a prescription's id, a vet's handle, or a patient's id.

A person's `decision` about it holds while its `text` stays the same: `ours` is to be sent again, or `theirs` is right.
"""
