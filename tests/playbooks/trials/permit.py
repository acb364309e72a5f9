"""An onboarding that can end before its last stage: the office refuses the permit."""

from __future__ import annotations

from playbooks.calendar.values import BusinessDays
from playbooks.engine.fields import Line
from playbooks.engine.model import Details, FactType, MailRule, Party, Playbook, Reminders, Role, Side, Stage, Target


class Refusal(Details):
    reason: Line


PERMIT = Playbook(
    name="permit",
    title="Permit",
    summary="Get the office's permit for a practice.",
    parties=(
        Party(name="primary_contact", title="the practice", side=Side.PRACTICE),
        Party(name="office", title="the office", side=Side.PARTNER),
    ),
    facts=(
        FactType(name="applied", title="Applied for", reported_by="primary_contact"),
        FactType(name="granted", title="Permit granted", reported_by="office", implies=("applied",)),
        FactType(
            name="turned_down",
            title="Turned down by the office",
            payload=Refusal,
            reported_by="office",
            quoted_in_mails=True,
            ends="refused",
        ),
    ),
    stages=(
        Stage(
            name="application",
            title="Application",
            waits_on="primary_contact",
            until=("applied",),
            asks="Apply for the permit.",
            reminders=Reminders(kind="reminder", to=Role.PRIMARY_CONTACT),
        ),
        Stage(
            name="decision",
            title="Decision",
            waits_on="office",
            until=("granted",),
            asks="Decide on the permit.",
            target=Target(duration=BusinessDays(days=5)),
        ),
        Stage(name="permitted", title="Permitted"),
    ),
    mail_rules=(MailRule(kind="reminder", to=Role.PRIMARY_CONTACT, on="turned_down"),),
)
