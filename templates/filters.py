"""The filters of mail templates: times in the recipient's zone, counts, lists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from jinja2.runtime import Context
from jinja2.utils import pass_context
from markupsafe import Markup

from playbooks.calendar.time_format import contact_day, contact_time
from playbooks.plural import count_of

NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine")


@pass_context
def date_time(context: Context, iso: str) -> str:
    """`Tuesday 3 March, 10:12 AM CST`, in the recipient's zone; with the year unless it is the current one."""
    return f"{day(context, iso)}, {time(context, iso)}"


@pass_context
def time(context: Context, iso: str) -> str:
    """`10:12 AM CST`, in the recipient's zone."""
    return contact_time(datetime.fromisoformat(iso), ZoneInfo(context["zone"]))


@pass_context
def day(context: Context, iso: str) -> str:
    """`Tuesday 3 March`, in the recipient's zone."""
    now = datetime.fromisoformat(context["now"])
    return contact_day(datetime.fromisoformat(iso), ZoneInfo(context["zone"]), now)


@pass_context
def time_ago(context: Context, iso: str) -> str:
    """`, 2 days ago`, to end a sentence with; empty for less than an hour."""
    late = datetime.fromisoformat(context["now"]) - datetime.fromisoformat(iso)
    if late < timedelta(hours=1):
        return ""
    if late < timedelta(days=1):
        return f", {count_of(late // timedelta(hours=1), 'hour')} ago"
    return f", {count_of(late // timedelta(days=1), 'day')} ago"


@pass_context
def is_past(context: Context, iso: str) -> bool:
    """Whether this time has passed."""
    return datetime.fromisoformat(iso) <= datetime.fromisoformat(context["now"])


def one_line(text: str) -> str:
    """The text on one line, without the line breaks and indentation of its template."""
    flat = re.sub(r"\s+", " ", text).strip()
    return Markup(flat) if isinstance(text, Markup) else flat  # noqa: S704 - it was markup before


def capitalize_first(text: str) -> str:
    return text[:1].upper() + text[1:]


def join_list(items: Iterable[str]) -> str:
    """`a, b and c`."""
    names = list(items)
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def fact_names(rows: Iterable[Mapping[str, str]], names: Mapping[str, str]) -> list[str]:
    """The name of each fact: from `names`, else its own title."""
    return [names.get(row["fact"], row["title"]) for row in rows]


def party_counts(rows: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Each party and how many wait on it, as text for a table."""
    return [(capitalize_first(row["party"]), thousands(row["count"])) for row in rows]


def thousands(number: int) -> str:
    """`12,500`."""
    return f"{number:,}"


def spell_number(number: int) -> str:
    """`Two`, to begin a sentence with."""
    return NUMBERS[number] if number < len(NUMBERS) else str(number)


def tel(number: str) -> str:
    """A phone number in the form of a `tel:` link; empty without a digit."""
    return re.sub(r"[^\d+,;*#]", "", number) if re.search(r"\d", number) else ""


def national(number: str | None) -> str:
    """A phone number of North America in one form, however it was typed: `(312) 555-0203`."""
    found = re.fullmatch(r"(?:\+?1[ .-]?)?\(?([2-9]\d{2})\)?[ .-]?([2-9]\d{2})[ .-]?(\d{4})", (number or "").strip())
    return f"({found[1]}) {found[2]}-{found[3]}" if found else number or ""


def people(
    contacts: Mapping[str, Mapping[str, str] | None], replies: Mapping[str, Mapping[str, Any]]
) -> list[tuple[str, str]]:
    """The contacts as rows of facts, with the times that suit them, or that they are not the right person:
    `("Primary contact", "Dana Whitfield, dana@riverside-vet.example")`."""
    rows = []
    for role, person in contacts.items():
        title, said = capitalize_first(role.replace("_", " ")), replies.get(role, {})
        if person:
            wrong = " (says that they are not the right person)" if "declined" in said else ""
            rows.append((title, f"{person['name']}, {person['email']}{wrong}"))
        if times := said.get("accepted", {}).get("times"):
            rows.append(("Times that suit them", times))
    return rows


FILTERS = {
    each.__name__: each
    for each in (
        date_time,
        day,
        time,
        time_ago,
        is_past,
        one_line,
        capitalize_first,
        join_list,
        fact_names,
        party_counts,
        count_of,
        thousands,
        spell_number,
        tel,
        national,
        people,
    )
}
