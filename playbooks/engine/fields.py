"""Types of text and time input; each refuses bad input with a sentence that says what to do."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, AwareDatetime, Field, StringConstraints

from playbooks.calendar.values import aware

PRACTICE_ID = re.compile(r"[a-z0-9-]{1,63}")
# A mistyped year must not reach the arithmetic on deadlines, which ends with the year 9999.
YEARS = range(2000, 2100)
# They would break a mail header or a database's text; U+2028 and U+2029 end lines too.
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
_LINE_ENDS = re.compile(r"\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
"""The ends of lines that other programs write, office programs among them."""


def _email(address: str) -> str:
    try:
        # Addresses in `.test` are for trials. DNS is never asked, so validation does not depend on the network.
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as reason:
        why = str(reason).rstrip(".").replace("email address", "e-mail address")
        raise ValueError(f"'{address}' is not an e-mail address: {why}") from None


PLACELESS = {
    "EST": "America/New_York",
    "MST": "America/Denver, or America/Phoenix where there is no summer time",
    "HST": "Pacific/Honolulu",
    **dict.fromkeys(("localtime", "Factory", "posixrules"), "America/Chicago"),
}
"""Zones of the database that are those of no place: they know no summer time, or depend on the machine."""


def _time_zone(name: str) -> str:
    if name in PLACELESS or name.startswith(("posix/", "right/")):
        place = PLACELESS.get(name, name.partition("/")[2])
        raise ValueError(f"'{name}' is the time zone of no place; use {place}")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"'{name}' is not a time zone; use a name like America/Chicago") from None
    return name


def _one_line(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("must be one line without control characters")
    return text


def _text(text: str) -> str:
    text = _LINE_ENDS.sub("\n", text)
    if _CONTROL_IN_TEXT.search(text):
        raise ValueError("must not contain control characters")
    return text


def _paragraph(text: str) -> str:
    return " ".join(_text(text).split())


def _practice_id(text: str) -> str:
    if not PRACTICE_ID.fullmatch(text):
        raise ValueError(f"'{text}' must be 1 to 63 lower-case letters, digits or hyphens, for example riverside-vet")
    return text


def _instant(moment: datetime) -> datetime:
    # All times are kept in UTC: local times compare wrongly in the hour that daylight saving repeats.
    if moment.year in YEARS and (instant := moment.astimezone(UTC)).year in YEARS:
        return instant
    raise ValueError(f"must lie in the years {YEARS[0]} to {YEARS[-1]}")


def utc(moment: datetime) -> datetime:
    """Converts the present time to UTC. Raises ValueError if it has no zone."""
    return aware(moment, "The present time").astimezone(UTC)


Secret = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=4000),
    Field(json_schema_extra={"format": "password"}),
]
"""A secret such as a partner's password: stored encrypted and apart; elsewhere a reference stands for it."""
Email = Annotated[str, Field(max_length=254, json_schema_extra={"format": "email"}), AfterValidator(_email)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_one_line)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=4000), AfterValidator(_text)]
PARAGRAPH_LENGTH = 1000
"""Characters of a paragraph that a person adds to a mail."""
Paragraph = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=PARAGRAPH_LENGTH), AfterValidator(_paragraph)
]
Key = Annotated[str, StringConstraints(min_length=1, max_length=200), AfterValidator(_one_line)]
TimeZone = Annotated[str, Field(json_schema_extra={"format": "time-zone"}), AfterValidator(_time_zone)]
PracticeId = Annotated[str, AfterValidator(_practice_id)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Instant = Annotated[AwareDatetime, AfterValidator(_instant)]
"""A time with a zone, kept in UTC."""
