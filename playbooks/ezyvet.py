"""ezyVet: connect a practice's ezyVet site, so that the pharmacy's prescriptions appear there (RX).

Two stages need both sides: `prescribers` and `test` are prepared by the team, which gets a mail when it is to begin,
and end with the practice's word. Their deadline is ours, to look after it: the practice has none.
"""

from __future__ import annotations

from pydantic import Field

from playbooks.calendar.values import BusinessDays
from playbooks.engine.fields import Line
from playbooks.engine.model import (
    Details,
    FactType,
    Launch,
    MailRule,
    Party,
    Playbook,
    Preparation,
    Reminders,
    Role,
    Side,
    Stage,
    Target,
)


class Confirmation(Details):
    confirmed_by: Line = Field(title="Your name", description="Who confirms it for the practice.")


class SentPrescription(Details):
    """The prescription that was sent as a test, and the patient in whose record it stands."""

    prescription: Line | None = None
    patient: Line | None = None


OPENING = Launch(workflow="EzyvetOpening", prefix="ezyvet-opening")
"""Has the site marked live and the waiting prescriptions sent, and the test prescription taken out."""

EZYVET = Playbook(
    name="ezyvet",
    title="ezyVet",
    summary="Connect a practice's ezyVet site, so that the pharmacy's prescriptions appear in its own system.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name="primary_contact", title="the practice's primary contact", side=Side.PRACTICE),
    ),
    facts=(
        FactType(
            name="access_granted",
            title="Partner access granted",
            reported_by="primary_contact",
            source="RX1",
        ),
        FactType(name="credentials_received", title="Credentials received", reported_by="team", source="RX1"),
        FactType(
            name="connection_verified",
            title="Connection verified",
            reported_by="team",
            implies=("credentials_received", "access_granted"),
            source="RX1",
        ),
        FactType(
            name="prescribers_mapped",
            title="List of prescribers ready",
            reported_by="team",
            revisable=True,
            source="RX10",
        ),
        FactType(
            name="prescribers_confirmed",
            title="Prescribers confirmed",
            payload=Confirmation,
            reported_by="primary_contact",
            implies=("prescribers_mapped",),
            legal=True,
            revisable=True,
            source="RX10",
        ),
        FactType(
            name="test_prescription_sent",
            title="Test prescription sent",
            payload=SentPrescription,
            reported_by="team",
            revisable=True,
            quoted_in_mails=True,
            source="RX12",
        ),
        FactType(
            name="test_prescription_seen",
            title="Test prescription seen in ezyVet",
            reported_by="primary_contact",
            implies=("test_prescription_sent", "connection_verified"),
            legal=True,
            source="RX12",
        ),
    ),
    stages=(
        Stage(
            name="access",
            title="Access to the practice's ezyVet site",
            waits_on="primary_contact",
            until=("access_granted",),
            asks="Give us access, as a partner, to your ezyVet site.",
            # Day 0 is the request itself.
            reminders=Reminders(kind="ezyvet_access", to=Role.PRIMARY_CONTACT, days=(0, 3, 7, 14, 21)),
            source="RX1",
        ),
        Stage(
            name="credentials",
            title="Credentials of the ezyVet site",
            waits_on="primary_contact",
            until=("credentials_received", "connection_verified"),
            asks="Hand us the credentials file that ezyVet gave you; it is tried at once.",
            reminders=Reminders(kind="ezyvet_credentials", to=Role.PRIMARY_CONTACT),
            source="RX1",
        ),
        Stage(
            name="prescribers",
            title="Who prescribes",
            waits_on="primary_contact",
            until=("prescribers_mapped", "prescribers_confirmed"),
            preparation=Preparation(
                fact="prescribers_mapped", asks="Choose the ezyVet user of each vet, then ask the practice to confirm."
            ),
            asks="Confirm which ezyVet user each of your vets is.",
            chase="If a vet has no ezyVet user yet, choose it and ask the practice to confirm; else call the practice.",
            target=Target(duration=BusinessDays(days=5)),
            reminders=Reminders(kind="ezyvet_prescribers", to=Role.PRIMARY_CONTACT),
            source="RX10",
        ),
        Stage(
            name="test",
            title="Test prescription",
            waits_on="primary_contact",
            until=("test_prescription_sent", "test_prescription_seen"),
            preparation=Preparation(
                fact="test_prescription_sent",
                asks="Agree on a patient with the practice, and send the test.",
            ),
            asks="Look for our test prescription in ezyVet, and tell us that you see it.",
            chase="If no test prescription was sent yet, send it; else call the practice and look at it together.",
            target=Target(duration=BusinessDays(days=5)),
            reminders=Reminders(kind="ezyvet_test", to=Role.PRIMARY_CONTACT),
            source="RX12",
        ),
        Stage(name="live", title="Live", source="RX2"),
    ),
    launches=(OPENING,),
    mail_rules=(
        MailRule(
            kind="ezyvet_credentials",
            to=Role.PRIMARY_CONTACT,
            on="access_granted",
            unless=("credentials_received",),
            source="RX1",
        ),
        MailRule(
            kind="ezyvet_map_team",
            to=Role.ASSIGNEE,
            on="connection_verified",
            unless=("prescribers_mapped",),
            source="RX10",
        ),
        MailRule(
            kind="ezyvet_prescribers",
            to=Role.PRIMARY_CONTACT,
            on="prescribers_mapped",
            unless=("prescribers_confirmed",),
            source="RX10",
        ),
        MailRule(
            kind="ezyvet_send_test_team",
            to=Role.ASSIGNEE,
            on="prescribers_confirmed",
            unless=("test_prescription_sent",),
            source="RX12",
        ),
        MailRule(
            kind="ezyvet_test",
            to=Role.PRIMARY_CONTACT,
            on="test_prescription_sent",
            unless=("test_prescription_seen",),
            source="RX12",
        ),
        MailRule(kind="ezyvet_live", to=Role.PRIMARY_CONTACT, on="test_prescription_seen", source="RX2"),
    ),
)
