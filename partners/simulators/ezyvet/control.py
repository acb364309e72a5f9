"""The JSON API `/control`, which seeds sites and shows what they hold.

    GET    /control                          the sites
    PUT    /control/sites/SITE               {"name", "users"?, "contacts"?, "animals"?, "consults"?, "client_id"?, ...}
    GET    /control/sites/SITE               its prescriptions with their items, its products, and counts of its calls
    POST   /control/sites/SITE               {"state"?, "old_mode"?, "token_seconds"?}
    POST   /control/sites/SITE/RESOURCE/ID   {FIELD: VALUE}; for example a user's "active", an animal's "is_dead"

A site is `live`, `revoked` (the practice took the access back) or `expired` (its trial ended). PUT answers with the
site's credentials, which are made up unless they are given; again, it adds and replaces records.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from partners.simulators.ezyvet.overview import one_site
from partners.simulators.ezyvet.resources import SCOPES
from partners.simulators.ezyvet.seeds import Records, Value, change_record, seed
from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Record, Site, State
from partners.simulators.guards import NotFound

router = APIRouter()


def get_simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


SimulatorDependency = Annotated[Simulator, Depends(get_simulator)]


class SiteSeed(Records):
    name: Annotated[str, Field(min_length=1)]
    time_zone: str = "America/Chicago"
    partner_id: str = ""
    partner_name: str = "Example Veterinary Pharmacy"
    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = SCOPES


class SiteChange(Value):
    state: State | None = None
    old_mode: bool | None = None
    token_seconds: Annotated[int, Field(ge=1)] | None = None


@router.get("/control")
async def show_all(simulator: SimulatorDependency) -> dict[str, Any]:
    return {"sites": [_shown(site) for site in simulator.store.sites.values()]}


@router.put("/control/sites/{uid}")
async def put_site(uid: str, given: SiteSeed, simulator: SimulatorDependency) -> dict[str, Any]:
    before = simulator.store.sites.get(uid)
    fields = given.model_dump(include=set(SiteSeed.model_fields) - set(Records.model_fields))
    fields["partner_id"] = given.partner_id or (before.partner_id if before else simulator.partner_id)
    fields["client_id"] = given.client_id or (before.client_id if before else secrets.token_hex(16))
    fields["client_secret"] = given.client_secret or (before.client_secret if before else secrets.token_urlsafe(32))
    site = before.model_copy(update=fields) if before else Site(uid=uid, **fields)
    simulator.store.save_site(site)
    seed(simulator.store, site, given)
    return _shown(site)


@router.get("/control/sites/{uid}")
async def show_site(uid: str, simulator: SimulatorDependency) -> dict[str, Any]:
    return one_site(simulator, find_site(simulator, uid))


@router.post("/control/sites/{uid}")
async def change_site(uid: str, change: SiteChange, simulator: SimulatorDependency) -> dict[str, Any]:
    site = find_site(simulator, uid).model_copy(update=change.model_dump(exclude_none=True))
    simulator.store.save_site(site)
    return _shown(site)


@router.post("/control/sites/{uid}/{resource}/{identity}")
async def change(
    uid: str, resource: str, identity: int, changes: dict[str, Any], simulator: SimulatorDependency
) -> Record:
    return change_record(simulator.store, find_site(simulator, uid), resource, identity, changes)


def find_site(simulator: Simulator, uid: str) -> Site:
    """Raises NotFound."""
    try:
        return simulator.store.sites[uid]
    except KeyError:
        raise NotFound(f"No site has the uid '{uid[:63]}'.") from None


def _shown(site: Site) -> dict[str, Any]:
    return site.model_dump(mode="json", exclude={"token"})
