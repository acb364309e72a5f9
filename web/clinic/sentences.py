"""What is wrong with a form of the portal, by the labels of its fields."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from playbooks.calendar.time_format import format_time
from playbooks.engine.validation import at_place, error_sentence, errors_of, sentence_of
from store.accounts.members import Member, member_names
from web.owner.access import BY
from web.services import Services

MARKED = "Nothing is saved yet: correct what is marked."
LABELS = {
    "given_name": "Given name",
    "surname": "Surname",
    "street": "Street and number",
    "city": "City",
    "state": "State",
    "postcode": "ZIP or postal code",
    "phone": "Phone",
    "email": "E-mail address",
    "company": "Company",
    "name": "Name",
    "kind": "Kind",
    "role": "Role",
    "species": "Species",
    "breed": "Breed",
    "amount": "Amount",
    "item": "Item or service",
    "text": "What was done",
    "count": "In hand",
    "reminds_after_days": "Due again after (days)",
    "title": "What is to be done",
    "assignee": "Assigned to",
    "due_on": "Due on",
    "repeat": "Repeat",
    "notes": "Notes",
}


def changed_since(what: str) -> str:
    """Returns what a form says that would replace what somebody else has changed, as in "client"."""
    return f"Somebody has changed this {what} since you opened the page. Look at what is marked, and save again."


def form_sentence(error: ValidationError, **labels: str) -> str:
    """Describes the errors of a form; `labels` are of fields that are called otherwise there than elsewhere."""
    said = error_sentence(error, LABELS | labels)
    return f"{said[0].upper()}{said[1:]}."


def marked(error: ValidationError, **labels: str) -> dict[str, str]:
    """Returns what a form says at each field that is wrong; `labels` as in `form_sentence`."""
    names = LABELS | labels
    wrong = ((str(each["loc"][0]), sentence_of(each)) for each in reversed(errors_of(error)))
    return {field: f"{at_place(names.get(field, field), said)}." for field, said in wrong}


async def done_already(web: Services, member: Member, said: str, by: str | None, at: datetime) -> str:
    """Says that something was done before, by whom of the member's practice and when; None is the rules of merging."""
    parties = {None: "our rules", BY: "the owner"}
    who = parties.get(by) or (await member_names(web.database, [member.clinic])).get((member.clinic, by or ""), by)
    return f"{said}, by {who}, {when_at(member, at)}; nothing has changed."


def when_at(member: Member, at: datetime) -> str:
    """Returns a time as the member's practice has it."""
    return format_time(at, ZoneInfo(member.time_zone), datetime.now(UTC))
