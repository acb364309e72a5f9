"""The simulators of partners' systems that `onboard up` starts, unless the real ones are used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from machine.components import Component
from machine.datapoint_simulator import DATAPOINT, webhook_secret
from machine.ezyvet_simulator import EZYVET, PARTNER
from machine.home import Home


@dataclass(frozen=True)
class Simulator:
    """One of them. `name` is that of its component, its port and its address; people read `title`.

    The setting `url_setting` says where the real one is, and `secret_setting`, if there is one, what both sides sign
    with; while they are not set, they are the simulator's address and what `secret` makes. With the address, the
    product gets `settings`, unless they are set.
    """

    component: Component
    title: str
    url_setting: str
    secret_setting: str | None = None
    secret: Callable[[Home], str] | None = None
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.component.name


SIMULATORS = (
    Simulator(
        DATAPOINT,
        "DataPoint",
        "datapoint_url",
        "datapoint_webhook_secret",
        webhook_secret,
        {"datapoint_address": "help@datapoint.example", "datapoint_phone": "(207) 555-0147"},
    ),
    Simulator(EZYVET, "ezyVet", "ezyvet_url", settings={"ezyvet_partner_id": PARTNER}),
)
