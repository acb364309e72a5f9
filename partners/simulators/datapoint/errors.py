"""What the simulator refuses, each in one sentence."""

from __future__ import annotations

from partners.simulators.datapoint.steps import STEP_OF_FACT, STEPS, Behaviour, Step
from partners.simulators.guards import NotFound, SimulatorProblem


def find_step(fact: str) -> Step:
    """The step that brings about this fact. Raises NotFound, which names the steps."""
    if fact not in STEP_OF_FACT:
        raise NotFound(f"'{fact[:63]}' is not a step: choose one of {', '.join(STEP_OF_FACT)}.")
    return STEP_OF_FACT[fact]


def check_behaviour(fact: str, behaviour: Behaviour) -> None:
    """Raises SimulatorProblem if a step cannot misbehave like that."""
    if find_step(fact) is STEPS[-1] and behaviour.kind == "out_of_order":
        raise SimulatorProblem("Nothing comes after the first import, so nothing can overtake it.")
    if find_step(fact) is STEPS[0] and behaviour.kind in ("late", "silent"):
        raise SimulatorProblem("A practice is in the queue as soon as it is asked for; only the webhook can misbehave.")
