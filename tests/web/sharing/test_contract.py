"""The members' API answers as its OpenAPI document says, and never with a fault of ours, whatever it is asked."""

from __future__ import annotations

import json
from pathlib import Path

import httpx2
import pytest

from store.accounts import access
from tests.patience import PATIENCE
from tests.web.clinic.conftest import Linked
from tests.web.schemathesis import run, succeeded
from tests.web.serving import serving
from tests.web.sharing.group import Group
from web.api import callers
from web.app import create_app

AT = "/api/clinics/{clinic}"
READ = {
    *(
        f"{AT}/clients{path}"
        for path in ("", "/{id}", "/{id}/patients", "/{id}/balance", "/{id}/invoices", "/{id}/history")
    ),
    *(
        f"{AT}/{path}"
        for path in ("patients/{id}/records", "inventory/{item}", "items", "tasks", "contacts", "sharing")
    ),
    "/api/me",
}
"""What is there to be read, so that it is answered at least once."""


async def test_no_fault_and_no_answer_that_is_not_documented(
    linked_web: Linked, group: Group, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callers, "MAX_FAILURES", 1_000_000)
    _, desk, settings = linked_web
    await group.share("north", "south")
    settings = settings.model_copy(update={"api_requests_a_minute": 1_000_000})
    clinic, member = f"/api/clinics/{group.id('north')}", group.members["north"]
    token = await access.create_member_token(desk.database, member.person, "test")
    async with (
        serving(create_app(desk, settings), settings) as served,
        httpx2.AsyncClient(base_url=served, headers={"Authorization": f"Bearer {token}"}, timeout=PATIENCE) as their,
    ):
        known = {"clinic": group.id("north"), "item": "rabies", "other": group.id("south"), "name": "inactive"}
        await their.put(f"{clinic}/items/rabies", json={"name": "Rabies", "reminds_after_days": 365})
        await their.put(f"{clinic}/inventory/rabies", json={"count": 10})
        for before, path, order in (
            ("clients", "clients", {"given_name": "Nina", "surname": "Newer"}),
            ("patients", "clients/{clients}/patients", {"name": "Rex"}),
            ("records", "patients/{patients}/records", {"at": "2026-11-01T10:00:00Z", "kind": "visit", "text": "Well"}),
            ("tasks", "tasks", {"title": "Call Nina", "assignee": member.email}),
        ):
            made = await their.post(f"{clinic}/{path.format(**known)}", json=order)
            assert made.status_code == 201, made.text
            known[before] = known[f"{AT}/{before}/"] = str(made.json()["id"])
        members = json.dumps(known)
        # What the team reads is asked for as well, with a token that does not open it.
        options = ("--include-tag", "members", "--include-method", "GET")
        report = await run(served, token, tmp_path, *options, members=members)
        missed = {("GET", path) for path in READ} - await succeeded(served)
        assert not missed, (missed, report)
