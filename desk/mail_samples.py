"""An invented practice for previews of mails."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from desk.rehearsal import anomalies, rehearse
from playbooks.calendar.values import Calendar
from playbooks.engine.model import Playbook, Stage
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


QUOTES = {
    "address_changed": {"name": "Dana Whitfield", "role": "primary contact", "new": "d…@riverside-vet.example"},
    "contact_declined": {"role": "technical contact"},
    "contact_replaced": {"name": "Sam Ortiz", "role": "technical contact"},
    "forwarded": {
        "name": "Dana Whitfield",
        "email": "dana@riverside-vet.example",
        "role": "primary_contact",
        "text": "Could you please look at this before Friday?",
    },
    "mentioned": {"by": "bo", "text": "@ana, their server is replaced on Friday.\nCan you call Dana before that?"},
    "practice_said": {
        "by": "contact:dana",
        "about": "Dana Whitfield asks for help",
        "text": "Our server is replaced on Friday. Can we wait until then?\n\nCall me after 2 PM.",
    },
}
"""What is quoted by the mails that follow no rule of a playbook."""


def sample_context(kind: str) -> Mapping[str, Any]:
    """A context for a mail of this kind: that of a rehearsal of the playbook that sends it."""
    first = next(iter(PLAYBOOKS.values()))
    if kind == "digest":
        return _digest(first)
    if kind in ("assigned", "handed_over", "hand_over_taken_back"):
        return _hand_over(first)
    if kind == "member_link":
        return _member_link()
    if kind == "prescribers_changed":
        return _prescribers_changed()
    if kind == "prescription_notice":
        return _prescription_notice()
    if kind == "sharing_email_refused":
        return _sharing_email_refused()
    if kind == "sharing_ended":
        return _sharing_ended()
    if kind == "sharing_request_withdrawn":
        return _sharing_ended() | {"clinics": "Riverside Veterinary Clinic and Lakeside Veterinary Clinic"}
    playbook = next((each for each in PLAYBOOKS.values() if kind in each.mail_kinds), first)
    contexts = _rehearsed(playbook) or _rehearsed(first)
    reminders = (each for name, each in contexts.items() if playbook.is_reminder(name))
    context = contexts.get(kind) or next(reminders, None) or next(iter(contexts.values()))
    if kind == "contact_declined":
        context = context | {"vacant": ["technical_contact"]}
    return context | {"quote": QUOTES[kind]} if kind in QUOTES else context


@cache
def _rehearsed(playbook: Playbook) -> dict[str, dict[str, Any]]:
    """The context of the first mail of each kind in the story of a practice for which all goes late, else in time.

    Empty for a playbook whose facts cannot be made up.
    """
    try:
        scenes = [
            scene for late in (True, False) for scene in rehearse(playbook, REQUEST, PLACE, PLACE, START, late=late)
        ]
        scenes += [scene for _, scene in anomalies(playbook, REQUEST, PLACE, PLACE, START)]
    except Refused:
        return {}
    return {scene.mail.kind: scene.mail.context for scene in reversed(scenes) if scene.mail}


def _hand_over(playbook: Playbook) -> dict[str, Any]:
    stages = playbook.stages[:2]
    names = ("Cedar Creek Vets", "Riverside Veterinary Clinic")
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "id": "0123456789abcdef",
        "by": "Bo Larsen",
        "receiver": "Ana Ruiz",
        "why": "I am on holiday until the 12th.",
        "practices": [
            {"id": f"{playbook.name}/{name.split()[0].lower()}", "practice": name, "stage_title": stage.title}
            for name, stage in zip(names, stages, strict=True)
        ],
    }


def _member_link() -> dict[str, Any]:
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "name": "Dr. Robin Ames",
        "email": "robin@riverside-vet.example",
        "practice": "Riverside Veterinary Clinic",
        "known": False,
        "first": True,
        "address": "https://pharmacy.example/members/welcome/only-in-the-mail-itself",
    }


def _prescribers_changed() -> dict[str, Any]:
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "name": "Dana Whitfield",
        "practice": "Riverside Veterinary Clinic",
        "changes": [{"vet": "dr-ames", "before": "Robin Ames", "after": "Robin Ames-Lund"}],
    }


def _prescription_notice() -> dict[str, Any]:
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "name": "Dr. Robin Ames",
        "practice": "Riverside Veterinary Clinic",
        "patient": "Rex",
        "notice": "request_reminder",
        "text": "Dana Reyes asked for Carprofen 75 mg. The request ends in 7 days unless you approve or decline it.",
        "decided": "",
        "unpaid": "",
        "price": "",
        "pay_by": START.isoformat(),
        "reader": "vet",
        "address": "https://pharmacy.example/clinic/riverside-vet",
    }


def _sharing_email_refused() -> dict[str, Any]:
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "practice": "Riverside Veterinary Clinic",
        "email": "office@riverside-vet.example",
        "why": "It does not say clearly with which clinics; please name them by their IDs, or use the form.",
        "page": "https://pharmacy.example/clinic/riverside-vet/sharing",
    }


def _sharing_ended() -> dict[str, Any]:
    return {
        "zone": PLACE.time_zone,
        "now": START.isoformat(),
        "name": "Dana Whitfield",
        "practice": "Riverside Veterinary Clinic",
        "other": "Lakeside Veterinary Clinic",
        "by": "Dr. Kim Lund of Lakeside Veterinary Clinic",
        "own": False,
        "why": None,
        "page": "https://pharmacy.example/clinic/riverside-vet/sharing",
    }


def _digest(playbook: Playbook) -> dict[str, Any]:
    def row(practice: str, stage: Stage, due_at: datetime, assignee: str | None) -> dict[str, Any]:
        return {
            "id": f"{playbook.name}/{practice.split()[0].lower()}",
            "practice": practice,
            "stage_title": stage.title,
            "waiting_on": playbook.party(stage.waits_on).title if stage.waits_on else None,
            "due_at": due_at.isoformat(),
            "assignee": assignee,
        }

    waited_for = [stage for stage in playbook.stages if stage.waits_on]
    refused = row("Harbor Pet Care", waited_for[0], START, None) | {
        "kind": next(filter(playbook.is_reminder, playbook.mail_kinds), "escalation"),
        "to": "jo@harbor-pets.example",
        "reason": "The mailbox does not exist: fix the address.",
    }
    return {
        "zone": PLACE.time_zone,
        "now": (START + timedelta(days=3)).isoformat(),
        "overdue": [
            row("Riverside Veterinary Clinic", waited_for[-1], START + timedelta(days=2), "ana"),
            row("Lakeview Animal Hospital", waited_for[0], START + timedelta(days=2, hours=6), None),
        ],
        "due_today": [row("Cedar Creek Vets", waited_for[-1], START + timedelta(days=3, hours=5), "bo")],
        "waiting": [{"party": party.title, "count": 14 - 3 * place} for place, party in enumerate(playbook.parties)],
        "refused_mails": [refused],
    }
