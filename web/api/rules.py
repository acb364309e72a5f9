"""The routes for the playbooks' rules and for the report."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query

from desk.playbook_summary import PlaybookSummary, rules
from playbooks.calendar.values import Frozen
from playbooks.engine.fields import Instant, Line
from playbooks.registry import PLAYBOOKS
from store.journal.figures import Figures, figures
from web.api import examples
from web.api.answers import EVERYWHERE, problems
from web.api.callers import Reader
from web.api.routing import ApiRoute
from web.services import Web

router = APIRouter(prefix="/api", tags=["rules and figures"], route_class=ApiRoute)


class Playbooks(Frozen):
    """All playbooks."""

    items: tuple[PlaybookSummary, ...]


@router.get(
    "/playbooks",
    summary="The playbooks",
    response_model=Playbooks,
    responses={200: examples.answer("playbooks"), **problems(*EVERYWHERE, "invalid")},
)
async def list_playbooks(person: Reader) -> Playbooks:
    """Stages, facts with their fields, mails and deadlines of each playbook, read off the rules themselves."""
    return Playbooks(items=tuple(rules(playbook) for playbook in PLAYBOOKS.values()))


@router.get(
    "/report",
    summary="The report",
    response_model=Figures,
    responses={200: examples.answer("report"), **problems(*EVERYWHERE, "invalid")},
)
async def report(
    web: Web,
    person: Reader,
    playbook: Annotated[Line | None, Query(examples=[examples.PLAYBOOK.name])] = None,
    since: Annotated[Instant | None, Query(description="Only those started then or later.")] = None,
) -> Figures:
    """Hours in each stage (median and 90th percentile), deadlines kept by each side, where practices are stuck."""
    return await figures(web.database, now=datetime.now(UTC), playbook=playbook, since=since)
