"""`onboard ezyvet`, against the running system and its simulator of ezyVet (RX)."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import pytest

from machine.home import Home
from partners.simulators.ezyvet.samples import SAMPLE
from tests.cli.shell import Shell, practice_file
from tests.patience import PATIENCE

PRACTICE = "ezyvet-by-command"


@pytest.fixture(scope="module")
def site(system: Home) -> dict[str, Any]:
    """The practice's site in the system's simulator."""
    url = f"{system.running()['ezyvet']}/control/sites/{PRACTICE}"
    answer = httpx2.put(url, json={"name": PRACTICE, **SAMPLE.model_dump()}, trust_env=False).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def test_rx_a_practice_is_connected_by_commands(onboard: Shell, site: dict[str, Any]) -> None:
    onboard.ok("start", "ezyvet", "-", stdin=json.dumps(practice_file(PRACTICE)))
    wrong = "\n".join(f"{name}: x" for name in ("client_id", "client_secret", "site_uid"))
    assert "ezyVet refuses the credentials (401" in onboard.refused("ezyvet", "connect", PRACTICE, "-", stdin=wrong)
    given = {"client_id": site["client_id"], "client_secret": site["client_secret"], "site_uid": site["uid"]}
    told = onboard.ok("ezyvet", "connect", PRACTICE, "-", stdin=json.dumps(given)).out
    assert "4 users, 2 with vet rights" in told
    assert site["client_secret"] not in told
    users = onboard.ok("ezyvet", "users", PRACTICE, "--json").json["users"]
    assert [user["id"] for user in users if user["vet"]] == [10, 13]
    refused = onboard.refused("ezyvet", "prescribers", PRACTICE, "dr-okafor=12")
    assert "dr-okafor: the ezyVet user 12 (Reception) is not a vet" in refused
    chosen = onboard.ok("ezyvet", "prescribers", PRACTICE, "dr-okafor=10", "dr-wim=13", "--json").json
    assert [each["user"] for each in chosen["prescribers"]] == [10, 13]
    assert "not ready for the test" in onboard.refused("ezyvet", "test", PRACTICE, "--patient", "6")
    assert "not live yet" in onboard.refused("ezyvet", "reconcile", PRACTICE)
    assert onboard.ok("ezyvet", "reconcile").out == "No practice's ezyVet is live yet.\n"
    assert "Nothing differs" in onboard.refused("ezyvet", "settle", PRACTICE, "rx-1", "ours")
    record = "prescriptions", "record", "rx-nothing"
    assert "There is no prescription rx-nothing" in onboard.refused(*record, "dismiss", "concern=died/2")
    assert "is not an event of a prescription" in onboard.refused(*record, "expire")
    assert "decision" in onboard.refused(*record, "resolve", "decision=maybe")
    assert "is not FIELD=VALUE" in onboard.refused(*record, "resolve", "send")
    assert onboard.ok("show", f"ezyvet/{PRACTICE}", "--json").json["stage"] == "prescribers"
    told = onboard.ok("ezyvet", "disconnect", PRACTICE, "--why", "sold").out
    assert "Nothing is done yet" in told and onboard.ok("ezyvet", "users", PRACTICE)
    told = onboard.ok("ezyvet", "disconnect", PRACTICE, "--why", "sold", "--yes").out
    assert "The credentials are deleted for good" in told
    assert "There are no ezyVet credentials" in onboard.refused(
        "ezyvet", "disconnect", PRACTICE, "--why", "sold", "--yes"
    )
    assert onboard.ok("show", f"ezyvet/{PRACTICE}", "--json").json["stage"] == "access"


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
