"""The JSON API `/control`, which seeds sites, shows what they hold, and makes the simulator misbehave.

    GET    /control                          the speed, the faults, and the sites with counts
    POST   /control                          {"speed"}: divides the 60 seconds of the limits
    PUT    /control/sites/SITE               {"name", "users"?, "contacts"?, "animals"?, "consults"?, "client_id"?, ...}
    GET    /control/sites/SITE               its prescriptions with their items, its products, and counts of its calls
    POST   /control/sites/SITE               {"state"?, "old_mode"?, "token_seconds"?, "page_rows"?, "end_token"?: true}
    POST   /control/sites/SITE/RESOURCE/ID   {FIELD: VALUE}; as a user's "active", a prescriptionitem's "qty"
    GET    /control/sites/SITE/calls         ?endpoint=&method=&after=NUMBER, and to wait: &at_least=COUNT&answered=true
    POST   /control/faults                   {"do": KIND, "when"?: "before" | "after", "site"?, "endpoint"?, "method"?,
                                              "next"?: COUNT | "probability"? with "seed"?, "seconds"?, "status"?}
    DELETE /control/faults                   the calls that are held go on, too
    POST   /control/release                  only that

A site is `live`, `revoked` (the practice took the access back) or `expired` (its trial ended). PUT answers with the
site's credentials, which are made up unless they are given; again, it adds and replaces records. An endpoint is
`externalprescription`, `animal`, `oauth/access_token` and so on. The kinds of faults are in `faults.py`.
"""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from pydantic import Field

from partners.simulators.ezyvet.faults import Fault
from partners.simulators.ezyvet.filters import MAX_LIMIT
from partners.simulators.ezyvet.overview import one_site, overview, site_settings
from partners.simulators.ezyvet.resources import SCOPES
from partners.simulators.ezyvet.seeds import Records, Value, change_record, seed
from partners.simulators.ezyvet.simulator import Simulator
from partners.simulators.ezyvet.store import Record, Site, State
from partners.simulators.guards import NotFound, SimulatorProblem
from playbooks.engine.fields import TimeZone

router = APIRouter()


def get_simulator(request: Request) -> Simulator:
    simulator: Simulator = request.app.state.simulator
    return simulator


SimulatorDependency = Annotated[Simulator, Depends(get_simulator)]


class SiteSeed(Records):
    name: Annotated[str, Field(min_length=1)]
    time_zone: TimeZone = "America/Chicago"
    partner_id: str = ""
    partner_name: str = "Example Veterinary Pharmacy"
    client_id: str = ""
    client_secret: str = ""
    scopes: tuple[str, ...] = SCOPES


class SiteChange(Value):
    state: State | None = None
    old_mode: bool | None = None
    token_seconds: Annotated[int, Field(ge=1)] | None = None
    page_rows: Annotated[int, Field(ge=1, le=MAX_LIMIT)] | None = None
    end_token: bool = False


class SettingsChange(Value):
    speed: Annotated[float, Field(gt=0, le=1e4)]


@router.get("/control")
async def show_all(simulator: SimulatorDependency) -> dict[str, Any]:
    return overview(simulator)


@router.post("/control")
async def change_settings(change: SettingsChange, simulator: SimulatorDependency) -> dict[str, Any]:
    simulator.set_speed(change.speed)
    return {"speed": change.speed}


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
    return site_settings(site)


@router.get("/control/sites/{uid}")
async def show_site(uid: str, simulator: SimulatorDependency) -> dict[str, Any]:
    return one_site(simulator, find_site(simulator, uid))


@router.post("/control/sites/{uid}")
async def change_site(uid: str, change: SiteChange, simulator: SimulatorDependency) -> dict[str, Any]:
    changes = change.model_dump(exclude_none=True, exclude={"end_token"}) | ({"token": ""} if change.end_token else {})
    site = find_site(simulator, uid).model_copy(update=changes)
    simulator.store.save_site(site)
    return site_settings(site)


@router.post("/control/sites/{uid}/{resource}/{identity}")
async def change(
    uid: str, resource: str, identity: int, changes: dict[str, Any], simulator: SimulatorDependency
) -> Record:
    return change_record(simulator.store, find_site(simulator, uid), resource, identity, changes)


@router.get("/control/sites/{uid}/calls")
async def show_calls(
    uid: str,
    simulator: SimulatorDependency,
    endpoint: str | None = None,
    method: str | None = None,
    after: int = 0,
    at_least: Annotated[int, Field(ge=0)] = 0,
    answered: bool = False,
    seconds: Annotated[float, Field(gt=0, le=600)] = 60.0,
) -> dict[str, Any]:
    """With `at_least`, once so many calls came (and are answered): 409 if it takes longer than `seconds`."""
    site = find_site(simulator, uid)
    equal = {name: value for name, value in (("endpoint", endpoint), ("method", method)) if value}

    def calls() -> list[dict[str, Any]]:
        found = simulator.store.calls(site.uid, after, **equal)
        return [call for call in found if call["answered_at"] or not answered]

    if not await simulator.until(lambda: len(calls()) >= at_least, seconds):
        raise SimulatorProblem(f"Only {len(calls())} such calls came within {seconds:g} s.")
    return {"calls": calls()}


@router.post("/control/faults")
async def add_fault(fault: Fault, simulator: SimulatorDependency) -> dict[str, Any]:
    simulator.faults.add(fault)
    return {"faults": [each.model_dump(mode="json") for each in simulator.faults.all()]}


@router.delete("/control/faults", status_code=204)
async def clear_faults(simulator: SimulatorDependency) -> None:
    simulator.faults.clear()
    simulator.release()


@router.post("/control/release", status_code=204)
async def release(simulator: SimulatorDependency) -> None:
    simulator.release()


def find_site(simulator: Simulator, uid: str) -> Site:
    """Raises NotFound."""
    try:
        return simulator.store.sites[uid]
    except KeyError:
        raise NotFound(f"No site has the uid '{uid[:63]}'.") from None
