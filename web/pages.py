"""Renders pages from `templates/pages/`, with the values that all of them need.

    return await page(request, "board.html", rows=rows)                   # a whole page
    return await page(request, "board.html", part="rows", rows=rows)      # for htmx only its block "rows"
    return go(request, "/people", "Ana was invited.")                     # after a change: redirects, with a notice

Every value is escaped, and a missing name is an error. Templates have `csrf()` (the field of every form with POST),
`static(name)` (a file's address), `person` (who is signed in, or None), `may(role)`, `now`, `layout` (for pages of both
sides), `answers_form` (whether the page answers a form), `is_answer` (the same, also after a redirect), `parts` (the
macros of parts.html), the filters of `web.times` (in the viewer's time zone), those of `web.date_presets`,
`team_place`, `tel` (a number for a `tel:` link), `national` (a number as people write it), `who` (the name of a handle,
or the words for what is no person) and `browser_name`. A page gives the names of practices' people that it shows as
`members`, by handle.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

import templates
from desk.labels import who as said_who
from integrations.registry import actor_title
from playbooks.plural import count_of
from store.accounts.accounts import names_of
from store.accounts.people import Person, Role
from store.accounts.personal_notifications import unread_count
from store.database import DatabaseDown
from templates import languages
from templates.filters import join_list, national, tel
from templates.languages import LANGUAGES
from web.authorization import current_person
from web.browsers import browser_name
from web.csrf import FIELD, csrf_token
from web.date_presets import FILTERS as DATE_PRESETS
from web.date_presets import Place
from web.services import Services, services_of
from web.sessions import Kind, Link, visit_of
from web.times import FILTERS

FOLDER = Path(templates.__file__).parent / "pages"
STATIC = Path(__file__).parent / "static"

NAVIGATION: tuple[tuple[str, str, Role], ...] = (
    ("/", "Board", "viewer"),
    ("/needs", "Needs a person", "viewer"),
    ("/review", "Review", "viewer"),
    ("/data", "Data", "viewer"),
    ("/start", "Start", "specialist"),
    ("/mails", "Mails", "viewer"),
    ("/reports", "Reports", "viewer"),
    ("/mails/templates", "Templates", "viewer"),
    ("/mails/box", "Mailbox", "specialist"),
)
"""The console's pages: path, title and the role needed."""
_PRACTICE_DATA = re.compile(r"/practices/[^/]+/(data|differences|clients)(/|$)")
"""Pages of one practice that belong to the menu's Data."""


def for_practices(request: Request) -> bool:
    """Whether a page is for practices' people, and not for the team."""
    path = request.url.path
    return path == "/clinic" or path.startswith(("/clinic/", "/members/"))


