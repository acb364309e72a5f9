"""The pages for demos: the sites, and a site's prescriptions as a vet sees them, with buttons for what may happen."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, RedirectResponse, Response

from partners.simulators.ezyvet import control
from partners.simulators.ezyvet.control import SimulatorDependency, find_site
from partners.simulators.ezyvet.medications import medications
from partners.simulators.ezyvet.overview import overview
from partners.simulators.ezyvet.samples import SAMPLE
from partners.simulators.ezyvet.seeds import change_record
from partners.simulators.guards import SimulatorProblem
from partners.simulators.rendering import make_environment, read_form, render_page, style_sheet

MAX_ROWS = 50
STATES = {"live": "the partner has access", "revoked": "the practice took the access back", "expired": "trial ended"}
environment = make_environment(Path(__file__).parent / "templates", system="ezyVet", short="ezyVet", company="ezyVet")

router = APIRouter(include_in_schema=False)


@router.get("/", response_class=HTMLResponse)
async def index(simulator: SimulatorDependency) -> HTMLResponse:
    return render_page(environment, "index.html", **overview(simulator), states=STATES)


@router.get("/style.css")
async def style() -> FileResponse:
    return style_sheet()


@router.post("/sites")
async def add_sample(request: Request, simulator: SimulatorDependency) -> Response:
    name = (await read_form(request)).get("name", "")
    uid = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    if not uid:
        raise SimulatorProblem("Not added: give the practice a name with letters or digits.")
    await control.put_site(uid, control.SiteSeed(name=name, **dict(SAMPLE)), simulator)
    return RedirectResponse(f"/sites/{uid}", 303)


@router.get("/sites/{uid}", response_class=HTMLResponse)
async def site(uid: str, simulator: SimulatorDependency, patient: str = "") -> HTMLResponse:
    shown = find_site(simulator, uid)
    store = simulator.store
    rows, hidden = medications(store, shown, MAX_ROWS, patient)
    animals = [each for each in store.all(uid, "animal") if patient.strip().lower() in each["name"].lower()]
    return render_page(
        environment,
        "site.html",
        site=shown,
        states=STATES,
        medications=rows,
        hidden=hidden,
        users=store.all(uid, "user"),
        animals=animals[:MAX_ROWS],
        hidden_animals=len(animals[MAX_ROWS:]),
        products=store.all(uid, "product"),
        calls=store.call_counts(uid),
        patient=patient,
    )


@router.get("/sites/{uid}/credentials.txt")
async def credentials(uid: str, simulator: SimulatorDependency) -> PlainTextResponse:
    """The file that ezyVet lets a practice download, a line for each value."""
    shown = find_site(simulator, uid)
    names = ("partner_id", "client_id", "client_secret")
    text = "".join(f"{name}: {getattr(shown, name)}\n" for name in names) + f"site_uid: {uid}\n"
    return PlainTextResponse(text, headers={"Content-Disposition": 'attachment; filename="credentials.txt"'})


@router.post("/sites/{uid}")
async def change_site(uid: str, request: Request, simulator: SimulatorDependency) -> Response:
    state = (await read_form(request)).get("state")
    if state not in STATES:
        raise SimulatorProblem("Nothing was changed: press one of the buttons.")
    change = control.SiteChange.model_validate({"state": state})
    await control.change_site(uid, change, simulator)
    return RedirectResponse(f"/sites/{uid}", 303)


@router.post("/sites/{uid}/{resource}/{identity}")
async def change(uid: str, resource: str, identity: int, request: Request, simulator: SimulatorDependency) -> Response:
    changes = await read_form(request)
    change_record(simulator.store, find_site(simulator, uid), resource, identity, dict(changes))
    return RedirectResponse(f"/sites/{uid}#{resource}s", 303)
