"""Which language a visitor of the practice's page reads: the one that they chose there, else their browser's."""

from __future__ import annotations

from starlette.requests import Request

from templates.languages import LANGUAGES, preferred
from web.sessions import YEAR, visit_of

COOKIE, PARAMETER = "language", "language"
LONGEST = 200


def language_of(request: Request) -> str:
    """Returns the language, and keeps one that was just chosen in the browser, also for the next link."""
    chosen = request.query_params.get(PARAMETER, "")
    if chosen in LANGUAGES:
        visit_of(request).keep(COOKIE, chosen, YEAR, LONGEST)
        return chosen
    kept = visit_of(request).kept(COOKIE)
    if isinstance(kept, str) and kept in LANGUAGES:
        return kept
    return preferred(request.headers.get("Accept-Language", ""))
