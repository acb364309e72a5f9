"""A fact with a secret: the key to a partner's system, tried out by a workflow that reads it back."""

from __future__ import annotations

from playbooks.engine.fields import Line, Secret
from playbooks.engine.model import Details, FactType, Launch, MailRule, Party, Playbook, Role, Side, Stage


class Credentials(Details):
    client_id: Line
    client_secret: Secret
    note: Secret | None = None


VAULT = Playbook(
    name="vault",
    title="Vault",
    summary="Connect a practice with the key that it was given.",
    parties=(
        Party(name="team", title="the team", side=Side.US),
        Party(name="primary_contact", title="the practice", side=Side.PRACTICE),
    ),
    facts=(
        FactType(
            name="key_given",
            title="Key given",
            payload=Credentials,
            reported_by="primary_contact",
            quoted_in_mails=True,
        ),
        FactType(name="key_tried", title="Key tried", reported_by="team"),
    ),
    stages=(
        Stage(name="key", title="Key", waits_on="primary_contact", until=("key_given",), asks="Give us the key."),
        Stage(name="trial", title="Trial", waits_on="team", until=("key_tried",), asks="Try the key."),
        Stage(name="connected", title="Connected"),
    ),
    mail_rules=(MailRule(kind="reminder", to=Role.PRIMARY_CONTACT, on="key_given"),),
    launches=(Launch(workflow="TrialKey", prefix="key", on="key_given"),),
)
