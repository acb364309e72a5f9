"""The JSON API: DataPoint's queue, as DataPoint might offer it, and `/control`, which makes the simulator misbehave.

    POST   /requests                                {"practice": {"id", "name"}, "primary_contact": {...}, "callback"?}
    DELETE /requests/PRACTICE
    GET    /control                                 everything
    POST   /control                                 {"speed"?, "automatic"?, "behaviours"?: {FACT: {"kind", "hours"?}}}
    GET    /control/practices/PRACTICE
    POST   /control/practices/PRACTICE              {"automatic"?, "clients"?, "now"?: TIME, "agent"?: STATE}
    POST   /control/practices/PRACTICE/signs/SIGN   (a heartbeat or a feed, now)
    POST   /control/practices/PRACTICE/steps/FACT   {"kind"?, "hours"?, "do"?: true}
    POST   /control/webhooks/NUMBER                 {"do": "retry" | "drop"}

The agent of a connected practice is `running`, `no_feed` or `silent`. `speed` divides every delay; the other settings
of `POST /control` hold for new practices. `now` advances the clock of one practice, as time travel advances that of
its onboarding.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field

from partners.datapoint import Queued, QueueRequest
from partners.simulators.datapoint.agent import FeedEventKind, State
from partners.simulators.datapoint.errors import check_behaviour
from partners.simulators.datapoint.overview import one_practice, overview
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.datapoint.steps import MAX_HOURS, Behaviour, BehaviourKind, Value
from partners.simulators.guards import NotFound
from playbooks.engine.fields import Count, Instant

router = APIRouter()


def get_simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


SimulatorDependency = Annotated[Simulator, Depends(get_simulator)]


class SettingsChange(Value):
    speed: Annotated[float, Field(gt=0, le=1e7)] | None = None
    automatic: bool | None = None
    behaviours: dict[str, Behaviour] | None = None


class PracticeChange(Value):
    automatic: bool | None = None
    clients: Count | None = None
    now: Instant | None = None
    agent: State | None = None


class StepChange(Value):
    kind: BehaviourKind | None = None
    hours: Annotated[float, Field(ge=0, le=MAX_HOURS)] = 0.0
    do: bool = False


class WebhookChange(Value):
    do: Literal["retry", "drop"]


@router.post("/requests", status_code=201)
async def request_integration(request: QueueRequest, simulator: SimulatorDependency, response: Response) -> Queued:
    """201 for a new practice, 200 for one that is in the queue already."""
    practice, new = simulator.accept(request)
    response.status_code = 201 if new else 200
    return Queued(practice_id=practice.id, queued_at=practice.done["queued"].at)


@router.delete("/requests/{practice}", status_code=204)
async def withdraw_request(practice: str, simulator: SimulatorDependency) -> None:
    simulator.remove(practice)


@router.get("/control")
async def show_all(simulator: SimulatorDependency) -> dict[str, Any]:
    return overview(simulator)


@router.post("/control")
async def change_settings(change: SettingsChange, simulator: SimulatorDependency) -> dict[str, Any]:
    for fact, behaviour in (change.behaviours or {}).items():
        check_behaviour(fact, behaviour)
    given = {name: getattr(change, name) for name in change.model_fields_set if getattr(change, name) is not None}
    simulator.store.save_settings(simulator.store.settings.model_copy(update=given))
    simulator.wake_all()
    return simulator.store.settings.model_dump(mode="json")


@router.get("/control/practices/{practice}")
async def show_practice(practice: str, simulator: SimulatorDependency) -> dict[str, Any]:
    return one_practice(simulator, simulator.practice(practice))


@router.post("/control/practices/{practice}")
async def change_practice(practice: str, change: PracticeChange, simulator: SimulatorDependency) -> dict[str, Any]:
    current = simulator.practice(practice)
    changes = change.model_dump(include={"automatic", "clients"}, exclude_none=True)
    if change.agent:
        changes["agent"] = current.agent.model_copy(update={"state": change.agent})
    if changes:
        simulator.save(current.change(**changes))
    if change.now:
        await simulator.set_clock(practice, change.now)
    return one_practice(simulator, simulator.practice(practice))


@router.post("/control/practices/{practice}/signs/{kind}")
async def send_feed_event(practice: str, kind: FeedEventKind, simulator: SimulatorDependency) -> dict[str, Any]:
    await simulator.send_feed_event(practice, kind)
    return one_practice(simulator, simulator.practice(practice))


@router.post("/control/practices/{practice}/steps/{fact}")
async def change_step(practice: str, fact: str, change: StepChange, simulator: SimulatorDependency) -> dict[str, Any]:
    if change.kind:
        simulator.set_behaviour(practice, fact, Behaviour(kind=change.kind, hours=change.hours))
    if change.do:
        await simulator.perform(practice, fact)
    return one_practice(simulator, simulator.practice(practice))


@router.post("/control/webhooks/{number}")
async def change_webhook(number: int, change: WebhookChange, simulator: SimulatorDependency) -> dict[str, Any]:
    webhook = simulator.store.webhook(number)
    if webhook is None:
        raise NotFound(f"No webhook has the number {number}.")
    act = simulator.webhooks.retry if change.do == "retry" else simulator.webhooks.drop
    act(webhook)
    return {"number": number, "done": change.do}
