"""What pages are made of: times in the viewer's zone, parts for htmx, and the way on after a change."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import httpx2
import pytest
from jinja2 import UndefinedError, meta, nodes
from starlette.requests import Request
from starlette.responses import Response

from configuration.settings import Settings
from desk.service import Desk
from store.accounts import accounts
from tests.documents import ROOT
from tests.patience import PATIENCE
from tests.web.browser import Browser, text_of
from tests.web.serving import serving
from web.app import create_app
from web.pages import environment, go, local, page

PAGES, WEB = ROOT / "templates/pages", ROOT / "web"
NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)


def shown(template: str, zone: str = "America/Chicago", **words: object) -> str:
    given = {"now": NOW, "zone": ZoneInfo(zone), **words}
    return environment().from_string(template).render(given)


PARTS = sorted(
    {
        (str(file.relative_to(PAGES)), part)
        for file in PAGES.rglob("*.html")
        for part in re.findall(r"{% block (\w+)", file.read_text())
        if part in re.findall(r'part="(\w+)"', "".join(each.read_text() for each in WEB.rglob("*.py")))
    }
)


@pytest.mark.parametrize(("template", "part"), PARTS)
def test_a_part_of_a_page_uses_nothing_that_only_the_whole_page_sets(template: str, part: str) -> None:
    whole = environment().parse((PAGES / template).read_text())
    outside = [node for node in whole.body if not isinstance(node, nodes.Block)]
    set_outside = {getattr(node.target, "name", node.target) for node in outside if hasattr(node, "target")}
    set_outside |= {node.name for node in outside if isinstance(node, nodes.Macro)}
    [block] = [each for each in whole.find_all(nodes.Block) if each.name == part]
    alone = nodes.Template(block.body)
    alone.set_environment(environment())
    assert not set_outside & meta.find_undeclared_variables(alone)


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("America/Chicago", "Tue 24 Nov, 10:12 CST"),
        ("Europe/Berlin", "Tue 24 Nov, 17:12 CET"),
        ("Pacific/Kiritimati", "Wed 25 Nov, 06:12 +14"),
    ],
)
def test_a_time_is_told_in_the_viewers_zone(zone: str, told: str) -> None:
    found = shown("{{ at | when }}", zone, at=NOW)
    assert text_of(found) == told
    assert 'datetime="2026-11-24T16:12:00+00:00"' in found


def test_another_year_is_said_and_no_time_is_a_dash() -> None:
    assert text_of(shown("{{ at | day }}", at=NOW + timedelta(days=60))) == "Sat 23 Jan 2027"
    assert shown("{{ at | when }} {{ at | day }} {{ at | ago }} {{ at | duration }}", at=None) == "– – – –"


@pytest.mark.parametrize(
    ("distance", "told"),
    [
        (timedelta(hours=5), "in 5 hours"),
        (timedelta(days=-3), "3 days ago"),
        (timedelta(seconds=-20), "now"),
        (timedelta(minutes=-1), "1 minute ago"),
    ],
)
def test_how_long_it_is(distance: timedelta, told: str) -> None:
    assert text_of(shown("{{ at | ago }}", at=NOW + distance)) == told
    assert shown("{{ length | duration }}", length=timedelta(hours=30)) == "30 hours"


def test_a_time_among_a_facts_details_is_told_as_other_times() -> None:
    told = [
        text_of(shown("{{ at | detail }}", at=at)) for at in ("2026-11-24T16:12:17.374348Z", "24 dogs", "2026-99-99")
    ]
    assert told == ["Tue 24 Nov, 10:12 CST", "24 dogs", "2026-99-99"]
    assert shown("{{ at | detail }}", at="2026-99-99T00:00:00Z") == "2026-99-99T00:00:00Z"
    assert shown("{{ count | detail }}", count=3200) == "3200"


def test_what_happened_on_a_clock_that_was_moved_is_told_by_its_day() -> None:
    assert text_of(shown("{{ at | past }}", at=NOW + timedelta(days=3))) == "Fri 27 Nov"
    assert text_of(shown("{{ at | past }}", at=NOW - timedelta(days=3))) == "3 days ago"
    assert shown("{{ at | past }}", at=None) == "–"


def test_a_name_that_is_missing_is_an_error_and_values_are_escaped() -> None:
    with pytest.raises(UndefinedError):
        shown("{{ nothing }}")
    assert shown("{{ name }}", name="<b>&'") == "&lt;b&gt;&amp;&#39;"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/", "/"),
        ("/people?a=b#c", "/people?a=b#c"),
        ("", "/"),
        (None, "/"),
        ("//evil.test", "/"),
        ("/\\evil.test", "/"),
        ("https:/evil.test", "/"),
        ("/a\nSet-Cookie: x", "/"),
        ("people", "/"),
    ],
)
def test_a_way_on_stays_here(path: str | None, kept: str) -> None:
    assert local(path) == kept


@pytest.fixture(scope="module")
async def sample(desk: Desk, web_settings: Settings) -> AsyncIterator[str]:
    app = create_app(desk, web_settings)

    @app.get("/sample")
    async def one(request: Request) -> Response:
        past = datetime.now(UTC) - timedelta(days=3)
        return await page(request, "styleguide.html", part="content", past=past, soon=past)

    @app.post("/sample")
    async def change(request: Request) -> Response:
        return go(request, "//evil.test", "Done.")

    async with serving(app, web_settings) as address:
        yield address


async def test_htmx_gets_a_part_and_others_the_whole(sample: str) -> None:
    async with httpx2.AsyncClient(base_url=sample, timeout=PATIENCE) as client:
        whole = await client.get("/sample")
        part = await client.get("/sample", headers={"HX-Request": "true"})
        restored = await client.get("/sample", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"})
    assert "<html" in whole.text and "<html" in restored.text
    assert "<html" not in part.text and part.text.strip().startswith("<h1>Style guide</h1>")
    assert whole.headers["vary"] == part.headers["vary"] == "HX-Request"


async def test_after_a_change_the_next_page_says_so(sample: str) -> None:
    async with Browser(sample) as browser:
        form = {"csrf": await browser.token("/sign-in")}
        answer = await browser.client.post("/sample", data=form, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/")
        assert "Done." in text_of((await browser.get("/sign-in")).text)
        by_htmx = await browser.client.post("/sample", data=form, headers={"HX-Request": "true"})
        assert (by_htmx.status_code, by_htmx.headers["hx-redirect"]) == (204, "/")


async def test_a_person_sees_times_in_their_own_zone(specialist: Browser, desk: Desk) -> None:
    chicago = f"{datetime.now(ZoneInfo('America/Chicago')):%Z}"
    assert chicago in text_of((await specialist.get("/account")).text)
    form = {"name": "Sam", "time_zone": "Asia/Tokyo"}
    assert "JST" in text_of((await specialist.submit("/account", form, "/account/profile")).text)
    wrong = await specialist.submit("/account", {**form, "time_zone": "Nowhere"}, "/account/profile")
    assert (wrong.status_code, 'value="Nowhere"' in wrong.text) == (422, True), "what was typed stays"
    assert "Time zone: 'Nowhere' is not a time zone" in text_of(wrong.text)
    assert (await accounts.find(desk.database, specialist.handle)).time_zone == "Asia/Tokyo"


async def test_the_style_guide_is_for_development(desk: Desk, web_settings: Settings) -> None:
    plain = web_settings.model_copy(update={"development": False})
    async with (
        serving(create_app(desk, plain), plain) as address,
        httpx2.AsyncClient(base_url=address, timeout=PATIENCE) as client,
    ):
        assert (await client.get("/styleguide")).status_code == 404


async def test_the_pharmacys_colors_can_be_read(browser: Browser) -> None:
    sheet = await browser.get("/brand.css")
    assert sheet.headers["content-type"].startswith("text/css")
    assert "--brand:#14532d;--brand-ink:#ffffff;" in sheet.text
