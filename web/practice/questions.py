"""What the practice's and the owner's page share: forms that lead to a question, and questions to an answer."""

from __future__ import annotations

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from web.csrf import FIELD as CSRF
from web.practice import form_tokens

HISTORY_ONLY = "private, no-cache"
"""Cache-Control of responses to forms: browsers may show them again from their history, as they cannot reload them."""


async def given_in(request: Request) -> dict[str, str]:
    return {name: text for name, text in (await request.form()).items() if isinstance(text, str)}


def confirmed(given: Mapping[str, str]) -> dict[str, str]:
    """Returns the values that a confirmation carries, without its tokens."""
    # Browsers send line ends as CRLF.
    return {name: text.replace("\r\n", "\n") for name, text in given.items() if name not in (CSRF, form_tokens.FIELD)}


def kept(answer: Response) -> Response:
    """Lets the browser's history keep the response to a form."""
    answer.headers["Cache-Control"] = HISTORY_ONLY
    return answer
