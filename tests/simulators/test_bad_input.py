"""What the simulator refuses, each in a sentence that says what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.patience import PATIENCE
from tests.simulators.trial import RIVERSIDE, RunningSimulator, Trial, fill_in, link_in

Shared = tuple[Trial, RunningSimulator]
DANA = {"name": "Dana", "email": "dana@riverside.example"}


@pytest.mark.parametrize(
    ("path", "body", "status", "said"),
    [
        ("/requests", {}, 422, "practice: Field required; primary_contact: Field required."),
        ("/requests", {"practice": {"id": "No Good", "name": "x"}, "primary_contact": DANA}, 422, "'No Good' must be"),
        (
            "/requests",
            {"practice": {"id": "a", "name": "x"}, "primary_contact": DANA | {"email": "dana"}},
            422,
            "'dana' is not an e-mail address",
        ),
        (
            "/requests",
            {"practice": {"id": "a", "name": "x"}, "primary_contact": DANA, "callback": "file:///etc/passwd"},
            422,
            "callback: URL scheme should be 'http' or 'https'",
        ),
        ("/control", {"speed": 0}, 422, "speed: Input should be greater than 0"),
        ("/control", {"color": "red"}, 422, "color: Extra inputs are not permitted"),
        ("/control", {"behaviours": {"dancing": {}}}, 404, "'dancing' is not a step: choose one of queued,"),
        ("/control/practices/nobody", {}, 404, "No practice 'nobody' is in the queue."),
        ("/control/practices/bad/steps/dancing", {"do": True}, 404, "'dancing' is not a step"),
        (
            "/control/practices/bad/steps/eula_accepted",
            {"kind": "rude"},
            422,
            "kind: Input should be 'on_time', 'late'",
        ),
        ("/control/practices/bad/steps/queued", {"kind": "silent"}, 409, "only the webhook can misbehave"),
        ("/control/practices/bad/steps/queued", {"do": True}, 409, "has happened already"),
        ("/control/practices/bad/steps/import_completed", {"kind": "out_of_order"}, 409, "Nothing comes after"),
        ("/control/practices/bad/steps/technical_contact_reached", {"do": True}, 409, "nobody to write to"),
        ("/control/practices/bad", {"now": "2026-11-22T10:00"}, 422, "now: "),
        ("/control/webhooks/999999", {"do": "retry"}, 404, "No webhook has the number 999999."),
    ],
)
async def test_json(shared: Shared, path: str, body: dict[str, Any], status: int, said: str) -> None:
    _, simulator = shared
    await simulator.queue("bad")
    answer = await simulator.http.post(path, json=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    ("path", "fields", "status", "said"),
    [
        ("/practices", {"id": "Bad Id", "name": "<i>x"}, 422, "Not added: practice.id"),
        ("/program", {"speed": "fast"}, 422, "Not changed: speed"),
        ("/practices/page/steps/invitation_sent", {"kind": "late", "hours": "-1"}, 422, "hours must be at least 0"),
        ("/practices/page/steps/technical_contact_reached", {"do": "now"}, 409, "nobody to write to"),
        ("/practices/nobody", {"do": "day"}, 404, "No practice &#39;nobody&#39; is in the queue."),
        ("/webhooks/999999", {}, 404, "No webhook has the number 999999."),
        ("/registration/guess/eula", {}, 404, "This link is not known"),
        ("/installation/guess", {}, 404, "This link no longer works"),
    ],
)
async def test_pages(shared: Shared, path: str, fields: dict[str, str], status: int, said: str) -> None:
    _, simulator = shared
    await simulator.queue("page")
    answer = await simulator.http.post(path, data=fields)
    assert answer.status_code == status
    assert said in answer.text
    assert 'role="alert"' in answer.text
    assert "<i>x" not in answer.text


async def test_the_registration_keeps_what_was_typed(shared: Shared) -> None:
    trial, simulator = shared
    await simulator.queue("typed")
    await simulator.step("invitation_sent", "typed", do=True)
    form = link_in(trial.post.last())
    for part, values, said in (
        ("/information", {"client_count": "many", "comments": '"><script>'}, "client_count must be a whole number"),
        ("/technical-contact", {"name": '"><script>', "email": "lee"}, "&#39;lee&#39; is not an e-mail address"),
        ("/eula", {"agree": "yes"}, "accepted_by is missing"),
    ):
        answer = await fill_in(simulator.http, form, part, **values)
        assert answer.status_code == 422
        assert said in answer.text
        assert "<script>" not in answer.text
        assert ("&#34;&gt;&lt;script&gt;" in answer.text) is (part != "/eula")
    await fill_in(simulator.http, form, "/eula", agree="yes", accepted_by="Dana")
    again = await simulator.http.post(f"{form}/eula", data={"agree": "yes", "accepted_by": "Mallory"})
    assert (again.status_code, "is accepted already" in again.text) == (409, True)
    assert await trial.receiver.count("typed", 3) == ["queued", "invitation_sent", "eula_accepted"]


async def test_another_sites_page_presses_no_button(shared: Shared) -> None:
    _, simulator = shared
    answer = await simulator.http.post(
        "/requests", json=RIVERSIDE.model_dump(mode="json"), headers={"sec-fetch-site": "cross-site"}
    )
    assert answer.status_code == 403
    assert "default-src 'none'" in (await simulator.http.get("/")).headers["content-security-policy"]


async def fails(trial: Trial, *options: str, **environment: str) -> str:
    """The one sentence with which a start ends."""
    process = await trial.start(*options, **environment)
    out, errors = await asyncio.wait_for(process.communicate(), PATIENCE)
    assert (process.returncode, out) == (1, b"")
    [line] = errors.decode().splitlines()
    return line


async def test_a_start_that_cannot_be(shared: Shared, tmp_path: Path) -> None:
    trial, simulator = shared
    port = str(httpx2.URL(simulator.url).port)
    elsewhere = ("--home", str(tmp_path))
    starts: tuple[tuple[tuple[str, ...], dict[str, str], str], ...] = (
        ((), {}, "another stand-in runs there"),
        ((*elsewhere, "--port", port), {}, "address already in use"),
        (elsewhere, {"ONBOARD_DATAPOINT_WEBHOOK_SECRET": ""}, "ONBOARD_DATAPOINT_WEBHOOK_SECRET is not set"),
        (elsewhere, {"ONBOARD_DATAPOINT_WEBHOOK_SECRET": "whsec_"}, "it must be whsec_ and the base64 of"),
        (elsewhere, {"ONBOARD_SMTP_URL": "mail.example"}, "SMTP_URL must look like smtp://"),
        (("--home", "/dev/null/x"), {}, "name another directory with --home"),
    )
    said = await asyncio.gather(*(fails(trial, *options, **environment) for options, environment, _ in starts))
    for (*_, words), line in zip(starts, said, strict=True):
        assert words.lower() in line.lower()
        assert line.startswith("DataPoint's stand-in cannot start: ")
