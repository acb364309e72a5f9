"""The examples of the OpenAPI document, made by the engine for one onboarding."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic_core import to_jsonable_python

from desk.onboarding_detail import detail_of
from desk.playbook_summary import rules
from integrations.registry import BRINGS_DATA
from playbooks.calendar.values import Calendar
from playbooks.engine import steps
from playbooks.engine.commands import command
from playbooks.engine.listed import Listed
from playbooks.engine.model import Side
from playbooks.engine.onboarding import Command, Effect, Entry, Report, Request
from playbooks.engine.view import view

FRIDAY = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
TEAM = Calendar(time_zone="America/Chicago", country="US", state="IL")
PLAYBOOK = BRINGS_DATA.playbook
IDENTITY = BRINGS_DATA.onboarding("riverside-vet")
REPORTS = BRINGS_DATA.example.reports
RUN = "0199e0a1-2a3f-7b27-9a0e-6b3a52d1c0de"

START: dict[str, Any] = {
    "playbook": PLAYBOOK.name,
    "practice": {
        "id": "riverside-vet",
        "name": "Riverside Veterinary Clinic",
        "time_zone": "America/Chicago",
        "country": "US",
        "state": "IL",
        "client_count": 4200,
    },
    "requested_at": FRIDAY.isoformat(),
    "primary_contact": {"name": "Dana Reyes", "email": "dana@riverside.example", "phone": "(312) 555-0118"},
    "assignee": "ana",
}
FACT_NAME, _DATA, _HOURS = REPORTS[-1]
FACT: dict[str, Any] = {"data": dict(_DATA), "at": (FRIDAY + timedelta(hours=_HOURS)).isoformat()}
NOTE: dict[str, Any] = {"why": "Dana is best reached before nine"}
HOLD: dict[str, Any] = {"why": "The clinic moves house", "until": (FRIDAY + timedelta(days=14)).isoformat()}


def answer(name: str) -> dict[str, Any]:
    """Returns the `responses` entry of a success, with an example of ANSWERS."""
    return {"content": {"application/json": {"examples": {"usual": {"$ref": f"#/components/examples/{name}"}}}}}


def body(model: str, **values: dict[str, Any]) -> dict[str, Any]:
    """Returns the `openapi_extra` of a route that takes this model, with examples."""
    schema = {"$ref": f"#/components/schemas/{model}"}
    examples = {name: {"value": value} for name, value in values.items()}
    content = {"application/json": {"schema": schema, "examples": examples}}
    return {"requestBody": {"required": True, "content": content}}


def _play() -> tuple[list[dict[str, Any]], list[Entry], Any, Any]:
    """Returns the receipts, the journal, and the onboarding as a row of a list and in detail."""
    request = Request.model_validate({name: value for name, value in START.items() if name != "playbook"})
    effects: list[Effect] = []
    result = steps.begin(PLAYBOOK, request, RUN, "ana", TEAM, TEAM, FRIDAY)
    receipts, effects = [to_jsonable_python(result.receipt)], [*result.effects]
    for name, data, hours in REPORTS:
        at = FRIDAY + timedelta(hours=hours)
        result = steps.record(PLAYBOOK, result.onboarding, name, Report(data=dict(data), by="ana", at=at), at)
        receipts, effects = [*receipts, to_jsonable_python(result.receipt)], [*effects, *result.effects]
    now = FRIDAY + timedelta(hours=25)
    noted = command(PLAYBOOK, result.onboarding, "note", Command(**NOTE, by="ana"), now)
    receipts.append(to_jsonable_python(noted.receipt))
    shown = view(PLAYBOOK, result.onboarding, now)
    row = Listed(**{name: getattr(shown, name) for name in Listed.model_fields})
    lines = [effect for effect in effects if isinstance(effect, Entry)]
    return receipts, lines, row, detail_of(PLAYBOOK, result.onboarding, now, ())


_receipts, _lines, _row, _detail = _play()

PARTNER_STAGE, PRACTICE_STAGE = (
    next(stage for stage in PLAYBOOK.stages if stage.waits_on and PLAYBOOK.party(stage.waits_on).side is side)
    for side in (Side.PARTNER, Side.PRACTICE)
)
REPORT: dict[str, Any] = {
    "stages": [
        {
            "playbook": PLAYBOOK.name,
            "stage": PARTNER_STAGE.name,
            "side": "partner",
            "passed": 41,
            "median_hours": 19.5,
            "p90_hours": 46.2,
            "kept": 38,
            "missed": 3,
            "hours": 861.0,
        }
    ],
    "sides": [{"side": "partner", "kept": 38, "missed": 3}],
    "stuck": [
        {
            "playbook": PLAYBOOK.name,
            "stage": PRACTICE_STAGE.name,
            "stage_title": PRACTICE_STAGE.title,
            "waiting_on_title": PLAYBOOK.party(PRACTICE_STAGE.waits_on or "").title,
            "open": 12,
            "on_hold": 1,
            "overdue": 0,
            "oldest_entered_at": FRIDAY.isoformat(),
            "oldest_hours": 218.4,
        }
    ],
    "totals": {
        "started": 60,
        "open": 17,
        "complete": 41,
        "withdrawn": 2,
        "refused": 0,
        "expired": 0,
        "median_days_to_complete": 16.2,
    },
}
ANSWERS: dict[str, Any] = {
    "started": {**_receipts[0], "id": IDENTITY},
    "recorded": _receipts[-2],
    "noted": _receipts[-1],
    "shown": to_jsonable_python(_detail),
    "lines": {"items": to_jsonable_python(_lines[:2]), "next": f"/api/onboardings/{IDENTITY}/journal?limit=2&after=2"},
    "page": {"items": [to_jsonable_python(_row)], "next": None},
    "playbooks": {"items": [to_jsonable_python(rules(PLAYBOOK))]},
    "report": REPORT,
}
"""By name; the document refers to them, because FastAPI would leave out null values."""
