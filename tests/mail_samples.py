"""Sample contexts for each mail: an invented practice, in the first days of March."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from configuration.settings import Brand
from desk import mail_samples
from playbooks.registry import PLAYBOOKS
from templates.render import RenderedMail, render

LOST = {
    "reason": "silent",
    "last_heard_at": "2026-02-26T16:12:00+00:00",
    "last_feed_at": "2026-02-25T23:40:00+00:00",
    "agent_seen_at": "2026-02-26T16:12:00+00:00",
    "at": "2026-03-01T16:12:00+00:00",
}

REQUESTED = {
    "clinics": ["riverside", "lakeside", "hilltop"],
    "names": "Riverside Veterinary Clinic, Lakeside Veterinary Clinic and Hilltop Pet Clinic",
    "asked_by": "Dana Whitfield",
}

IN_TWO_DAYS = {"due_at": "2026-03-03T16:12:00+00:00"}
IN_FIVE_BUSINESS_DAYS = {"due_at": "2026-03-06T16:12:00+00:00", "allowance": "5 business days"}

# What is on record in a stage, beside the words of its playbook.
STAGES: dict[str, dict[str, Any]] = {
    "invitation": IN_TWO_DAYS | {"allowance": "48 hours"},
    "registration": {"done": ["practice_information_given"]},
    "installation_contact": IN_TWO_DAYS | {"allowance": "24 hours"},
    "initial_import": {
        "due_at": "2026-03-10T16:12:00+00:00",
        "allowance": "one week",
        "estimate": {"at": "2026-03-10T16:12:00+00:00", "allowance": "one week"},
    },
    "connected": {"figures": {"clients": 4210, "patients": 6875}},
    "check": IN_TWO_DAYS | {"allowance": "2 business days", "details": {"connection_lost": LOST}},
    "technical_contact": {"details": {"connection_lost": LOST}},
    "reconnected": {"details": {"connection_lost": LOST, "data_flowing": {"at": "2026-03-01T15:50:00+00:00"}}},
    "prescribers": IN_FIVE_BUSINESS_DAYS | {"done": ["prescribers_mapped"]},
    "test": IN_FIVE_BUSINESS_DAYS
    | {
        "done": ["test_prescription_sent"],
        "details": {"test_prescription_sent": {"patient": "Biscuit", "at": "2026-03-01T16:12:00+00:00"}},
    },
    "preview": {"details": {"requested": REQUESTED}},
    "cooling_off": {"details": {"requested": REQUESTED}, "clock_at": "2026-03-03T16:12:00+00:00"},
    "enabled": {"details": {"requested": REQUESTED}},
    "confirmation": {
        "details": {
            "requested": REQUESTED,
            "refused": {"why": "The clinics no longer have the same owner."},
            "withdrawn": {"name": "Dr. Kim Lund"},
        },
    },
}

STAGE_OF = {
    "queue_confirmation": "invitation",
    "invitation_overdue": "invitation",
    "escalation": "invitation",
    "technical_briefing": "installation_contact",
    "installation_overdue": "installation_contact",
    "installation_reminder": "agent_installation",
    "import_begun": "initial_import",
    "data_received": "connected",
    "connection_lost_team": "check",
    "connection_lost_primary": "check",
    "reconnection_check": "check",
    "reconnection_reminder": "check",
    "reconnection_contact": "technical_contact",
    "reconnected": "reconnected",
    "reconnected_primary": "reconnected",
    "ezyvet_access": "access",
    "ezyvet_credentials": "credentials",
    "ezyvet_map_team": "prescribers",
    "ezyvet_prescribers": "prescribers",
    "ezyvet_send_test_team": "test",
    "ezyvet_test": "test",
    "ezyvet_live": "live",
    "sharing_asked": "preview",
    "sharing_reminder": "preview",
    "sharing_cooling_off": "cooling_off",
    "sharing_enabled": "enabled",
    "sharing_refused": "confirmation",
    "sharing_expired": "confirmation",
    "sharing_withdrawn": "confirmation",
}

# The situations of mails about no stage that their previews do not show.
OTHERS: dict[str, dict[str, Any]] = {
    "prescribers_changed": {
        "changes": [
            {"vet": "dr-ames", "before": "Robin Ames", "after": "Robin Ames-Lund"},
            {"vet": "dr-cho", "before": None, "after": "Kim Cho"},
            {"vet": "dr-lee", "before": "Ada Lee", "after": None},
        ]
    },
    "prescription_notice": {
        "name": "Dana Reyes",
        "notice": "declined",
        "text": "Please come in: we have to look at the ear first.",
        "decided": "Robin Ames of Riverside Veterinary Clinic declined what you asked for Rex: 3 × Ear drops 10 ml.",
        "reader": "owner",
    },
}


def sample_context(kind: str) -> dict[str, Any]:
    """A context to render a mail of this kind with: that of its preview, at a stage of which all is known.

    A kind about an onboarding that is not listed here is at the stage of registration.
    """
    preview = deepcopy(dict(mail_samples.sample_context(kind)))
    if "stage" not in preview:
        return preview | OTHERS.get(kind, {})
    name = STAGE_OF.get(kind, "registration")
    playbook = next(each for each in PLAYBOOKS.values() if name in [stage.name for stage in each.stages])
    stage, known = playbook.stage(name), deepcopy(STAGES.get(name, {}))
    done = known.pop("done", [])
    late = kind in ("escalation", "invitation_overdue", "installation_overdue")

    def titles(facts: list[str]) -> list[dict[str, str]]:
        return [{"fact": fact, "title": playbook.fact(fact).title} for fact in facts]

    at_the_stage: dict[str, Any] = {
        "onboarding": f"{playbook.name}/riverside-vet",
        "integration": playbook.title,
        "zone": mail_samples.PLACE.time_zone,
        "now": "2026-03-05T15:30:00+00:00" if late else "2026-03-01T16:12:00+00:00",
        "contacts": {
            "primary_contact": {
                "name": "Dana Whitfield",
                "email": "dana@riverside-vet.example",
                "phone": "(312) 555-0142",
            },
            "technical_contact": {"name": "Sam Ortiz", "email": "sam@riverside-it.example", "phone": None},
            "clinic": {"name": "Lakeside Veterinary Clinic", "email": "office@lakeside.example", "phone": None},
        },
        "stage": name,
        "stage_title": stage.title,
        "waiting_on": playbook.party(stage.waits_on).title if stage.waits_on else None,
        "asks": stage.asks,
        "chase": stage.chase,
        "entered_at": "2026-03-01T16:12:00+00:00",
        "due_at": None,
        "clock_at": None,
        "allowance": None,
        "estimate": None,
        "missing": titles([fact for fact in stage.until if fact not in done]),
        "done": titles(done),
        "size": 4200,
        "figures": {},
        "details": {},
        "reminders": {"sent": 0, "last_at": None},
        "reader": "technical_contact" if kind.startswith(("technical", "installation")) else "primary_contact",
        "former_address": None,
        "has_to_be_named": False,
        "replies": {"primary_contact": {}, "technical_contact": {}},
    }
    return preview | at_the_stage | known


BRAND = Brand(
    name="Willow & Sons Pharmacy",
    support_address="help@willow.example",
    support_phone="(800) 555-0123",
    care_phone="(800) 555-0177",
    privacy_policy_url="https://willow.example/privacy?a=1&b=2",
    color="#14532d",
    accent_color="#0f766e",
    datapoint_sender="hello@datapoint.example",
    public_url=None,
)

GMAIL_CLIPS_AT = 102_000


def sample(kind: str, **changes: Any) -> RenderedMail:
    return render(kind, sample_context(kind) | changes, BRAND)
