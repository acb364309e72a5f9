"""Who may do what with a task, by their role at its clinic, and what is said of a patient of another clinic (RS9)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal, get_args

State = Literal["open", "in_progress", "done"]
STATES: tuple[State, ...] = get_args(State)
FOR_ASSIGNEES = frozenset({"notes", "repeat", "state"})
"""What an assignee may change, and all that anybody may change from another clinic."""
MANAGERS = frozenset({"owner", "admin"})


@dataclass(frozen=True)
class Rights:
    """What a person may do with one task: `change` names its fields."""

    change: frozenset[str]
    delete: bool


ALL_FIELDS = FOR_ASSIGNEES | {"title", "assignee", "due_on", "client", "patient"}


def rights(role: str, *, assigned: bool, own: bool, elsewhere: bool) -> Rights:
    """Returns what a person with this role at the task's clinic may do.

    `assigned`: the task is theirs to do; `own`: they created it; `elsewhere`: they are signed in to another clinic.
    """
    manages = own or role in MANAGERS
    change = ALL_FIELDS if manages else FOR_ASSIGNEES if assigned else frozenset()
    return Rights(change & FOR_ASSIGNEES if elsewhere else change, manages)


def refusal(may: Rights, changed: Collection[str], *, elsewhere: bool) -> str | None:
    """Returns why these fields may not be changed, in a sentence; None if they may."""
    refused = sorted(set(changed) - may.change)
    if not refused:
        return None
    if elsewhere and not set(changed) <= FOR_ASSIGNEES:
        return (
            f"From another clinic only notes, repeat and state of a task may change, not {', '.join(refused)}:"
            " switch to the task's clinic."
        )
    if may.change:
        return f"Only its creator, an admin or an owner can change {', '.join(refused)}."
    return "Only its assignee, its creator, an admin or an owner can change this task."


def warning(about: str | None, present: str, clinic: str) -> str:
    """Returns what to say of a client or patient whom the present clinic does not see."""
    return f"{about or 'The client'} is not shared with {present}: switch to {clinic} to open the record."
