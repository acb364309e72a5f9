"""Sample contexts for a preview of each mail: an invented practice, in the first days of March."""

from __future__ import annotations

from typing import Any

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

STAGES: dict[str, dict[str, Any]] = {
    "invitation": {
        "stage_title": "Invitation from DataPoint",
        "waiting_on": "DataPoint",
        "asks": "Send the invitation to the primary contact.",
        "chase": "Ask DataPoint whether the invitation went out and to which address; have it sent again.",
        "due_at": "2026-03-03T16:12:00+00:00",
        "allowance": "48 hours",
        "missing": [{"fact": "invitation_sent", "title": "DataPoint invited the primary contact"}],
    },
    "registration": {
        "stage_title": "Registration with DataPoint",
        "waiting_on": "the practice's primary contact",
        "asks": "Fill in DataPoint's form: practice information, technical contact, and the EULA.",
        "missing": [
            {"fact": "technical_contact_designated", "title": "Technical contact named"},
            {"fact": "eula_accepted", "title": "EULA accepted"},
        ],
        "done": [{"fact": "practice_information_given", "title": "Practice information given"}],
    },
    "installation_contact": {
        "stage_title": "DataPoint contacts the technical contact",
        "waiting_on": "DataPoint",
        "asks": "Contact the technical contact to arrange the installation.",
        "chase": "Ask DataPoint when it will contact the technical contact, and give it their number.",
        "due_at": "2026-03-03T16:12:00+00:00",
        "allowance": "24 hours",
        "missing": [{"fact": "technical_contact_reached", "title": "DataPoint reached the technical contact"}],
    },
    "agent_installation": {
        "stage_title": "Installation of the agent",
        "waiting_on": "the practice's technical contact",
        "asks": "Install the DataPoint agent on the practice's server, together with DataPoint.",
        "missing": [{"fact": "agent_installed", "title": "Agent installed"}],
    },
    "initial_import": {
        "stage_title": "First import of the data",
        "waiting_on": "DataPoint",
        "asks": "Copy the practice's clients and patients for the first time.",
        "chase": "Ask DataPoint how far the first copy is; the agent may have stopped.",
        "due_at": "2026-03-10T16:12:00+00:00",
        "allowance": "one week",
        "estimate": {"at": "2026-03-10T16:12:00+00:00", "allowance": "one week"},
        "missing": [{"fact": "data_received", "title": "Data received"}],
    },
    "connected": {"stage_title": "Connected", "figures": {"clients": 4210, "patients": 6875}},
    "check": {
        "stage_title": "Check at the practice",
        "waiting_on": "the practice's technical contact",
        "asks": "Check that the server is on and online, and whether a password or the system has changed.",
        "chase": "Call the technical contact; if they have left, ask the practice who took over and record that.",
        "due_at": "2026-03-03T16:12:00+00:00",
        "allowance": "2 business days",
        "missing": [{"fact": "agent_seen", "title": "Agent seen again"}],
        "details": {"connection_lost": LOST},
    },
    "technical_contact": {
        "stage_title": "Technical contact for the reconnection",
        "waiting_on": "the practice's primary contact",
        "asks": "Tell us who looks after the practice's server now: name, e-mail and phone.",
        "missing": [{"fact": "technical_contact_designated", "title": "Technical contact named"}],
        "details": {"connection_lost": LOST},
    },
    "reconnected": {
        "stage_title": "Connected again",
        "details": {"connection_lost": LOST, "data_flowing": {"at": "2026-03-01T15:50:00+00:00"}},
    },
    "access": {
        "stage_title": "Access to the practice's ezyVet site",
        "waiting_on": "the practice's primary contact",
        "asks": "Give us access, as a partner, to your ezyVet site.",
        "missing": [{"fact": "access_granted", "title": "Partner access granted"}],
    },
    "credentials": {
        "stage_title": "Credentials of the ezyVet site",
        "waiting_on": "the practice's primary contact",
        "asks": "Hand us the credentials file that ezyVet gave you; it is tried at once.",
        "missing": [{"fact": "credentials_received", "title": "Credentials received"}],
    },
    "prescribers": {
        "stage_title": "Who prescribes",
        "waiting_on": "the practice's primary contact",
        "asks": "Confirm which ezyVet user each of your vets is.",
        "due_at": "2026-03-06T16:12:00+00:00",
        "allowance": "5 business days",
        "missing": [{"fact": "prescribers_confirmed", "title": "Prescribers confirmed"}],
    },
    "test": {
        "stage_title": "Test prescription",
        "waiting_on": "the practice's primary contact",
        "asks": "Look for our test prescription in ezyVet, and tell us that you see it.",
        "due_at": "2026-03-06T16:12:00+00:00",
        "allowance": "5 business days",
        "missing": [{"fact": "test_prescription_seen", "title": "Test prescription seen in ezyVet"}],
        "details": {"test_prescription_sent": {"patient": "Biscuit", "at": "2026-03-01T16:12:00+00:00"}},
    },
    "live": {"stage_title": "Live"},
    "preview": {
        "stage_title": "Look at what would follow",
        "waiting_on": "an owner or admin of each clinic",
        "asks": "Look at what record sharing would change at your clinic.",
        "details": {"requested": REQUESTED},
    },
    "cooling_off": {
        "stage_title": "A day to change your mind",
        "waiting_on": "the clock",
        "asks": "Nothing to do: sharing begins automatically, unless a clinic withdraws.",
        "details": {"requested": REQUESTED},
    },
    "enabled": {"stage_title": "Sharing", "details": {"requested": REQUESTED}},
    "confirmation": {
        "stage_title": "Confirmation by each clinic",
        "details": {
            "requested": REQUESTED,
            "refused": {"why": "The clinics no longer have the same owner."},
            "withdrawn": {"name": "Dr. Kim Lund"},
        },
    },
}

