"""Roles, figures and a launched workflow of a playbook's own: a shop whose preview is built by a workflow."""

from __future__ import annotations

from playbooks.calendar.values import Elapsed
from playbooks.engine.fields import Count, Email, Line
from playbooks.engine.model import (
    BySize,
    Details,
    FactType,
    Launch,
    MailRule,
    Party,
    Playbook,
    Reminders,
    Role,
    Side,
    Stage,
    Target,
)


class Designer(Details):
    name: Line
    email: Email
    products: Count


class Preview(Details):
    pages: Count


STOREFRONT = Playbook(
    name="storefront",
    title="Storefront",
    summary="Put a practice's own online shop live.",
    parties=(
        Party(name="team", title="the onboarding team", side=Side.US),
        Party(name="primary_contact", title="the practice's primary contact", side=Side.PRACTICE),
        Party(name="designer", title="the practice's designer", side=Side.PRACTICE),
    ),
    facts=(
        FactType(
            name="designer_named",
            title="Designer named",
            payload=Designer,
            reported_by="primary_contact",
            revisable=True,
            contact="designer",
            size="products",
        ),
        FactType(name="preview_built", title="Preview built", payload=Preview, reported_by="team", figures=("pages",)),
        FactType(name="approved", title="Approved by the designer", reported_by="designer"),
    ),
    stages=(
        Stage(name="naming", title="Naming of a designer", waits_on="primary_contact", until=("designer_named",)),
        Stage(
            name="preview",
            title="Preview",
            waits_on="team",
            until=("preview_built",),
            target=Target(
                duration=BySize(threshold=100, below=Elapsed(hours=24), from_threshold=Elapsed(hours=72)),
                notify=(("reminder", "designer"),),
            ),
        ),
        Stage(
            name="approval",
            title="Approval",
            waits_on="designer",
            until=("approved",),
            asks="Look at the preview and approve it.",
            reminders=Reminders(kind="reminder", to="designer", days=(1,)),
        ),
        Stage(name="live", title="Live"),
    ),
    mail_rules=(MailRule(kind="reminder", to=Role.PRIMARY_CONTACT, on="preview_built"),),
    launches=(
        Launch(workflow="TrialPreview", prefix="preview", on="designer_named"),
        Launch(workflow="TrialPreview", prefix="shop"),
    ),
)
