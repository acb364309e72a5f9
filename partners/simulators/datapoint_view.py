"""What the index page and `/control` show: the queue, each practice's steps, and the webhooks with their answers."""

from __future__ import annotations

from typing import Any

from partners.simulators.datapoint_admin import Office
from partners.simulators.datapoint_agent import next_sign
from partners.simulators.datapoint_progress import BY_FACT, STEPS, Practice, Step, due, next_due

SHOWN_WEBHOOKS = 100


def overview(office: Office) -> dict[str, Any]:
    """Everything, as plain values: the practices latest first, and the latest webhooks."""
    return {
        "program": office.store.program.model_dump(mode="json"),
        "practices": [one_practice(office, each) for each in reversed(office.store.practices.values())],
        "webhooks": [each.model_dump(mode="json") for each in office.store.webhooks(SHOWN_WEBHOOKS)],
    }


def one_practice(office: Office, practice: Practice) -> dict[str, Any]:
    """One practice; times are on its own clock."""
    coming = next_due(practice, office.store.program.speed)
    return {
        "id": practice.id,
        "name": practice.name,
        "primary_contact": practice.contact.model_dump(mode="json"),
        "automatic": practice.automatic,
        "clients": practice.clients,
        "now": office.now(practice).isoformat(),
        "next": {"fact": coming[1].fact, "due": coming[0].isoformat()} if coming else None,
        "trouble": practice.trouble,
        "agent": _agent(practice, office.store.program.speed),
        "steps": [_step(practice, step, office.store.program.speed) for step in STEPS],
    }


def _agent(practice: Practice, speed: float) -> dict[str, Any]:
    connected = practice.done.get("data_received")
    sign = next_sign(connected.at if connected else None, practice.agent, speed)
    return {
        "state": practice.agent.state,
        "connected": connected is not None,
        "given": {name: at.isoformat() for name, at in practice.agent.given.items()},
        "next": {"sign": sign[1], "due": sign[0].isoformat()} if sign else None,
    }


def _step(practice: Practice, step: Step, speed: float) -> dict[str, Any]:
    behaviour, done = practice.behaviour(step.fact), practice.done.get(step.fact)
    when = due(practice, step, speed)
    return {
        "fact": step.fact,
        "title": step.title,
        "done": done.at.isoformat() if done else None,
        "data": done.data if done else {},
        "due": when.isoformat() if when else None,
        "waits_for": _waits_for(practice, step),
        "behaviour": behaviour.kind,
        "hours": behaviour.hours,
        "mails": bool(step.mails),
    }


def _waits_for(practice: Practice, step: Step) -> str | None:
    """What has to come first, in words, if anything has."""
    if step.fact in practice.done:
        return None
    missing = [BY_FACT[fact].title for fact in step.after if fact not in practice.done]
    if missing:
        return ", ".join(missing)
    if practice.behaviour(step.fact).kind == "silent":
        return "somebody who does it by hand"
    if step.who != "datapoint" and not practice.automatic:
        return f"the {step.who.replace('_', ' ')}, who has a link by mail"
    return None