LOST_STAGES = ("check", "technical_contact", "reconnected")
SHARING_STAGES = ("preview", "confirmation", "cooling_off", "enabled")
EZYVET_STAGES = ("access", "credentials", "prescribers", "test", "live")
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


def sample_context(kind: str) -> dict[str, Any]:
    """A context to render a mail of this kind with, in the shape of `playbooks.engine.mail_context`.

    A kind that is not listed here gets the context of the registration stage.
    """
    if kind == "digest":
        return _digest()
    if kind in ("assigned", "handed_over", "hand_over_taken_back"):
        return _hand_over()
    if kind == "prescribers_changed":
        return _prescribers_changed()
    if kind == "member_link":
        return _member_link()
    if kind == "prescription_notice":
        return _prescription_notice()
    if kind == "sharing_email_refused":
        return _sharing_email_refused()
    if kind == "sharing_ended":
        return _sharing_ended()
    if kind == "sharing_request_withdrawn":
        return _sharing_ended() | {"clinics": "Riverside Veterinary Clinic and Lakeside Veterinary Clinic"}
    stage = STAGE_OF.get(kind, "registration")
    name, title = _playbook(stage)
    late = kind in ("escalation", "invitation_overdue", "installation_overdue")
    return {
        "onboarding": f"{name}/riverside-vet",
        "integration": title,
        "practice": "Riverside Veterinary Clinic",
        "zone": "America/Chicago",
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
        "assignee": "ana",
        "stage": stage,
        "stage_title": "",
        "waiting_on": None,
        "asks": "",
        "chase": "",
        "entered_at": "2026-03-01T16:12:00+00:00",
        "due_at": None,
        "allowance": None,
        "estimate": None,
        "of": None,
        "missing": [],
        "done": [],
        "size": 4200,
        "figures": {},
        "details": {},
        "reminders": {"sent": 0, "last_at": None},
        "reader": "technical_contact" if kind.startswith(("technical", "installation")) else "primary_contact",
        "former_address": None,
        "replies": {"primary_contact": {}, "technical_contact": {}},
        "vacant": [],
        "moved_from": None,
        **_quote(kind),
    } | STAGES[stage]


def _playbook(stage: str) -> tuple[str, str]:
    """The name and the title of the playbook that a stage belongs to."""
    if stage in LOST_STAGES:
        return "datapoint-reconnection", "DataPoint reconnection"
    if stage in SHARING_STAGES:
        return "record-sharing", "Record sharing"
    return ("ezyvet", "ezyVet") if stage in EZYVET_STAGES else ("datapoint", "DataPoint")


