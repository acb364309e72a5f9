"""What every answer says to browsers, whom the web answers to, and how much it takes."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from starlette.requests import Request
from starlette.responses import Response

import web.security
from configuration.settings import Settings
from desk.service import Desk
from tests.patience import PATIENCE
from tests.web.browser import Browser
from tests.web.serving import serving
from web.app import create_app
from web.pages import FOLDER
from web.security import BODY_LIMIT, CONTENT, DISCARDED, HEADERS, framed, limit_for, relative

REFUSED = 421
PERMISSIONS = "Permissions-Policy"


def scripts_and_styles(html: str) -> list[str]:
    """What a Content-Security-Policy without unsafe-inline would keep from working, or that comes from elsewhere."""
    found = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=|href=\"javascript:", html)
    return found + re.findall(r'<(?:script|link|img|iframe)\b[^>]*(?:src|href)="(?:https?:)?//[^"]*"', html)


@pytest.mark.parametrize("path", ["/sign-in", "/static/app.css", "/nothing", "/healthz", "/metrics", "/api/nothing"])
async def test_every_answer_carries_them(browser: Browser, path: str) -> None:
    answer = await browser.get(path)
    for name, value in HEADERS.items():
        if not (name == "Cache-Control" and path.startswith("/static")):
            assert answer.headers[name] == value, name
    assert len(answer.headers["X-Request-ID"]) == 16
    assert "server" not in answer.headers
    assert "strict-transport-security" not in answer.headers


def test_what_they_say() -> None:
    """Pinned, as the answers are compared with the list itself."""
    assert {name: value for name, value in HEADERS.items() if name not in ("Content-Security-Policy", PERMISSIONS)} == {
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Frame-Options": "DENY",
        "Cache-Control": "no-store",
    }
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(HEADERS[PERMISSIONS].split(", "))


def test_the_policy_allows_nothing_inline_from_elsewhere_or_in_a_frame() -> None:
    rules = dict(rule.strip().split(" ", 1) for rule in CONTENT.split(";"))
    assert "unsafe" not in CONTENT and "http" not in CONTENT and "*" not in CONTENT
    assert rules["default-src"] == rules["frame-ancestors"] == rules["base-uri"] == "'none'"
    assert rules["script-src"] == rules["style-src"] == rules["form-action"] == "'self'"


async def test_pages_need_nothing_that_the_policy_forbids(admin: Browser) -> None:
    for path in ("/account", "/people", "/styleguide", "/nothing"):
        assert scripts_and_styles((await admin.get(path)).text) == [], path
    for template in FOLDER.rglob("*.html"):
        assert scripts_and_styles(template.read_text()) == [], template


async def test_by_https_browsers_stay_with_https(desk: Desk, web_settings: Settings) -> None:
    secure = web_settings.model_copy(update={"public_url": "https://onboarding.pharmacy.test"})
    async with (
        serving(create_app(desk, secure), secure) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        answer = await client.get("/sign-in", headers={"Host": "onboarding.pharmacy.test"})
    assert answer.status_code == 200
    assert answer.headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"


@pytest.mark.parametrize(
    "host", ["evil.test", "localhost.evil.test", "127.0.0.1.evil.test", "[::1", "", "a@evil.test", "169.254.0.1"]
)
async def test_nobody_is_answered_under_another_name(browser: Browser, host: str) -> None:
    assert (await browser.get("/sign-in", headers={"Host": host})).status_code == REFUSED
    # Load balancers ask by address; this tells nothing.
    assert (await browser.get("/healthz", headers={"Host": host})).status_code == 200


async def test_this_machine_is_known_by_its_usual_names(browser: Browser) -> None:
    for host in ("localhost:8080", "127.0.0.1", "[::1]:8080", "LOCALHOST"):
        assert (await browser.get("/sign-in", headers={"Host": host})).status_code == 200


async def test_a_body_that_is_too_large_is_refused(specialist: Browser) -> None:
    form = {"csrf": await specialist.token(), "name": "x" * BODY_LIMIT}
    announced = await specialist.client.post("/account/profile", data=form)
    assert announced.status_code == 413
    assert "at most 1 MB" in announced.text


async def test_a_body_that_does_not_say_how_large_it_is_is_refused_too(specialist: Browser) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10 * DISCARDED:
            sent += 100_000
            yield b"x" * 100_000

    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    try:
        answer = await specialist.client.post("/account/profile", content=endless(), headers=headers)
        assert answer.status_code == 413
    except httpx2.TransportError:
        # The server may close the connection before the client has stopped sending.
        pass
    assert sent < 2 * DISCARDED


async def test_what_is_large_is_kept_for_nobody_but_us(
    browser: Browser, specialist: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A form's value stands in the body, which is read for whoever is signed in, and else thrown away."""
    parsed = []
    form = Request.form

    def seen(request: Request, **limits: Any) -> Any:
        parsed.append(request.url.path)
        return form(request, **limits)

    monkeypatch.setattr(Request, "form", seen)
    file = {"file": ("practices.csv", b"x" * (BODY_LIMIT + 1))}
    sent = {"csrf": await browser.token("/sign-in"), "playbook": "datapoint"}
    answer = await browser.client.post("/start/many", data=sent, files=file, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"], parsed) == (303, "/sign-in?next=/start/many", [])
    ours = {**sent, "csrf": await specialist.token()}
    answer = await specialist.client.post("/start/many", data=ours, files=file, follow_redirects=False)
    assert (answer.status_code, set(parsed)) == (422, {"/start/many"})


async def test_a_length_that_is_told_in_two_ways_is_refused(specialist: Browser) -> None:
    """A proxy may believe the one and we the other: the rest would be another visitor's request."""
    host, _, port = specialist.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /sign-in HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    )
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 400 ") and answer.count(b"HTTP/1.1") == 1
    writer.close()


