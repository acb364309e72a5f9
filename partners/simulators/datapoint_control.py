"""The stand-in over JSON: DataPoint's queue, as DataPoint might offer it, and `/control`, which tells it to misbehave.

    POST   /requests                                {"practice": {"id", "name"}, "primary_contact": {...}, "callback"?}
    DELETE /requests/PRACTICE
    GET    /control                                 all that it knows
    POST   /control                                 {"speed"?, "automatic"?, "behaviours"?: {FACT: {"kind", "hours"?}}}
    GET    /control/practices/PRACTICE
    POST   /control/practices/PRACTICE              {"automatic"?, "clients"?, "now"?: TIME, "agent"?: STATE}
    POST   /control/practices/PRACTICE/signs/SIGN   (a heartbeat or a feed, now)
    POST   /control/practices/PRACTICE/steps/FACT   {"kind"?, "hours"?, "do"?: true}
    POST   /control/webhooks/NUMBER                 {"do": "retry" | "drop"}

The agent of a connected practice is `running`, `no_feed` or `silent`. `speed` divides every delay. The rest of
`POST /control` is what new practices begin with. `now` moves the clock of one practice, as time travel moves that of
its onboarding.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from partners.datapoint import Queued, QueueRequest
from partners.simulators.datapoint_admin import Office
from partners.simulators.datapoint_agent import Sign, State
from partners.simulators.datapoint_problem import NotFound, check_behaviour
from partners.simulators.datapoint_progress import MOST_HOURS, Behaviour, Kind, Value
from partners.simulators.datapoint_view import one_practice, overview
from playbooks.engine.fields import Count, Instant

router = APIRouter()


def the_office(request: Request) -> Office:
    office: Office = request.app.state.office
    return office


Here = Annotated[Office, Depends(the_office)]


class ProgramChange(Value):
    speed: Annotated[float, Field(gt=0, le=1e7)] | None = None
    automatic: bool | None = None
    behaviours: dict[str, Behaviour] | None = None


class PracticeChange(Value):
    automatic: bool | None = None
    clients: Count | None = None
    now: Instant | None = None
    agent: State | None = None


class StepChange(Value):
    kind: Kind | None = None
    hours: Annotated[float, Field(ge=0, le=MOST_HOURS)] = 0.0
    do: bool = False


class WebhookChange(Value):
    do: Literal["retry", "drop"]


@router.post("/requests", status_code=201)
async def request_integration(wanted: QueueRequest, office: Here, response: Response) -> Queued:
    """201 for a new practice, 200 for one that is in the queue already."""
    practice, new = office.accept(wanted)
    response.status_code = 201 if new else 200
    return Queued(practice_id=practice.id, queued_at=practice.done["queued"].at)


@router.delete("/requests/{practice}", status_code=204)
async def withdraw_request(practice: str, office: Here) -> None:
    office.remove(practice)


@router.get("/control")
async def show_all(office: Here) -> dict[str, Any]:
    return overview(office)


@router.post("/control")
async def change_program(change: ProgramChange, office: Here) -> dict[str, Any]:
    for fact, behaviour in (change.behaviours or {}).items():
        check_behaviour(fact, behaviour)
    given = {name: getattr(change, name) for name in change.model_fields_set if getattr(change, name) is not None}
    office.store.save_program(office.store.program.model_copy(update=given))
    office.look_again()
    return office.store.program.model_dump(mode="json")


@router.get("/control/practices/{practice}")
async def show_practice(practice: str, office: Here) -> dict[str, Any]:
    return one_practice(office, office.practice(practice))


@router.post("/control/practices/{practice}")
async def change_practice(practice: str, change: PracticeChange, office: Here) -> dict[str, Any]:
    known = office.practice(practice)
    changes = change.model_dump(include={"automatic", "clients"}, exclude_none=True)
    if changes:
        office.save(known.change(**changes))
    if change.agent:
        known = office.practice(practice)
        office.save(known.change(agent=known.agent.model_copy(update={"state": change.agent})))
    if change.now:
        await office.set_clock(practice, change.now)
    return one_practice(office, office.practice(practice))


@router.post("/control/practices/{practice}/signs/{sign}")
async def give_sign(practice: str, sign: Sign, office: Here) -> dict[str, Any]:
    await office.give(practice, sign)
    return one_practice(office, office.practice(practice))


@router.post("/control/practices/{practice}/steps/{fact}")
async def change_step(practice: str, fact: str, change: StepChange, office: Here) -> dict[str, Any]:
    if change.kind:
        office.behave(practice, fact, Behaviour(kind=change.kind, hours=change.hours))
    if change.do:
        await office.do(practice, fact)
    return one_practice(office, office.practice(practice))


@router.post("/control/webhooks/{number}")
async def change_webhook(number: int, change: WebhookChange, office: Here) -> dict[str, Any]:
    webhook = office.store.webhook(number)
    if webhook is None:
        raise NotFound(f"No webhook has the number {number}.")
    act = office.webhooks.retry if change.do == "retry" else office.webhooks.drop
    act(webhook)
    return {"number": number, "done": change.do}
