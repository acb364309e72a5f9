"""The routes that change an onboarding: reports of facts, and commands."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import ValidationError
from pydantic_core import to_json
from starlette.requests import Request
from starlette.responses import Response

from desk.fact_fields import fields_of, phone_from
from desk.hand_over import hand_over
from playbooks.engine.checks import PART_NAME
from playbooks.engine.commands import COMMANDS, PARAMETERS
from playbooks.engine.onboarding import Command, Receipt, Report
from playbooks.engine.transition import Refused
from playbooks.engine.validation import error_sentence, validate_fact
from playbooks.registry import PLAYBOOKS
from store.inbox.idempotency import Answer
from web.api import examples
from web.api.answers import EVERYWHERE, WITH_BODY, problems
from web.api.bodies import CommandOrder, FactReport, json_body
from web.api.callers import Recorder, Steerer
from web.api.idempotency import Key, run_once
from web.api.onboardings import Playbook, Practice, identity_of
from web.api.routing import ApiRoute
from web.services import Web

router = APIRouter(prefix="/api/onboardings/{playbook}/{practice}", tags=["changes"], route_class=ApiRoute)

Name = Annotated[str, Path(pattern=f"^{PART_NAME.pattern}$")]
CHANGE = (*EVERYWHERE, *WITH_BODY, "not-found", "refused", "key-reused", "key-under-way", "no-answer")


@router.post(
    "/facts/{fact}",
    summary="Report a fact",
    response_model=Receipt,
    responses={200: examples.answer("recorded"), **problems(*CHANGE)},
    openapi_extra=examples.body("FactReport", usual=examples.FACT),
)
async def report_fact(
    request: Request,
    web: Web,
    person: Recorder,
    playbook: Playbook,
    practice: Practice,
    fact: Annotated[Name, Path(examples=[examples.FACT_NAME])],
    report: Annotated[FactReport, Depends(json_body(FactReport))],
    key: Key = None,
) -> Response:
    """Something that has happened. Facts may come late and in any order; the same again is `already_known`.

    Which facts there are, and what `data` each takes, says `/api/playbooks`.
    """
    identity = identity_of(playbook, practice)

    async def act(key: str | None) -> Answer:
        _check(playbook, fact, report)
        given = Report(data=report.data, by=person.handle, at=report.at, key=key, mail=report.mail)
        receipt = await web.desk.record(identity, fact, given)
        return Answer(200, receipt.model_dump(mode="json"), {})

    return await run_once(request, web, person, key, report, act)


@router.post(
    "/commands/{command}",
    summary="Give a command",
    description="A decision that is not a fact. All need `why`; some also take: "
    + ", ".join(f"`{name}` ({', '.join(PARAMETERS[name])})" if name in PARAMETERS else f"`{name}`" for name in COMMANDS)
    + ".",
    response_model=Receipt,
    responses={200: examples.answer("noted"), **problems(*CHANGE)},
    openapi_extra=examples.body("CommandOrder", note=examples.NOTE, hold=examples.HOLD),
)
async def give_command(
    request: Request,
    web: Web,
    person: Steerer,
    playbook: Playbook,
    practice: Practice,
    command: Annotated[Name, Path(examples=["note"])],
    order: Annotated[CommandOrder, Depends(json_body(CommandOrder))],
    key: Key = None,
) -> Response:
    identity = identity_of(playbook, practice)

    async def act(key: str | None) -> Answer:
        phone_from("Phone", (order.contact or {}).get("phone") or "")
        wanted = Command(**order.model_dump(), by=person.handle, key=key)
        if command == "reassign" and wanted.assignee:
            [(_, outcome)] = (await hand_over(web.desk, [identity], wanted)).outcomes
            if isinstance(outcome, Exception):
                raise outcome
            return Answer(200, outcome.model_dump(mode="json"), {})
        receipt = await web.desk.command(identity, command, wanted)
        return Answer(200, receipt.model_dump(mode="json"), {})

    return await run_once(request, web, person, key, order, act)


def _check(playbook: str, fact: str, report: FactReport) -> None:
    """Refuses values of a wrong type also where they could be converted: `true` is not one client. So it does a
    telephone without a number."""
    kind, _ = validate_fact(PLAYBOOKS[playbook], fact, report.data)
    try:
        kind.payload.model_validate_json(to_json(report.data), strict=True)
    except ValidationError as error:
        raise Refused(f"{fact}: {error_sentence(error)}.") from None
    for field in fields_of(kind.payload):
        if field.kind == "tel":
            phone_from(field.label, report.data.get(field.name) or "")
