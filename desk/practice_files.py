"""Practice files: one practice as JSON, read into a request or refused in a sentence. See `practice_table` for many."""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import date

from pydantic import BaseModel, ValidationError

from desk.problem import DeskProblem, NotFound
from partners.holidays import UnknownPlace, calendar_for
from playbooks.calendar.values import Calendar
from playbooks.engine.fields import PRACTICE_ID
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Contact, Practice, Request
from playbooks.engine.validation import error_sentence, without_blanks
from playbooks.registry import PLAYBOOKS

SIZE_LIMIT = 20_000_000


def playbook_called(name: str) -> Playbook:
    """Raises `DeskProblem` naming the playbooks there are."""
    if name not in PLAYBOOKS:
        raise DeskProblem(f"There is no playbook '{name}'; choose one of {', '.join(PLAYBOOKS)}.")
    return PLAYBOOKS[name]


def playbook_of(identity: str) -> Playbook:
    """The playbook of an onboarding, by its ID. Raises `NotFound` for what can be no ID, before a server is asked."""
    name, _, practice = identity.partition("/")
    if not PRACTICE_ID.fullmatch(practice):
        raise unknown(identity)
    return playbook_called(name)


def unknown(identity: str) -> NotFound:
    return NotFound(f"There is no onboarding {identity[:80]}; 'onboard list' shows all.")


def read_practice(text: str | bytes) -> Request:
    """One practice from its JSON file. Raises `DeskProblem` saying which field is wrong."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DeskProblem(f"The practice file is not JSON{place_of(error)}; see the example in the README.") from None
    return request_of(content)


def place_of(error: Exception) -> str:
    """Returns where a text stops being JSON, to add to a sentence; nothing where that is not known."""
    return f" from line {error.lineno}, column {error.colno} on" if isinstance(error, json.JSONDecodeError) else ""


def request_of(content: object) -> Request:
    """A request from the decoded practice file, its places checked. Raises `DeskProblem`."""
    if not isinstance(content, dict):
        raise DeskProblem("The practice file must be a JSON object with 'practice' and 'primary_contact'.")
    parts: dict[str, type[BaseModel]] = {"practice": Practice, "primary_contact": Contact}
    content = without_blanks(Request, content) | {
        name: without_blanks(model, part)
        for name, model in parts.items()
        if isinstance(part := content.get(name), dict)
    }
    try:
        request = Request.model_validate_json(json.dumps(content))
    except ValidationError as error:
        raise DeskProblem(f"The practice file is not valid: {error_sentence(error)}.") from None
    except RecursionError:
        raise DeskProblem("The practice file is nested too deeply; see the example in the README.") from None
    practice_calendar(request.practice, date(2000, 1, 1), years=0)
    return request


def practice_calendar(practice: Practice, first_day: date, years: int = 2) -> Calendar:
    """The working days of the practice's place. Raises `DeskProblem` for a place that does not exist."""
    try:
        return calendar_for(practice.time_zone, practice.country, practice.state, first_day=first_day, years=years)
    except UnknownPlace as error:
        raise DeskProblem(f"practice: {error}", plain=str(error)) from None


def slug(name: str) -> str:
    """A practice's ID made of its name: `Riverside Veterinary Clinic` is `riverside-veterinary-clinic`."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower().replace("'", "")
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:63].strip("-")
