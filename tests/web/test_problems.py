"""What went wrong is told in a sentence, in the reader's form, and never with internals."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator

import httpx2
import pytest
from pydantic import BaseModel
from temporalio.client import Client

from configuration.settings import Settings
from desk.problem import AlreadyOpen, DeskProblem, EndedOutside, NoAnswer, NotFound
from desk.service import Desk
from machine.ports import free_port
from playbooks.engine.transition import Refused
from store.database import connect
from tests.patience import PATIENCE
from tests.web.browser import Browser, text_of
from tests.web.routes import BY_LINK, PRACTICES, PROGRAMS, filled, routes_of
from tests.web.serving import serving
from web.app import create_app
from web.authorization import Viewer
from web.problem import by_field, problem_of, without_commands

SECRET = "postgresql://user:hunter2@db.internal"

PROBLEMS: dict[str, Exception] = {
    "missing": NotFound("There is no onboarding a/b; 'onboard list' shows all."),
    "open": AlreadyOpen("a/b is open already; see it with: onboard show a/b"),
    "refused": Refused("eula_accepted needs a version."),
    "desk": DeskProblem("There is no playbook 'x'; choose one of datapoint."),
    "silent": NoAnswer(f"Temporal does not answer ({SECRET}); is it running? ('onboard doctor' checks that.)"),
    "defect": RuntimeError(SECRET),
}
STATUS = {"missing": 404, "open": 409, "refused": 422, "desk": 422, "silent": 503, "defect": 500}


class Body(BaseModel):
    count: int


@pytest.fixture(scope="module")
async def failing(desk: Desk, web_settings: Settings) -> AsyncIterator[str]:
    app = create_app(desk, web_settings)

    @app.get("/fail/{how}")
    @app.get("/api/fail/{how}")
    async def fail(how: str) -> None:
        raise PROBLEMS[how]

    @app.post("/api/take")
    async def take(body: Body) -> None: ...

    async with serving(app, web_settings) as address:
        yield address


@pytest.mark.parametrize("how", PROBLEMS)
async def test_people_get_a_page(failing: str, how: str) -> None:
    async with Browser(failing) as browser:
        page = await browser.get(f"/fail/{how}")
    assert page.status_code == STATUS[how]
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>" in page.text and page.headers["x-request-id"] in page.text
    assert "hunter2" not in page.text and "Traceback" not in page.text and "'onboard " not in page.text


@pytest.mark.parametrize("how", PROBLEMS)
async def test_programs_get_a_problem_document(failing: str, how: str) -> None:
    async with httpx2.AsyncClient(base_url=failing, timeout=PATIENCE) as client:
        for path, headers in ((f"/api/fail/{how}", {}), (f"/fail/{how}", {"Accept": "application/json"})):
            answer = await client.get(path, headers=headers)
            assert answer.status_code == STATUS[how]
            assert answer.headers["content-type"] == "application/problem+json"
            document = answer.json()
            assert {"type", "title", "status", "detail", "instance"} <= document.keys()
            assert document["status"] == STATUS[how]
            assert document["instance"] == f"urn:request:{answer.headers['x-request-id']}"
            assert "hunter2" not in answer.text


async def test_htmx_gets_a_notice_for_the_page_that_is_open(failing: str) -> None:
    async with httpx2.AsyncClient(base_url=failing, timeout=PATIENCE) as client:
        answer = await client.get("/fail/refused", headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["hx-retarget"]) == (422, "#notices")
    assert "eula_accepted needs a version." in answer.text and "<html" not in answer.text


async def test_a_defect_is_on_record_with_the_number_that_is_told(
    failing: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "web"):
        async with Browser(failing) as browser:
            page = await browser.get("/fail/defect")
    [record] = [record for record in caplog.records if record.exc_info]
    assert page.headers["x-request-id"] in record.getMessage()
    assert page.headers["x-request-id"] in text_of(page.text)


async def test_whoever_leaves_before_the_end_is_no_defect(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    """Or anybody could fill the log with tracebacks."""
    host, _, port = browser.address.removeprefix("http://").partition(":")
    lines: list[str] = []
    with caplog.at_level(logging.INFO, "web"):
        _, writer = await asyncio.open_connection(host, int(port))
        writer.write(b"POST /hooks/datapoint HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\nhalf")
        await writer.drain()
        await browser.get("/healthz")
        writer.close()
        async with asyncio.timeout(PATIENCE):
            while not any("POST /hooks/datapoint" in line for line in lines):
                await browser.get("/healthz")
                lines = [record.getMessage() for record in caplog.records if record.name == "web"]
    assert any("POST /hooks/datapoint 499" in line for line in lines)
    assert not any(record.exc_info for record in caplog.records)


async def test_what_has_the_wrong_form_is_told_by_field(failing: str) -> None:
    async with httpx2.AsyncClient(base_url=failing, timeout=PATIENCE) as client:
        wrong = await client.post("/api/take", json={"count": "many"})
        broken = await client.post("/api/take", content=b"{", headers={"Content-Type": "application/json"})
    assert wrong.status_code == broken.status_code == 422
    assert wrong.json()["errors"][0]["at"] == "body.count"
    assert wrong.json()["detail"].startswith("body.count: ")


async def test_nothing_here_and_not_possible_here(api: httpx2.AsyncClient, browser: Browser) -> None:
    assert (await api.get("/api/nothing")).json()["title"] == "There is nothing here"
    method = await api.post("/healthz", headers={"Accept": "application/json"})
    assert (method.status_code, method.json()["title"]) == (405, "That is not possible here")
    page = await browser.get("/nothing")
    assert (page.status_code, "The address is wrong" in text_of(page.text)) == (404, True)


async def leads_to_a_page(browser: Browser, path: str) -> None:
    """As `Enter` in the address bar of a page that answers a form asks for the address of the form."""
    answer = await browser.client.get(path, follow_redirects=False)
    assert answer.status_code == 303 and path.startswith(answer.headers["location"]), (path, answer.headers)
    page = await browser.get(path)
    assert page.status_code != 405 and "<h1" in page.text, (path, page.status_code)


async def test_the_address_of_a_form_leads_to_a_page(admin: Browser, desk: Desk, web_settings: Settings) -> None:
    routes = routes_of(create_app(desk, web_settings))
    pages = {path for method, path in routes if method == "GET"}
    forms = [path for method, path in routes if method == "POST" and path not in pages]
    for path in (each for each in forms if not each.startswith((*PRACTICES, *BY_LINK, *PROGRAMS))):
        await leads_to_a_page(admin, filled(path))


@pytest.mark.parametrize(
    ("address", "status", "says", "back"),
    [
        ("/review/nowhere/pairs/nine", 404, "The address is wrong", "/review/nowhere"),
        (
            "/review/nowhere/merges?before=noon",
            422,
            "What was given for “before” is not valid",
            "/review/nowhere/merges",
        ),
    ],
)
async def test_an_address_that_is_not_valid_leads_on(
    specialist: Browser, address: str, status: int, says: str, back: str
) -> None:
    page = await specialist.get(address)
    assert (page.status_code, says in text_of(page.text)) == (status, True)
    assert f'href="{back}">Back to the page</a>' in page.text


async def test_nothing_secret_is_in_the_log(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "web"):
        await browser.get("/welcome/a-secret-of-a-link?also=this-secret")
        await browser.get("/nothing/a-secret-of-a-link")
    lines = [record.getMessage() for record in caplog.records if record.name == "web"]
    assert any("/welcome/{token} 410" in line for line in lines)
    assert "secret" not in " ".join(lines)


@pytest.mark.usefixtures("patient_probes")
async def test_with_the_database_away_pages_say_so(web_settings: Settings, desk: Desk, specialist: Browser) -> None:
    away = connect(f"postgresql://somebody:hunter2@127.0.0.1:{free_port()}/nothing")
    app = create_app(Desk(desk.client, away, web_settings), web_settings)
    async with serving(app, web_settings) as address, Browser(address) as browser:
        browser.client.cookies.update(specialist.client.cookies)
        for path in ("/account", "/nothing"):
            page = await browser.get(path)
            assert (page.status_code, page.headers["retry-after"]) == (503, "5")
            assert "The database does not answer" in text_of(page.text)
            assert "127.0.0.1" not in page.text and "hunter2" not in page.text
        program = await browser.get("/api/openapi.json")
        assert program.status_code == 200
        assert (await browser.get("/healthz")).status_code == 200
        ready = await browser.get("/readyz")
        assert (ready.status_code, ready.json()["database"], ready.json()["temporal"]) == (503, "no answer", "ok")
    await away.dispose()


@pytest.mark.usefixtures("patient_probes")
async def test_with_temporal_away_the_web_is_up_and_not_ready(web_settings: Settings, desk: Desk) -> None:
    nobody = await Client.connect(f"127.0.0.1:{free_port()}", lazy=True)
    alone = Desk(nobody, desk.database, web_settings)
    app = create_app(alone, web_settings)

    @app.get("/shown")
    async def show() -> None:
        await alone.show("datapoint/somewhere")

    async with serving(app, web_settings) as address, Browser(address) as browser:
        assert (await browser.get("/sign-in")).status_code == 200
        shown = await browser.get("/shown")
        assert (shown.status_code, "Temporal does not answer" in text_of(shown.text)) == (503, True)
        ready = await browser.get("/readyz")
    assert (ready.status_code, ready.json()["database"], ready.json()["temporal"]) == (503, "ok", "no answer")


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("a/b is open already; see it with: onboard show a/b", "a/b is open already."),
        ("There is no onboarding a/b; 'onboard list' shows all.", "There is no onboarding a/b."),
        ("is one running? ('onboard doctor' checks that.)", "is one running?"),
        ("Take it back first (onboard retract a/b queued).", "Take it back first."),
        ("Put it right in the settings, then: onboard resend a/b kind", "Put it right in the settings."),
        ("Clocks stand still until 'onboard resume'.", "Clocks stand still until somebody resumes it."),
        ("There is no playbook 'x'; choose one of datapoint.", "There is no playbook 'x'; choose one of datapoint."),
    ],
)
def test_hints_for_a_terminal_are_left_out(said: str, told: str) -> None:
    assert without_commands(said) == told


async def test_a_page_asked_for_by_nobody_leads_to_signing_in(desk: Desk, web_settings: Settings) -> None:
    app = create_app(desk, web_settings)

    @app.get("/seen")
    async def seen(person: Viewer) -> None: ...

    async with serving(app, web_settings) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        page = await client.get("/seen")
        here = {"HX-Request": "true", "HX-Current-URL": f"{address}/people?a=b"}
        by_htmx = await client.get("/seen", headers=here)
        program = await client.get("/seen", headers={"Accept": "application/json"})
    assert (page.status_code, page.headers["location"]) == (303, "/sign-in?next=/seen")
    assert (by_htmx.status_code, by_htmx.headers["hx-retarget"]) == (403, "#notices")
    assert "/sign-in?next=/people%3Fa%3Db" in by_htmx.text
    assert program.status_code == 401


def test_what_was_ended_in_temporal_is_no_trouble_that_passes() -> None:
    told = problem_of(EndedOutside("datapoint/riverside-vet was ended from outside, in Temporal."))
    assert told is not None
    assert (told.status, told.code) == (404, "not-found")


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("This is on hold.", {}),
        ("This cannot be done: Phone: 'a' is none; write one.", {"phone": "Phone: 'a' is none; write one."}),
        ("Name is missing; Phone: 'a' is none.", {"name": "Name is missing", "phone": "Phone: 'a' is none."}),
    ],
)
def test_a_refusal_is_told_at_the_fields_that_it_names(sentence: str, told: dict[str, str]) -> None:
    assert by_field(sentence, {"name": "Name", "phone": "Phone"}) == told
    assert by_field(sentence, {}) == {}
