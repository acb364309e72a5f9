"""The time that the page names, for a calendar: until when somebody has for what comes next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from practice_page.overview import Due, Overview
from practice_page.visitor import Visitor
from templates.filters import capitalize_first


@dataclass(frozen=True)
class NamedTime:
    """`stage` is due `at`, by `holder`. `uid` stays the same while the time moves, so that calendars move the entry."""

    uid: str
    at: datetime
    stage: str
    holder: str


def named_time(visitor: Visitor, overview: Overview) -> NamedTime | None:
    """Returns None if no exact time is named, or none that is still to come: an estimate is not for a calendar."""
    due: Due | None = overview.due
    if due is None or due.estimate or overview.view.status == "on_hold" or due.at <= visitor.now:
        return None
    onboarding, stage = visitor.onboarding, overview.view.stage
    uid = f"{onboarding.playbook}-{onboarding.practice.id}-{onboarding.run}-{stage}"
    return NamedTime(uid, due.at, stage, capitalize_first(overview.holder))