def _quote(kind: str) -> dict[str, Any]:
    """What a mail quotes from somebody."""
    if kind == "address_changed":
        return {"quote": {"name": "Dana Whitfield", "role": "primary contact", "new": "d…@riverside-vet.example"}}
    if kind == "contact_replaced":
        return {"quote": {"name": "Sam Ortiz", "role": "technical contact"}}
    if kind == "contact_declined":
        return {"quote": {"role": "technical contact"}, "vacant": ["technical_contact"]}
    if kind == "forwarded":
        who = {"name": "Dana Whitfield", "email": "dana@riverside-vet.example", "role": "primary_contact"}
        return {"quote": {**who, "text": "Could you please look at this before Friday?"}}
    if kind == "mentioned":
        return {
            "quote": {"by": "bo", "text": "@ana, their server is replaced on Friday.\nCan you call Dana before that?"}
        }
    if kind != "practice_said":
        return {}
    text = "Our server is replaced on Friday. Can the agent wait until then?\n\nCall me after 2 PM."
    return {"quote": {"by": "contact:dana", "about": "Dana Whitfield asks for help", "text": text}}


def _hand_over() -> dict[str, Any]:
    practices = [
        {"id": "datapoint/cedar-creek", "practice": "Cedar Creek Vets", "stage_title": "Registration with DataPoint"},
        {"id": "datapoint/riverside-vet", "practice": "Riverside Veterinary Clinic", "stage_title": ""},
    ]
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "id": "0123456789abcdef",
        "by": "Bo Larsen",
        "receiver": "Ana Ruiz",
        "why": "I am on holiday until the 12th.",
        "practices": practices,
    }


def _prescribers_changed() -> dict[str, Any]:
    changes = [
        {"vet": "dr-ames", "before": "Robin Ames", "after": "Robin Ames-Lund"},
        {"vet": "dr-cho", "before": None, "after": "Kim Cho"},
        {"vet": "dr-lee", "before": "Ada Lee", "after": None},
    ]
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "name": "Dana Whitfield",
        "practice": "Riverside Veterinary Clinic",
        "changes": changes,
    }


def _member_link() -> dict[str, Any]:
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "name": "Dr. Robin Ames",
        "email": "robin@riverside-vet.example",
        "practice": "Riverside Veterinary Clinic",
        "known": False,
        "first": True,
        "address": "https://pharmacy.example/members/welcome/only-in-the-mail-itself",
    }


def _prescription_notice() -> dict[str, Any]:
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "name": "Dana Reyes",
        "practice": "Riverside Veterinary Clinic",
        "patient": "Rex",
        "notice": "declined",
        "text": "Please come in: we have to look at the ear first.",
        "reader": "owner",
        "address": "https://pharmacy.example/clinic/riverside-vet",
    }


def _sharing_email_refused() -> dict[str, Any]:
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "practice": "Riverside Veterinary Clinic",
        "email": "office@riverside-vet.example",
        "why": "It does not say clearly with which clinics; please name them by their IDs, or use the form.",
        "page": "https://pharmacy.example/clinic/riverside-vet/sharing",
    }


def _sharing_ended() -> dict[str, Any]:
    return {
        "zone": "America/Chicago",
        "now": "2026-03-01T16:12:00+00:00",
        "name": "Dana Whitfield",
        "practice": "Riverside Veterinary Clinic",
        "other": "Lakeside Veterinary Clinic",
        "by": "Dr. Kim Lund of Lakeside Veterinary Clinic",
        "why": None,
        "page": "https://pharmacy.example/clinic/riverside-vet/sharing",
    }


def _digest() -> dict[str, Any]:
    def row(practice: str, stage: str, waiting_on: str, due_at: str, assignee: str | None) -> dict[str, Any]:
        return {
            "id": f"datapoint/{practice.split()[0].lower()}",
            "practice": practice,
            "stage_title": stage,
            "waiting_on": waiting_on,
            "due_at": due_at,
            "assignee": assignee,
        }

    return {
        "zone": "America/Chicago",
        "now": "2026-03-04T14:00:00+00:00",
        "overdue": [
            row("Riverside Veterinary Clinic", "Invitation from DataPoint", "DataPoint", "2026-03-03T16:12:00Z", "ana"),
            row("Lakeview Animal Hospital", "Entry in DataPoint's queue", "the team", "2026-03-03T22:40:00Z", None),
        ],
        "due_today": [
            row("Cedar Creek Vets", "First import of the data", "DataPoint", "2026-03-04T21:05:00Z", "bo"),
        ],
        "waiting": [
            {"party": "DataPoint", "count": 14},
            {"party": "the practice's primary contact", "count": 9},
            {"party": "the practice's technical contact", "count": 6},
            {"party": "the onboarding team", "count": 2},
        ],
        "refused_mails": [
            {
                "id": "datapoint/harbor",
                "practice": "Harbor Pet Care",
                "kind": "registration_reminder",
                "to": "jo@harbor-pets.example",
                "reason": "The mailbox does not exist: fix the address.",
            }
        ],
    }
