"""The view of an onboarding that the board, pages, command line, search attributes and Temporal UI all show."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from playbooks.calendar.values import Frozen
from playbooks.engine.fields import utc
from playbooks.engine.listed import Listed
from playbooks.engine.model import CLOCK, Playbook, Stage
from playbooks.engine.onboarding import Hold, Onboarding
from playbooks.engine.stages import Position, on_hold, position_of
from playbooks.engine.stages import status as status_of
from playbooks.engine.states import CLOSED, Sla, Status
from playbooks.engine.timers import timers


class StageProgress(Frozen):
    """The progress of one stage."""

    stage: str
    title: str
    state: Literal["done", "current", "ahead"]
    waits_on: str | None = None
    entered_at: datetime | None = None
    left_at: datetime | None = None
    due_at: datetime | None = None
    kept: bool | None = None


class View(Listed):
    """An onboarding at one time. `missing_of` has the missing keys of the facts in `missing`; `ending` is the phrase of
    the fact that ended it, if one did."""

    asks: str
    missing: tuple[str, ...]
    missing_of: dict[str, tuple[str, ...]]
    hold_until: datetime | None
    ending: str
    progress: tuple[StageProgress, ...]
    next_wakeup: datetime | None

    @property
    def closed(self) -> bool:
        return self.status in CLOSED

    @property
    def search_attributes(self) -> dict[str, str | datetime | None]:
        """The search attributes of the workflow; they must not hold personal data."""
        return {
            "Playbook": self.playbook,
            "Practice": self.practice_name,
            "Stage": self.stage if self.status == "complete" or not self.closed else self.status,
            "WaitingOn": None if self.closed else self.waiting_on,
            "Sla": self.sla,
            "Assignee": self.assignee,
            "DueAt": None if self.closed else self.due_at,
        }


def view(playbook: Playbook, onboarding: Onboarding, now: datetime) -> View:
    """Returns stage, status, deadline, progress and the next timer, as of `now`."""
    now = utc(now)
    position = position_of(playbook, onboarding)
    visit, stage = position.visit, position.stage
    hold = on_hold(onboarding, now)
    status = status_of(onboarding, position, now)
    closed = status in CLOSED
    ahead = timers(playbook, onboarding, position, now)
    upcoming = next((timer for timer in ahead if timer.what != "calendar"), None)
    waits_on = None if closed else stage.waits_on
    ending = playbook.fact(position.ended_by).phrase if closed and position.ended_by else ""
    sla = "none" if closed or visit.deadline is None else visit.deadline.state(now, hold is not None)
    return View(
        id=onboarding.id,
        playbook=playbook.name,
        practice=onboarding.practice.id,
        practice_name=onboarding.practice.name,
        status=status,
        stage=stage.name,
        stage_title=stage.title,
        waiting_on=waits_on,
        waiting_on_title=playbook.party(waits_on).title if waits_on else None,
        asks="" if closed else stage.asks,
        missing=() if closed else position.missing,
        missing_of={} if closed else position.missing_of,
        headline=_headline(playbook, position, status, ending, hold, sla),
        entered_at=visit.entered_at,
        due_at=None if closed else visit.due_at,
        sla=sla,
        assignee=onboarding.assignee,
        hold_until=hold.end if hold and not closed else None,
        ending=ending,
        progress=_progress(playbook, position),
        requested_at=onboarding.requested_at,
        started_at=onboarding.started_at,
        closed_at=now if closed else None,
        next_what=upcoming.text if upcoming else None,
        next_at=upcoming.at if upcoming else None,
        next_wakeup=ahead[0].at if ahead else None,
    )


def _headline(playbook: Playbook, position: Position, status: Status, ending: str, hold: Hold | None, sla: Sla) -> str:
    """One line: the stage, whom it waits on, and the deadline."""
    stage, due_at = position.stage, position.visit.due_at
    if status == "complete":
        return f"Complete: {stage.title.lower()}"
    if status in CLOSED:
        return status.capitalize() + (f": {ending}" if ending else "")
    waits_on = playbook.party(stage.waits_on).title if stage.waits_on else None
    text = f"{stage.title} · waiting on {waits_on}"
    if hold:
        return f"{text} · on hold until {hold.end:%a %d %b %H:%M}"
    if due_at:
        text += f" · {'overdue since' if sla == 'breached' else 'due'} {due_at:%a %d %b %H:%M}"
    return text


def _progress(playbook: Playbook, position: Position) -> tuple[StageProgress, ...]:
    passed = {visit.stage.name: visit for visit in position.visits}

    def progress_of(stage: Stage) -> StageProgress:
        visit = passed.get(stage.name)
        if visit is None:
            return StageProgress(stage=stage.name, title=stage.title, state="ahead", waits_on=stage.waits_on)
        over = visit.left_at is not None or not stage.until
        return StageProgress(
            stage=stage.name,
            title=stage.title,
            state="done" if over else "current",
            waits_on=stage.waits_on,
            entered_at=visit.entered_at,
            left_at=visit.left_at,
            due_at=visit.due_at,
            kept=visit.kept,
        )

    return tuple(progress_of(stage) for stage in playbook.stages)


def visits(playbook: Playbook, onboarding: Onboarding) -> list[dict[str, Any]]:
    """Returns the stages entered so far, for reports: only reported times count."""
    rows = []
    for visit in position_of(playbook, onboarding).visits:
        if visit.stage.until and visit.stage.waits_on and visit.stage.waits_on != CLOCK:
            rows.append(
                {
                    "stage": visit.stage.name,
                    "side": playbook.party(visit.stage.waits_on).side.value,
                    "entered_at": visit.entered_at.isoformat(),
                    "left_at": visit.left_at.isoformat() if visit.left_at else None,
                    "counted": visit.counted,
                    "kept": visit.kept,
                }
            )
    return rows
