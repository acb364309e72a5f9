"""Forms that lead to a question, and questions to an answer: what the practice's and the owner's page share."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from web.csrf import FIELD as CSRF
from web.practice import form_tokens

KEPT = "private, no-cache"
"""For what answers a form. A browser that may not keep it has nothing to show on the way back but an error: it cannot
ask for it again without sending the form again. Its own history is all that may show it."""


async def given_in(request: Request) -> dict[str, str]:
    """The fields of a form, as text; files are none."""
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


def confirmed(given: Mapping[str, str]) -> dict[str, str]:
    """What the form under a question confirms: all it carries but what protects it."""
    # Browsers send the ends of lines in their own way.
    return {name: text.replace("\r\n", "\n") for name, text in given.items() if name not in (CSRF, form_tokens.FIELD)}


def kept(answer: Response) -> Response:
    """The answer to a form, for the browser's history to keep."""
    answer.headers["Cache-Control"] = KEPT
    return answer
