"""Several reports of one fact, told apart by a field: each clinic that is to take part confirms, by its own owner."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from playbooks.calendar.values import Elapsed
from playbooks.engine.fields import Email, Line
from playbooks.engine.model import Details, FactType, MailRule, Party, Playbook, Reminders, Role, Side, Stage, Target


class Request(Details):
    clinics: Annotated[list[Line], Field(min_length=1)]


class Owner(Details):
    clinic: Line
    name: Line
    email: Email


class Confirmation(Details):
    clinic: Line
    words: Line | None = None


ALLIANCE = Playbook(
    name="alliance",
    title="Alliance",
    summary="Let several clinics work together, once each has confirmed.",
    parties=(
        Party(name="primary_contact", title="who asked for it", side=Side.PRACTICE),
        Party(name="owner", title="the clinics' owners", side=Side.PRACTICE),
    ),
    facts=(
        FactType(name="requested", title="Requested", payload=Request, reported_by="primary_contact", revisable=True),
        FactType(
            name="owner_known",
            title="Owner known",
            payload=Owner,
            reported_by="primary_contact",
            revisable=True,
            contact="owner",
            per="clinic",
        ),
        FactType(
            name="confirmed",
            title="Confirmed",
            payload=Confirmation,
            reported_by="owner",
            quoted_in_mails=True,
            per="clinic",
            each_of="requested.clinics",
        ),
    ),
    stages=(
        Stage(name="request", title="Request", waits_on="primary_contact", until=("requested",)),
        Stage(
            name="confirmation",
            title="Confirmation",
            waits_on="owner",
            until=("confirmed",),
            asks="Confirm that your clinic takes part.",
            target=Target(duration=Elapsed(hours=96), notify=(("reminder", "owner"),)),
            reminders=Reminders(kind="reminder", to="owner", days=(2,), then_every=30),
        ),
        Stage(name="allied", title="Allied"),
    ),
    mail_rules=(
        MailRule(kind="escalation", to="owner", on="requested"),
        MailRule(kind="reminder", to=Role.PRIMARY_CONTACT, on="confirmed"),
    ),
)
