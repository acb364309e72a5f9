"""Record sharing: have sister clinics share clients, patients and records, once each has confirmed it (RS1 to RS3).

The onboarding belongs to the clinic that asks. Every clinic sees what would follow, and types back that it cannot be
undone. All have a day to think better of it; then the clock enables it.
"""

from __future__ import annotations

from pydantic import Field

from playbooks.calendar.values import Elapsed
from playbooks.engine.fields import Email, Line, PracticeId, Text
from playbooks.engine.model import (
    ClockFact,
    Details,
    FactType,
    MailRule,
    Party,
    Playbook,
    Reminders,
    Role,
    Side,
    Stage,
)

CLINIC = "clinic"
"""The role of a clinic's account: its address is the one on record, to which mails about the account go (RS2)."""
STALE = Elapsed(hours=24 * 30)
"""After this, a request that nobody goes on with expires."""
COOLING_OFF = Elapsed(hours=24)
IRREVERSIBLE = "I understand that record sharing cannot be fully undone"
"""What each clinic types back to confirm (RS3)."""


class Requested(Details):
    """What is asked for: the clinic that asks, then those with which it wants to share; all of them confirm."""

    clinics: tuple[PracticeId, ...] = Field(min_length=2)
    names: Line
    person: Line
    asked_by: Line
    """`names` are the clinics' names as part of a sentence; `person` is the account of `asked_by`."""


class AskedClinic(Details):
    clinic: PracticeId
    name: Line
    email: Email


class Seen(Details):
    clinic: PracticeId
    person: Line
    name: Line


class Confirmed(Seen):
    """`typed` is the sentence as it was typed back."""

    typed: Line


class Reason(Details):
    why: Text


class Withdrawal(Seen):
    pass


def _to_each(kind: str, on: str, *, complete: bool = False) -> MailRule:
    return MailRule(kind=kind, to=CLINIC, on=on, complete=complete, source="RS3")


REMINDERS = Reminders(kind="sharing_reminder", to=CLINIC, days=(3, 7, 14), then_every=14)

RECORD_SHARING = Playbook(
    name="record-sharing",
    title="Record sharing",
    summary="Have sister clinics share clients, patients and records, once each has confirmed it.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name=Role.PRIMARY_CONTACT, title="the practice's primary contact", side=Side.PRACTICE),
        Party(name=CLINIC, title="an owner or admin of each clinic", side=Side.PRACTICE),
    ),
    facts=(
        FactType(
            name="requested",
            title="Sharing requested",
            payload=Requested,
            reported_by=Role.PRIMARY_CONTACT,
            legal=True,
            quoted_in_mails=True,
            source="RS2",
        ),
        FactType(
            name="clinic_asked",
            title="Clinic asked",
            payload=AskedClinic,
            reported_by="team",
            per="clinic",
            contact=CLINIC,
            revisable=True,
            source="RS2",
        ),
        FactType(
            name="preview_seen",
            title="Preview seen",
            payload=Seen,
            reported_by=CLINIC,
            per="clinic",
            source="RS3",
        ),
        FactType(
            name="confirmed",
            title="Sharing confirmed",
            payload=Confirmed,
            reported_by=CLINIC,
            per="clinic",
            each_of="requested.clinics",
            legal=True,
            quoted_in_mails=True,
            source="RS3",
        ),
        FactType(name="enabled", title="Sharing enabled", reported_by="clock", source="RS3"),
        FactType(
            name="withdrawn",
            title="Withdrawn by a clinic",
            payload=Withdrawal,
            reported_by=CLINIC,
            ends="withdrawn",
            quoted_in_mails=True,
            source="RS3",
        ),
        FactType(
            name="refused",
            title="Refused",
            payload=Reason,
            reported_by="team",
            ends="refused",
            quoted_in_mails=True,
            source="RS1",
        ),
        FactType(name="expired", title="Expired", reported_by="clock", ends="expired", source="RS2"),
    ),
    stages=(
        Stage(
            name="preview",
            title="Look at what would follow",
            waits_on=CLINIC,
            until=("requested", "clinic_asked", "preview_seen"),
            asks="Look at what record sharing would change at your clinic.",
            reminders=REMINDERS,
            clock_facts=(ClockFact(fact="expired", after=STALE),),
            source="RS3",
        ),
        Stage(
            name="confirmation",
            title="Confirmation by each clinic",
            waits_on=CLINIC,
            until=("confirmed",),
            asks="Confirm for your clinic that you know it cannot be undone, or withdraw the request.",
            reminders=REMINDERS,
            clock_facts=(ClockFact(fact="expired", after=STALE),),
            source="RS3",
        ),
        Stage(
            name="cooling_off",
            title="A day to change your mind",
            waits_on="clock",
            until=("enabled",),
            asks="Nothing to do: sharing begins automatically, unless a clinic withdraws.",
            clock_facts=(ClockFact(fact="enabled", after=COOLING_OFF),),
            source="RS3",
        ),
        Stage(name="enabled", title="Sharing", source="RS4"),
    ),
    mail_rules=(
        _to_each("sharing_asked", "clinic_asked"),
        _to_each("sharing_cooling_off", "confirmed", complete=True),
        _to_each("sharing_enabled", "enabled"),
        _to_each("sharing_refused", "refused"),
        _to_each("sharing_expired", "expired"),
        _to_each("sharing_withdrawn", "withdrawn"),
    ),
)
