"""DataPoint: connect a practice's management system through IDEXX DataPoint, from request to "data received"."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.engine.fields import Count, Email, Line, Text
from playbooks.engine.model import (
    BySize,
    Details,
    FactType,
    MailRule,
    PartnerKnowledge,
    Party,
    Playbook,
    Reminders,
    Role,
    Side,
    Stage,
    Target,
)
from playbooks.feed_watch.model import Feed, Reconnection
from playbooks.feed_watch.values import TECHNICAL_CONTACT


class PracticeInformation(Details):
    """The practice information of DataPoint's registration form; all optional, as the form is DataPoint's."""

    management_system: Line | None = None
    server_location: Line | None = None
    address: Text | None = None
    phone: Line | None = None
    client_count: Count | None = None
    comments: Text | None = None


class TechnicalContact(Details):
    name: Line
    email: Email
    phone: Line | None = None


class EulaAcceptance(Details):
    """The version of the licence agreement, and who accepted it for the practice (DP4)."""

    version: Line = Field(title="Version of the EULA", json_schema_extra={"suggest": "recorded"})
    accepted_by: Line = Field(json_schema_extra={"suggest": "contacts"})


class AgentInstallation(Details):
    client_count: Count | None = None


class KnownContact(Details):
    """A contact whom DataPoint knows, with the address that it has (DP3, DP7)."""

    contact: Literal["primary contact", "technical contact"]
    email: Email


class DataCounts(Details):
    clients: Count | None = None
    patients: Count | None = None


CONTACT_KNOWN = FactType(
    name="contact_known",
    title="DataPoint was told of the contact",
    payload=KnownContact,
    per="contact",
    reported_by="team",
    revisable=True,
    source="DP3, DP7",
)
"""The team told DataPoint of a contact or an address, as it learns nothing from our pages."""
FEED = Feed(
    prefix="datapoint-feed",
    reconnection=Reconnection(
        playbook="datapoint-reconnection",
        title="DataPoint reconnection",
        lost="connection_lost",
        contact="technical_contact_designated",
        agent="agent_seen",
        data="data_flowing",
        check_mail="reconnection_check",
    ),
)
"""Watches the feed of a connected practice (DP10)."""

DATAPOINT = Playbook(
    name="datapoint",
    title="DataPoint",
    summary="Connect a practice's management system through IDEXX DataPoint, so that its clients and patients arrive.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name="datapoint", title="DataPoint", side=Side.PARTNER),
        Party(name="primary_contact", title="the practice's primary contact", side=Side.PRACTICE),
        Party(name="technical_contact", title="the practice's technical contact", side=Side.PRACTICE),
    ),
    facts=(
        FactType(name="queued", title="In DataPoint's request queue", reported_by="team", source="DP1"),
        FactType(
            name="invitation_sent",
            title="DataPoint invited the primary contact",
            reported_by="datapoint",
            implies=("queued",),
            source="DP3",
        ),
        FactType(
            name="practice_information_given",
            title="Practice information given",
            payload=PracticeInformation,
            size="client_count",
            reported_by="primary_contact",
            legal=True,
            revisable=True,
            source="DP4",
        ),
        FactType(
            name="technical_contact_designated",
            title="Technical contact named",
            payload=TechnicalContact,
            reported_by="primary_contact",
            legal=True,
            revisable=True,
            renews=True,
            contact=TECHNICAL_CONTACT,
            source="DP4, DP7",
        ),
        FactType(
            name="eula_accepted",
            title="EULA accepted",
            payload=EulaAcceptance,
            reported_by="primary_contact",
            implies=("invitation_sent",),
            legal=True,
            source="DP4",
        ),
        FactType(
            name="technical_contact_reached",
            title="DataPoint reached the technical contact",
            reported_by="datapoint",
            source="DP5",
        ),
        FactType(
            name="agent_installed",
            title="Agent installed",
            payload=AgentInstallation,
            size="client_count",
            reported_by="technical_contact",
            implies=("technical_contact_reached", "invitation_sent"),
            revisable=True,
            renews=True,
            source="DP5",
        ),
        FactType(
            name="data_received",
            title="Data received",
            payload=DataCounts,
            figures=("clients", "patients"),
            reported_by="datapoint",
            implies=("agent_installed",),
            source="DP6",
        ),
        FactType(
            name="import_completed",
            title="First import completed",
            payload=DataCounts,
            figures=("clients", "patients"),
            reported_by="datapoint",
            implies=("data_received",),
            source="DP8",
        ),
        CONTACT_KNOWN,
    ),
    stages=(
        Stage(
            name="queue_entry",
            title="Entry in DataPoint's queue",
            waits_on="team",
            until=("queued",),
            asks="Ask DataPoint for a place in its queue. If somebody has asked already, record it.",
            target=Target(duration=BusinessDays(days=1)),
            source="DP1",
        ),
        Stage(
            name="invitation",
            title="Invitation from DataPoint",
            waits_on="datapoint",
            until=("invitation_sent",),
            asks="Send the invitation to the primary contact.",
            chase="Ask DataPoint whether the invitation went out and to which address; have it sent again.",
            target=Target(duration=Elapsed(hours=48), notify=(("invitation_overdue", Role.PRIMARY_CONTACT),)),
            source="DP3",
        ),
        Stage(
            name="registration",
            title="Registration with DataPoint",
            waits_on="primary_contact",
            until=("practice_information_given", "technical_contact_designated", "eula_accepted"),
            asks="Fill in DataPoint's form: practice information, technical contact, and the license agreement (EULA).",
            reminders=Reminders(kind="registration_reminder", to=Role.PRIMARY_CONTACT),
            source="DP4",
        ),
        Stage(
            name="installation_contact",
            title="DataPoint contacts the technical contact",
            waits_on="datapoint",
            until=("technical_contact_reached",),
            asks="Contact the technical contact to arrange the installation.",
            chase="Ask DataPoint when it will contact the technical contact, and give it their number.",
            target=Target(duration=Elapsed(hours=24), notify=(("installation_overdue", TECHNICAL_CONTACT),)),
            source="DP5",
        ),
        Stage(
            name="agent_installation",
            title="Installation of the agent",
            waits_on="technical_contact",
            until=("agent_installed",),
            asks="Install the DataPoint agent on the practice's server, together with DataPoint.",
            reminders=Reminders(kind="installation_reminder", to=TECHNICAL_CONTACT),
            source="DP5",
        ),
        Stage(
            name="initial_import",
            title="First import of the data",
            waits_on="datapoint",
            until=("data_received",),
            asks="Copy the practice's clients and patients for the first time.",
            chase="Ask DataPoint how far the first copy is; the agent may have stopped.",
            target=Target(
                duration=BySize(threshold=10_000, below=Elapsed(hours=7 * 24), from_threshold=Elapsed(hours=14 * 24)),
                grace=Elapsed(hours=48),
            ),
            source="DP8",
        ),
        Stage(name="connected", title="Connected", source="DP6"),
    ),
    mail_rules=(
        MailRule(
            kind="queue_confirmation",
            to=Role.PRIMARY_CONTACT,
            on="queued",
            unless=("practice_information_given", "eula_accepted", "agent_installed", "data_received"),
            source="DP2",
        ),
        MailRule(
            kind="technical_briefing",
            to=TECHNICAL_CONTACT,
            on="technical_contact_designated",
            once_per="recipient",
            source="DP5, DP7",
        ),
        MailRule(
            kind="import_begun",
            to=Role.PRIMARY_CONTACT,
            on="agent_installed",
            unless=("data_received",),
            once_per="estimate",
            source="DP8",
        ),
        MailRule(
            kind="data_received",
            to=Role.PRIMARY_CONTACT,
            on="data_received",
            even_implied=True,
            owed=True,
            source="DP6",
        ),
        MailRule(kind="data_without_eula", to=Role.TEAM, on="data_received", lacking="eula_accepted", source="DP4"),
    ),
    launches=(FEED,),
    address_given_by=("queued", "invitation_sent"),
    knowledge=PartnerKnowledge(told=CONTACT_KNOWN.name, reached_by="technical_contact_reached", own_form=True),
)
