"""What to look at a mail with before anybody gets it: an invented practice."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from desk.rehearsal import anomalies, rehearse
from integrations.registry import BRINGS_DATA, integration_of
from playbooks.calendar.values import Calendar
from playbooks.engine.model import Playbook
from playbooks.engine.onboarding import Contact, Practice, Request
from playbooks.engine.transition import Refused
from playbooks.registry import PLAYBOOKS

PLACE = Calendar(time_zone="America/Chicago", country="US", state="IL")
START = datetime(2026, 3, 1, 16, 12, tzinfo=UTC)
REQUEST = Request(
    practice=Practice(id="riverside-vet", name="Riverside Veterinary Clinic", time_zone=PLACE.time_zone),
    primary_contact=Contact(name="Dana Whitfield", email="dana@riverside-vet.example"),
    assignee="ana",
)


def sample_context(kind: str) -> dict[str, Any]:
    """A context for a mail of this kind: one written for it, else that of a rehearsal of the playbook that sends it."""
    books = [book for book in PLAYBOOKS.values() if kind in book.mail_kinds]
    written = [sample for book in books if (sample := integration_of(book.name).mail_sample)]
    if books and not written and (rehearsed := _rehearsed(books[0], kind)):
        return rehearsed
    sample = next(iter(written), BRINGS_DATA.mail_sample)
    assert sample is not None, "the registry has one"
    return sample(kind)


def _rehearsed(book: Playbook, kind: str) -> dict[str, Any] | None:
    """The first mail of this kind in the story of a practice for which all goes late; None if there is none."""
    try:
        scenes = rehearse(book, REQUEST, PLACE, PLACE, START, late=True)
        scenes += [scene for _, scene in anomalies(book, REQUEST, PLACE, PLACE, START)]
    except Refused:
        return None
    return next((scene.mail.context for scene in scenes if scene.mail and scene.mail.kind == kind), None)
