"""Facts that the clock records: a request lapses unless somebody pledges, and a pledge stands after a day."""

from __future__ import annotations

from playbooks.calendar.values import BusinessDays, Elapsed
from playbooks.engine.model import (
    CLOCK,
    ClockFact,
    FactType,
    MailRule,
    Party,
    Playbook,
    Reminders,
    Role,
    Side,
    Stage,
)

PLEDGE = Playbook(
    name="pledge",
    title="Pledge",
    summary="Have a practice pledge something, and let it think that over for a day.",
    parties=(
        Party(name="team", title="the team", side=Side.US),
        Party(name="primary_contact", title="the practice", side=Side.PRACTICE),
    ),
    facts=(
        FactType(name="pledged", title="Pledged", reported_by="primary_contact", revisable=True),
        FactType(name="pledge_stands", title="Pledge stands", reported_by=CLOCK),
        FactType(name="lapsed", title="Nobody pledged in time", reported_by=CLOCK, ends="expired"),
        FactType(name="thanked", title="Thanked", reported_by="team"),
    ),
    stages=(
        Stage(
            name="pledging",
            title="Pledge",
            waits_on="primary_contact",
            until=("pledged",),
            asks="Pledge it.",
            reminders=Reminders(kind="reminder", to=Role.PRIMARY_CONTACT, days=(2,), then_every=30),
            clock_facts=(ClockFact(fact="lapsed", after=BusinessDays(days=5)),),
        ),
        Stage(
            name="cooling_off",
            title="Cooling-off day",
            waits_on=CLOCK,
            until=("pledge_stands",),
            clock_facts=(ClockFact(fact="pledge_stands", after=Elapsed(hours=24)),),
        ),
        Stage(name="thanks", title="Thanks", waits_on="team", until=("thanked",), asks="Thank the practice."),
        Stage(name="over", title="Over"),
    ),
    mail_rules=(
        MailRule(kind="escalation", to=Role.PRIMARY_CONTACT, on="pledge_stands"),
        MailRule(kind="escalation", to=Role.TEAM, on="lapsed"),
    ),
)
