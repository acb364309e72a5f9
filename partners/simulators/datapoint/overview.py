"""What the index page and `/control` show: the queue, each practice's steps, and the webhooks with their answers."""

from __future__ import annotations

from typing import Any

from partners.simulators.datapoint.agent import next_feed_event
from partners.simulators.datapoint.simulator import Simulator
from partners.simulators.datapoint.steps import STEP_OF_FACT, STEPS, Practice, Step, due_at, next_step

MAX_WEBHOOKS = 100


def overview(simulator: Simulator) -> dict[str, Any]:
    """The settings, the practices (latest first) and the latest webhooks, as plain values."""
    return {
        "program": simulator.store.settings.model_dump(mode="json"),
        "practices": [one_practice(simulator, each) for each in reversed(simulator.store.practices.values())],
        "webhooks": [each.model_dump(mode="json") for each in simulator.store.webhooks(MAX_WEBHOOKS)],
    }


def one_practice(simulator: Simulator, practice: Practice) -> dict[str, Any]:
    """One practice; times are on its own clock."""
    speed = simulator.store.settings.speed
    step = next_step(practice, speed)
    return {
        "id": practice.id,
        "name": practice.name,
        "primary_contact": practice.contact.model_dump(mode="json"),
        "automatic": practice.automatic,
        "clients": practice.clients,
        "now": simulator.now(practice).isoformat(),
        "next": {"fact": step[1].fact, "due": step[0].isoformat()} if step else None,
        "trouble": practice.last_error,
        "agent": _agent(practice, speed),
        "steps": [_step(practice, step, speed) for step in STEPS],
    }


def _agent(practice: Practice, speed: float) -> dict[str, Any]:
    connected = practice.done.get("data_received")
    event = next_feed_event(connected.at if connected else None, practice.agent, speed)
    return {
        "state": practice.agent.state,
        "connected": connected is not None,
        "given": {kind: at.isoformat() for kind, at in practice.agent.last_sent.items()},
        "next": {"sign": event[1], "due": event[0].isoformat()} if event else None,
    }


def _step(practice: Practice, step: Step, speed: float) -> dict[str, Any]:
    behaviour, done = practice.behaviour(step.fact), practice.done.get(step.fact)
    due = due_at(practice, step, speed)
    return {
        "fact": step.fact,
        "title": step.title,
        "done": done.at.isoformat() if done else None,
        "data": done.data if done else {},
        "due": due.isoformat() if due else None,
        "waits_for": _waits_for(practice, step),
        "behaviour": behaviour.kind,
        "hours": behaviour.hours,
        "mails": bool(step.mails),
    }


def _waits_for(practice: Practice, step: Step) -> str | None:
    """What must happen first, as text; None if nothing."""
    if step.fact in practice.done:
        return None
    missing = [STEP_OF_FACT[fact].title for fact in step.after if fact not in practice.done]
    if missing:
        return ", ".join(missing)
    if practice.behaviour(step.fact).kind == "silent":
        return "somebody who does it by hand"
    if step.who != "datapoint" and not practice.automatic:
        return f"the {step.who.replace('_', ' ')}, who has a link by mail"
    return None
