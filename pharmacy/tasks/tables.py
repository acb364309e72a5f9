"""The tables of tasks. Row policies let a clinic's transactions see the clinic's own tasks only."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    Table,
    Text,
    text,
)

from pharmacy.tasks.rules import STATES
from store.columns import Moment, column, metadata, moment, now_column, one_of

tasks = Table(
    "tasks",
    metadata,
    column("practice"),
    column("id"),
    column("title"),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    column("assignee"),
    Column("due_on", Date),
    column("repeat", null=True),
    column("origin", null=True),
    column("client", null=True),
    column("patient", null=True),
    column("created_by"),
    now_column("created_at"),
    column("done_by", null=True),
    moment("done_at", null=True),
    Column("listed_until", Moment, nullable=False, server_default=text("'infinity'")),
    Column("repeated", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("practice", "id"),
    ForeignKeyConstraint(["practice", "assignee"], ["members.clinic", "members.person"]),
    CheckConstraint(f"state IN {one_of(STATES)}", name="state"),
    CheckConstraint("repeat IS NULL OR due_on IS NOT NULL", name="repeat"),
    Index("ix_tasks_assigned", "practice", "assignee", "listed_until"),
    Index("ix_tasks_of_clinic", "practice", "listed_until"),
)
"""`assignee` and `created_by` are accounts. `client` and `patient` are those of the clinic `origin`.

`repeated`: the next task was made of this one, which happens once. `listed_until` keeps lists from reading all that was
ever done.
"""

task_notes = Table(
    "task_notes",
    metadata,
    column("practice"),
    column("task"),
    Column("number", Integer, nullable=False),
    now_column("at"),
    column("by"),
    column("text"),
    PrimaryKeyConstraint("practice", "task", "number"),
    ForeignKeyConstraint(["practice", "task"], ["tasks.practice", "tasks.id"], ondelete="CASCADE"),
)
"""What was said about a task: never changed. Number 0 came with the task, and goes with each that follows it."""

task_sharing_off = Table(
    "task_sharing_off",
    metadata,
    Column("clinic", Text, ForeignKey("clinics.id"), primary_key=True),
    column("by"),
    now_column("at"),
)
"""Clinics whose group has no task list across clinics, as the pharmacy decided."""
