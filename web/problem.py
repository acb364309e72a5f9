"""Errors as values, for pages and for programs (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DataError

from desk.lazy_connect import never_connected
from desk.problem import AlreadyOpen, DeskProblem, EndedOutside, NoAnswer, NotFound, Uncertain
from pharmacy.records.errors import NoSuchRecord, NotAllowed, RecordsError
from playbooks.engine.transition import Refused
from store.accounts.problem import AccountProblem, LinkSpent, NoSuchPerson, TooManyTries
from store.database import DatabaseProblem

TYPES = "/problems/"
NO_ANSWER = "Temporal does not answer; try again in a moment, and tell an engineer if it stays."
UNCERTAIN = "The worker did not answer in time. It may still do what you asked: check before you repeat it."


class Problem(Exception):
    """Raised by routes: a status, a title, and a sentence that says what to do.

    `code` is the kind of problem for programs; it is stable while texts may change. `more` is added to the problem
    document.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str,
        *,
        code: str,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.code = code
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    def document(self, request_id: str) -> dict[str, Any]:
        """Returns the problem document; `instance` identifies the request for engineers."""
        return {
            "type": f"{TYPES}{self.code}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "instance": f"urn:request:{request_id}",
            **self.more,
        }


def problem_of(error: Exception, *, for_person: bool = False) -> Problem | None:
    """Returns the problem for an expected error, in a form's words for a person; None for a defect."""
    detail = sentence_of(error) if for_person else without_commands(str(error))
    match error:
        case Problem():
            return error
        case NotFound() | EndedOutside() | NoSuchPerson() | NoSuchRecord():
            return Problem(404, "Not found", detail, code="not-found")
        case NotAllowed():
            return Problem(403, "You cannot do this", detail, code="role")
        case AlreadyOpen():
            return Problem(409, "It is open already", detail, code="already-open")
        case LinkSpent():
            return Problem(410, "This link no longer works", detail, code="link-spent")
        case RuntimeError() if never_connected(error):
            return _later(NO_ANSWER, "no-answer")
        case Uncertain():
            return _later(UNCERTAIN, "no-answer")
        case NoAnswer():
            return _later(NO_ANSWER, "no-answer")
        case Refused():
            return Problem(422, "That cannot be recorded", detail, code="refused")
        case TooManyTries():
            after = {"Retry-After": str(error.seconds)}
            return Problem(429, "Too many attempts", detail, code="too-many", headers=after)
        case DataError():
            # PostgreSQL's text takes any character but U+0000.
            return Problem(422, "That cannot be stored", "Leave out control characters.", code="invalid")
        case DeskProblem() | AccountProblem() | RecordsError():
            return Problem(422, "That cannot be done", detail, code="invalid")
        case DatabaseProblem():
            # Its message names hosts and settings.
            return _later("The database does not answer; try again in a moment.", "database-down")
    return None


def sentence_of(problem: Exception) -> str:
    """Returns what is wrong with a form, in the form's own words."""
    return getattr(problem, "plain", "") or without_commands(str(problem))


def by_field(sentence: str, labels: Mapping[str, str]) -> dict[str, str]:
    """Returns what a refusal says of each field that it names by its label, by the names that `labels` maps to them."""
    names = {label: name for name, label in labels.items()}
    places = "|".join(re.escape(label) for label in names)
    found = list(re.finditer(rf"(?:^|: |; )({places})(?=: | is | may | must | needs )", sentence)) if names else []
    ends = [match.start() for match in found[1:]] + [len(sentence)]
    return {names[match[1]]: sentence[match.start(1) : end] for match, end in zip(found, ends, strict=False)}


def without_commands(sentence: str) -> str:
    """Returns the sentence without hints for a terminal, such as `; see it with: onboard show ID`."""
    text = re.sub(r"\s*\([^()]*\bonboard [a-z][^()]*\)", "", sentence)
    text = text.replace("'onboard resume'", "somebody resumes it")
    text = re.sub(r",? then: onboard .*$", "", text)
    text = re.sub(r"[;:][^;:.]*(?::\s*)?'?\bonboard [a-z-]+\b.*$", "", text)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _later(detail: str, code: str) -> Problem:
    return Problem(503, "It does not answer now", detail, code=code, headers={"Retry-After": "5"})
