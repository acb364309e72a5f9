"""DataPoint reconnection: restore a lost connection with the technical contact (DP7, DP10).

It opens when a practice's feed falls silent, and ends when data flows again.
"""

from __future__ import annotations

from typing import Literal

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.datapoint import CONTACT_KNOWN, FEED, DataCounts, TechnicalContact
from playbooks.engine.fields import Instant
from playbooks.engine.model import (
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
from playbooks.feed_watch.values import TECHNICAL_CONTACT


class ConnectionLoss(Details):
    """Why the connection counts as lost, and the times of the last heartbeat and feed."""

    reason: Literal["silent", "no_records"] = "silent"
    last_heard_at: Instant | None = None
    last_feed_at: Instant | None = None
    agent_seen_at: Instant | None = None


RECONNECTION = Playbook(
    name=FEED.reconnection.playbook,
    title=FEED.reconnection.title,
    summary="Bring a practice's lost DataPoint connection back, together with its technical contact.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name="datapoint", title="DataPoint", side=Side.PARTNER),
        Party(name="primary_contact", title="the practice's primary contact", side=Side.PRACTICE),
        Party(name="technical_contact", title="the practice's technical contact", side=Side.PRACTICE),
    ),
    facts=(
        FactType(
            name="connection_lost",
            title="Connection lost",
            payload=ConnectionLoss,
            reported_by="team",
            quoted_in_mails=True,
            source="DP10",
        ),
        FactType(
            name="technical_contact_designated",
            title="Technical contact named",
            payload=TechnicalContact,
            reported_by="primary_contact",
            revisable=True,
            renews=True,
            contact=TECHNICAL_CONTACT,
            source="DP7",
        ),
        FactType(name="agent_seen", title="Agent seen again", reported_by="technical_contact", source="DP10"),
        FactType(
            name="data_flowing",
            title="Data flows again",
            payload=DataCounts,
            figures=("clients", "patients"),
            reported_by="datapoint",
            quoted_in_mails=True,
            # Once data flows, nobody has to be named or to check the agent.
            implies=("connection_lost", "technical_contact_designated", "agent_seen"),
            source="DP10",
        ),
        CONTACT_KNOWN,
    ),
    stages=(
        Stage(
            name="noticed",
            title="Loss noticed",
            waits_on="team",
            until=("connection_lost",),
            asks="Record what was noticed: connection_lost.",
            source="DP10",
        ),
        Stage(
            name="technical_contact",
            title="Technical contact for the reconnection",
            waits_on="primary_contact",
            until=("technical_contact_designated",),
            asks="Tell us who looks after the practice's server now: name, e-mail and phone.",
            chase="Call the practice and ask who looks after its server; record the technical contact.",
            target=Target(duration=BusinessDays(days=1)),
            reminders=Reminders(kind="reconnection_contact", to=Role.PRIMARY_CONTACT, days=(2, 5, 10), then_every=14),
            source="DP7",
        ),
        Stage(
            name="check",
            title="Check at the practice",
            waits_on="technical_contact",
            until=("agent_seen",),
            asks="Check that the server is on and online, and whether a password or the system has changed.",
            chase="Call the technical contact; if they have left, ask the practice who took over and record that.",
            target=Target(duration=BusinessDays(days=2), notify=(("connection_lost_primary", Role.PRIMARY_CONTACT),)),
            reminders=Reminders(kind="reconnection_reminder", to=TECHNICAL_CONTACT, days=(1, 4, 7, 14)),
            source="DP10",
        ),
        Stage(
            name="data",
            title="Data on its way again",
            waits_on="datapoint",
            until=("data_flowing",),
            asks="Resume the feed.",
            chase="Ask DataPoint why the agent is there and no feed comes.",
            target=Target(duration=Elapsed(hours=72)),
            source="DP10",
        ),
        Stage(name="reconnected", title="Connected again", source="DP10"),
    ),
    mail_rules=(
        MailRule(kind="connection_lost_team", to=Role.ASSIGNEE, on="connection_lost", source="DP10"),
        MailRule(
            kind="reconnection_check",
            to=TECHNICAL_CONTACT,
            on="connection_lost",
            unless=("agent_seen", "data_flowing"),
            once_per="recipient",
            source="DP7, DP10",
        ),
        MailRule(kind="reconnected", to=TECHNICAL_CONTACT, on="data_flowing", source="DP10"),
        MailRule(
            kind="reconnected_primary",
            to=Role.PRIMARY_CONTACT,
            on="data_flowing",
            after="connection_lost_primary",
            source="DP10",
        ),
    ),
    launches=(FEED,),
    knowledge=PartnerKnowledge(told=CONTACT_KNOWN.name),
)
