"""What cannot be done at the stand-in, said in a sentence."""

from __future__ import annotations

from partners.simulators.datapoint_progress import BY_FACT, STEPS, Behaviour, Step


class Refused(Exception):
    """Something that cannot be done now; the message is a sentence."""


class NotFound(Refused):
    """A practice, step, event or link that does not exist (any more)."""


def step_called(fact: str) -> Step:
    """Raises NotFound naming the steps there are."""
    if fact not in BY_FACT:
        raise NotFound(f"'{fact[:63]}' is no step: choose one of {', '.join(BY_FACT)}.")
    return BY_FACT[fact]


def check_behaviour(fact: str, behaviour: Behaviour) -> None:
    """Raises Refused if a step cannot behave like that."""
    if step_called(fact) is STEPS[-1] and behaviour.kind == "out_of_order":
        raise Refused("Nothing comes after the first import, so nothing can overtake it.")
    if step_called(fact) is STEPS[0] and behaviour.kind in ("late", "silent"):
        raise Refused("A practice is in the queue as soon as it is asked for; only the webhook can misbehave.")
