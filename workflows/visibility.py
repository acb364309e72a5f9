"""Shows an onboarding: search attributes, details and summaries in Temporal, and its row for lists."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from zoneinfo import ZoneInfo

from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    SearchAttributeUpdate,
    TypedSearchAttributes,
)

from playbooks.engine.facts import holders, practice_phone
from playbooks.engine.listed import Listed, Row
from playbooks.engine.model import Playbook, keyed_title
from playbooks.engine.onboarding import Contact, Entry, Onboarding
from playbooks.engine.partner_knowledge import all_to_tell
from playbooks.engine.view import View, visits

SUMMARY_BYTES = 200

_keyword = SearchAttributeKey.for_keyword
KEYS: dict[str, SearchAttributeKey[Any]] = {
    **{name: _keyword(name) for name in ("Playbook", "Stage", "WaitingOn", "Sla", "Assignee")},
    "DueAt": SearchAttributeKey.for_datetime("DueAt"),
    "Practice": SearchAttributeKey.for_text("Practice"),
}


def attribute(name: str, value: object) -> SearchAttributeUpdate[Any]:
    """Returns the update of one search attribute; None unsets it."""
    return KEYS[name].value_unset() if value is None else KEYS[name].value_set(value)


def attributes_at_start(shown: View) -> TypedSearchAttributes:
    """Returns the search attributes to start an onboarding with, which saves a first update of all of them."""
    attributes = shown.search_attributes.items()
    return TypedSearchAttributes(
        [SearchAttributePair(KEYS[name], value) for name, value in attributes if value is not None]
    )


def attributes_by_name(found: TypedSearchAttributes) -> dict[str, Any]:
    return {pair.key.name: pair.value for pair in found}


def details(shown: View, zone: ZoneInfo) -> str:
    """Returns the live details for Temporal UI as Markdown: stage, progress and next timer."""
    marks = {"done": "x", "current": " ", "ahead": " "}
    lines = [f"**{shown.headline}**", ""]
    if shown.missing:
        several = {name: ", ".join(keys) for name, keys in shown.missing_of.items()}
        missing = [keyed_title(name.replace("_", " "), several.get(name)) for name in shown.missing]
        lines += [f"Missing: {', '.join(missing)}", ""]
    for step in shown.progress:
        when = f" — {step.left_at.astimezone(zone):%a %d %b %H:%M}" if step.left_at else ""
        late = " (late)" if step.kept is False else ""
        here = " ← now" if step.state == "current" else ""
        lines.append(f"- [{marks[step.state]}] {step.title}{when}{late}{here}")
    if shown.next:
        lines += ["", f"Next automatic step: {shown.next.what}, {shown.next.at.astimezone(zone):%a %d %b %H:%M %Z}"]
    return "\n".join(lines)


def summary_of(lines: Iterable[Entry], shown: View) -> str:
    """Returns one line for the timeline: what happened, and the stage after it."""
    text = "; ".join(line.text for line in lines if line.name != "start") or "Started"
    return cut(text if shown.closed else f"{text} → {shown.stage_title}")


def cut(text: str) -> str:
    return (
        text
        if len(text.encode()) <= SUMMARY_BYTES
        else text.encode()[: SUMMARY_BYTES - 3].decode(errors="ignore") + "…"
    )


def row(playbook: Playbook, onboarding: Onboarding, shown: View) -> Row:
    """Returns the onboarding as a row of lists, with the whole `record` once it is closed."""
    return Row(
        **{name: getattr(shown, name) for name in Listed.model_fields},
        run=onboarding.run,
        version=onboarding.version,
        visits=visits(playbook, onboarding),
        record=onboarding.model_dump(mode="json", exclude_defaults=True) if shown.closed else None,
        contacts="\n".join(
            filter(None, (contact_lines(_contacts(playbook, onboarding)), practice_phone(playbook, onboarding)))
        ),
        to_tell=[] if shown.closed else [each.model_dump() for each in all_to_tell(playbook, onboarding)],
    )


def contact_lines(people: Iterable[Contact]) -> str:
    """Returns name, e-mail address and telephone of contacts, a line each, for searches."""
    return "\n".join(" ".join(filter(None, (each.name, each.email, each.phone))) for each in people)


def _contacts(playbook: Playbook, onboarding: Onboarding) -> list[Contact]:
    by_role = [holders(playbook, onboarding, role) for role in playbook.practice_roles]
    return [person for several in by_role for person in several.values()]
