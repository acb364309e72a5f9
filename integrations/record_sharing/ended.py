"""What owners and admins are written to when sharing between two clinics has ended (RS3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from configuration.settings import Settings
from pharmacy.sharing.shares import Share
from playbooks.engine.onboarding import MailOrder
from store.accounts.members import Member


def ended_mails(
    share: Share,
    names: Mapping[str, str],
    people: Sequence[Member],
    by: str | None,
    why: str | None,
    settings: Settings,
    now: datetime,
) -> list[MailOrder]:
    """Returns a mail for each owner and admin of the two clinics, one for who is it at both.

    `share` is as it was before it ended; the same end has the same keys. `names` are the clinics', `by` who ended it,
    None for us.
    """
    managers = {each.person: each for each in people if each.active and each.manages_people}
    pair = "/".join(sorted((share.clinic, share.other)))
    return [
        MailOrder(
            key=f"sharing-ended/{pair}/{share.since:%Y%m%d%H%M%S}/{each.person}",
            kind="sharing_ended",
            to="member",
            name=each.name,
            email=each.email,
            link=False,
            at=now,
            context={
                "zone": each.time_zone,
                "now": now.isoformat(),
                "name": each.name,
                "practice": each.clinic_name,
                "other": names[share.other if each.clinic == share.clinic else share.clinic],
                "by": by,
                "why": why,
                "page": f"{settings.public_url}/clinic/{each.clinic}/sharing" if settings.public_url else None,
            },
        )
        for each in managers.values()
    ]
