"""The simulators of partners' systems that `onboard up` starts, unless the real ones are used."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from machine.components import Component
from machine.datapoint_simulator import DATAPOINT, webhook_secret
from machine.home import Home


@dataclass(frozen=True)
class Simulator:
    """One of them. `name` is that of its component, its port and its address; people read `title`.

    The settings `url_setting` and `secret_setting` say where the real one is and what both sides sign with; while they
    are not set, they are the simulator's address and what `secret` makes.
    """

    component: Component
    title: str
    url_setting: str
    secret_setting: str
    secret: Callable[[Home], str]

    @property
    def name(self) -> str:
        return self.component.name


SIMULATORS = (Simulator(DATAPOINT, "DataPoint", "datapoint_url", "datapoint_webhook_secret", webhook_secret),)