def test_paths_that_take_more_or_less_say_so() -> None:
    assert limit_for("/hooks/datapoint") < limit_for("/account") < limit_for("/start/many")


async def test_a_body_that_never_ends_is_given_up(specialist: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web.security, "BODY_SECONDS", 0.2)
    host, _, port = specialist.address.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /account/profile HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\n\r\ncsrf="
    )
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    writer.close()


async def test_a_mail_in_a_frame_has_its_styles_and_nothing_else(desk: Desk, web_settings: Settings) -> None:
    app = create_app(desk, web_settings)

    @app.get("/mail")
    async def mail(request: Request) -> Response:
        return framed("<p style='color: red'>Hello</p>")

    async with serving(app, web_settings) as address, httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client:
        answer = await client.get("/mail")
    policy = answer.headers["content-security-policy"]
    assert "sandbox" in policy and "default-src 'none'" in policy and "frame-ancestors 'self'" in policy
    assert answer.headers["x-frame-options"] == "SAMEORIGIN"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("path", ["/sign-in", "/people", f"/p/{'x' * 43}/help"])
async def test_a_slash_too_much_leads_nobody_to_plain_http(browser: Browser, path: str) -> None:
    """A link's secret would be sent in the clear."""
    answer = await browser.get(f"{path}/?a=b", follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (307, f"{path}?a=b")


@pytest.mark.parametrize(
    ("location", "kept"),
    [
        ("http://here.test/a?b=c#d", "/a?b=c#d"),
        ("/a", "/a"),
        ("http://here.test//evil.test", "http://here.test//evil.test"),
        ("https://evil.test/a", "https://evil.test/a"),
    ],
)
def test_only_our_own_addresses_are_shortened(location: str, kept: str) -> None:
    assert relative(location, "here.test") == kept


async def test_files_are_kept_by_their_content(browser: Browser) -> None:
    page = (await browser.get("/sign-in")).text
    marked = re.findall(r'"(/static/app\.(?:css|js)\?v=\w+)"', page)
    assert len(marked) == 2
    for address in marked:
        assert "immutable" in (await browser.get(address)).headers["cache-control"]
    assert (await browser.get("/static/app.css")).headers["cache-control"] == "no-cache"
    assert (await browser.get("/static/../app.py")).status_code == 404
    assert (await browser.get("/static/%2e%2e/app.py")).status_code == 404


def test_what_others_wrote_is_here_with_its_licence() -> None:
    static = Path(web.security.__file__).parent / "static"
    assert 'version:"2.0.11"' in (static / "htmx.min.js").read_text().replace(" ", "")
    assert "Zero-Clause BSD" in (static / "htmx.LICENSE.txt").read_text()
