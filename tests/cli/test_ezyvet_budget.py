"""`onboard ezyvet budget`: how much of ezyVet's limits a practice uses."""

from __future__ import annotations

import json

import httpx2

from machine.home import Home
from tests.cli.shell import Shell, practice_file
from tests.patience import PATIENCE


def test_the_limits_of_a_practice_are_shown(onboard: Shell, system: Home) -> None:
    ready = system.read_ready()
    assert ready
    onboard.ok("start", "ezyvet", "-", stdin=json.dumps(practice_file("budget-vet")))
    users = [{"id": 10, "first_name": "Vera", "last_name": "Okafor", "is_vet": True}]
    site = httpx2.put(
        f"{ready['ezyvet']}/control/sites/budget-vet", json={"name": "Budget", "users": users}, timeout=PATIENCE
    ).json()
    assert "budget-vet" not in onboard.ok("ezyvet", "budget").out
    credentials = {name: site[name] for name in ("client_id", "client_secret", "partner_id")} | {
        "site_uid": site["uid"]
    }
    onboard.ok("ezyvet", "connect", "budget-vet", "-", stdin=json.dumps(credentials))
    (found,) = onboard.ok("ezyvet", "budget", "budget-vet", "--json").json["practices"]
    assert (found["practice"], found["state"]) == ("budget-vet", "credentials")
    used = {each["endpoint"]: (each["used"], each["free"], each["limit"], each["waiting"]) for each in found["limits"]}
    assert used == {None: (2, 178, 180, 0), "oauth/access_token": (1, 59, 60, 0), "user": (1, 59, 60, 0)}
    shown = onboard.ok("ezyvet", "budget").out
    assert "2 of 180" in shown
    assert "oauth/access_token" in shown
