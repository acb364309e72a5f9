"""What the simulator can be told to do wrong: with the next calls, or at random by a seed.

A fault concerns the calls of a site, an endpoint and a method, or all. It happens before ezyVet has done what it was
asked for, and instead of it, or after. `slow` waits for `seconds`, and `hold` until `POST /control/release`; those
happen as well as another fault. Of the others, the one that was set first happens.
"""

from __future__ import annotations

import random
from typing import Annotated, Literal

from pydantic import Field, model_validator

from partners.simulators.ezyvet.seeds import Value
from partners.simulators.ezyvet.store import Store

Kind = Literal["slow", "hold", "cut", "late", "half_answer", "429", "500", "html", "empty", "other_json"]
DELAYS = ("slow", "hold")

KINDS: dict[Kind, str] = {
    "slow": "waits for some seconds",
    "hold": "waits until it is released",
    "cut": "ends the connection without an answer",
    "late": "ends the connection without an answer, and does what it was asked for after some seconds",
    "half_answer": "ends the connection in the middle of the answer",
    "429": "answers that too many requests came",
    "500": "answers with an error of the server",
    "html": "answers with a page instead of JSON",
    "empty": "answers with nothing",
    "other_json": "answers with JSON that says nothing",
}


class Fault(Value):
    """With `next`, it happens with so many calls; with `probability`, by chance, for ever; else with each call.

    `seconds` are those of `slow` and `late`, and those that `429` names. `status` is that of `500` and `html`.
    """

    do: Kind
    when: Literal["before", "after"] = "before"
    site: str | None = None
    endpoint: str | None = None
    method: str | None = None
    next: Annotated[int, Field(ge=1)] | None = None
    probability: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: int = 0
    seconds: Annotated[float, Field(ge=0, le=3600)] = 5.0
    status: Annotated[int, Field(ge=200, le=599)] | None = None
    calls: int = 0
    """The calls that it concerned until now."""

    @model_validator(mode="after")
    def _possible(self) -> Fault:
        if self.next and self.probability:
            raise ValueError("give either next or probability")
        if self.do == "half_answer" and self.when == "before":
            raise ValueError("a half answer comes after: set when to after")
        if self.do == "late" and self.when == "after":
            raise ValueError("late is before: what was asked for is done later")
        return self

    def concerns(self, site: str, endpoint: str, method: str) -> bool:
        wanted = ((self.site, site), (self.endpoint, endpoint), (self.method, method))
        return all(mine is None or mine == given for mine, given in wanted)

    @property
    def happens(self) -> bool:
        """Whether it happens with the next call that it concerns; after a restart the chances go on as they would."""
        if self.probability is None:
            return True
        return random.Random(f"{self.seed}/{self.calls}").random() < self.probability  # noqa: S311

    @property
    def over(self) -> bool:
        return self.next is not None and self.calls >= self.next


class Faults:
    def __init__(self, store: Store) -> None:
        self._store = store

    def add(self, fault: Fault) -> None:
        self._store.save_fault(None, fault.model_dump_json())

    def all(self) -> list[Fault]:
        return [Fault.model_validate_json(value) for _, value in self._store.faults()]

    def clear(self) -> None:
        self._store.delete_faults()

    def next(self, site: str, endpoint: str, method: str) -> list[Fault]:
        """The faults that happen with this call: any delays, and one other at most."""
        happening: list[Fault] = []
        for number, value in self._store.faults():
            fault = Fault.model_validate_json(value)
            if not fault.concerns(site, endpoint, method):
                continue
            if fault.do not in DELAYS and any(each.do not in DELAYS for each in happening):
                continue
            if fault.happens:
                happening.append(fault)
            fault = fault.model_copy(update={"calls": fault.calls + 1})
            self._store.save_fault(number, None if fault.over else fault.model_dump_json())
        return happening