async def page(
    request: Request,
    template: str,
    *,
    part: str | None = None,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> Response:
    """Renders a page, or for htmx only its block `part`. `zone=` overrides the viewer's time zone, `now=` the clock."""
    person = context.pop("person") if "person" in context else await current_person(request)
    services = services_of(request)
    zone = context.pop("zone", None) or (person and person.time_zone) or services.settings.team_time_zone
    given = {
        "person": person,
        "zone": ZoneInfo(zone) if isinstance(zone, str) else zone,
        "now": datetime.now(UTC),
        "request_id": request.state.request_id,
        "path": request.url.path,
        "answers_form": request.method == "POST",
        "is_answer": request.method == "POST" or visit_of(request).has_notices(),
        "here": _here(request.url.path),
        "csrf": lambda: Markup('<input type="hidden" name="{}" value="{}">').format(FIELD, csrf_token(request)),
        "csrf_token": lambda: csrf_token(request),
        "notices": visit_of(request).take_notices,
        "layout": "clinic/layout.html" if for_practices(request) else "base.html",
        "member": None,
        "team_names": await _team_names(request, person),
        "members": {},
        "unread": await _unread(services, person) if part is None or not by_htmx(request) else 0,
        "may": lambda role: person is not None and person.may(role),
        **_shared(services, person),
        **context,
    }
    given["parts"] = environment().get_template("parts.html").make_module(given)
    found = environment().get_template(template)
    # htmx requests a part of a page, or restores a whole one from history.
    if part is not None and by_htmx(request) and "HX-History-Restore-Request" not in request.headers:
        html = "".join(found.blocks[part](found.new_context(given)))
    else:
        html = found.render(given)
    return HTMLResponse(html, status, {"Vary": "HX-Request", **(headers or {})})


def go(
    request: Request, path: str, notice: str | None = None, kind: Kind = "good", link: Link | None = None
) -> Response:
    """Redirects to a page of ours after a change, with a notice; a reload then repeats nothing."""
    # Without words it still says that the page answers a form.
    visit_of(request).add_notice(notice or "", kind, link)
    path = local(path)
    if by_htmx(request):
        return Response(status_code=204, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def kept(response: Response) -> Response:
    """Lets the browser show the response to a form again from its history, as it cannot reload it."""
    response.headers["Cache-Control"] = "private, no-cache"
    return response


async def typed(request: Request) -> dict[str, str]:
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


def local(path: str | None, otherwise: str = "/") -> str:
    """Returns the path if it is a page of ours, so that nobody is redirected to another site; else `otherwise`."""
    if not path or not path.startswith("/") or path.startswith("//") or "\\" in path or not path.isprintable():
        return otherwise
    parts = urlsplit(path)
    return otherwise if parts.scheme or parts.netloc else path


def by_htmx(request: Request) -> bool:
    return request.headers.get("HX-Request") == "true"


@cache
def environment() -> Environment:
    """Returns the Jinja environment of all pages, one per process."""
    env = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(FILTERS | DATE_PRESETS | {"tel": tel, "national": national, "join_list": join_list})
    env.filters.update({"count_of": count_of, "who": who, "browser_name": browser_name})
    env.globals["static"] = static
    env.globals |= {"words": languages.say, "say_list": languages.listed, "say_number": languages.number}
    env.globals |= {"language": languages.language, "languages": lambda: LANGUAGES}
    # The practice's page is in several languages. In `_()` and `trans`, values are escaped; `words` is for other texts.
    env.add_extension("jinja2.ext.i18n")
    env.policies["ext.i18n.trimmed"] = True
    i18n: Any = env
    i18n.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)
    return env


@cache
def static(name: str) -> str:
    """Returns the address of a file of `web/static/`, with a digest so that browsers may cache it."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@pass_context
def who(context: Context, by: str | None) -> str:
    """The name of a colleague or of a practice's person; the words for what is no person; empty for nobody."""
    if not by:
        return ""
    return context["team_names"].get(by) or context["members"].get(by) or actor_title(said_who(by))


async def _team_names(request: Request, person: Person | None) -> Mapping[str, str]:
    """Returns the team's names for the team's pages; none while the database is away."""
    try:
        return names_of(await visit_of(request).team()) if person else {}
    except DatabaseDown:
        return {}


async def _unread(services: Services, person: Person | None) -> int:
    """Returns how many notifications the viewer has not read; none while the database is away."""
    try:
        return await unread_count(services.database, person.handle) if person else 0
    except DatabaseDown:
        return 0


def _here(path: str) -> str | None:
    if _PRACTICE_DATA.match(path):
        return "/data"
    matching = [start for start, _, _ in NAVIGATION if path == start or (start != "/" and path.startswith(f"{start}/"))]
    return max(matching, key=len, default=None)


def allowed_pages(services: Services, person: Person | None) -> list[tuple[str, str]]:
    """Returns the pages of the main menu that somebody may open: path and title."""
    hidden = () if services.mailbox else ("/mails/box",)
    allowed = [(path, title) for path, title, role in NAVIGATION if person is not None and person.may(role)]
    return [(path, title) for path, title in allowed if path in services.paths and path not in hidden]


def _shared(services: Services, person: Person | None) -> dict[str, Any]:
    settings = services.settings
    return {
        "brand": settings.brand,
        "navigation": allowed_pages(services, person),
        "temporal_ui": services.temporal_ui(),
        "development": settings.development,
        "team_place": Place(settings.team_time_zone, settings.team_country, settings.team_state),
    }
