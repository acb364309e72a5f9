"""What owners and admins are written to when sharing, or the request for it, has ended (RS3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from configuration.settings import Settings
from pharmacy.sharing.shares import Share
from playbooks.engine.onboarding import MailOrder, Onboarding
from store.accounts.clinics import Clinic
from store.accounts.members import Member
from templates.filters import join_list


def ended_mails(
    share: Share,
    names: Mapping[str, str],
    people: Sequence[Member],
    by: Member | None,
    why: str | None,
    settings: Settings,
    now: datetime,
) -> list[MailOrder]:
    """Returns a mail for each owner and admin of the two clinics, one for who is it at both.

    `share` is as it was before it ended; the same end has the same keys. `names` are the clinics', `by` who ended it,
    None for us.
    """
    pair = "/".join(sorted((share.clinic, share.other)))
    key = f"sharing-ended/{pair}/{share.since:%Y%m%d%H%M%S}"
    return [
        _mail(
            each,
            key,
            "sharing_ended",
            settings,
            now,
            other=names[share.other if each.clinic == share.clinic else share.clinic],
            by=f"{by.name} of {by.clinic_name}" if by else None,
            own=by is not None and each.person == by.person,
            why=why,
        )
        for each in _managers(people)
    ]


def withdrawn_mails(
    request: Onboarding,
    clinics: Sequence[Clinic],
    people: Sequence[Member],
    by: Member,
    settings: Settings,
    now: datetime,
) -> list[MailOrder]:
    """Returns a mail for each owner and admin of the clinics of a request, one for who is it at several.

    None for `by`, who has withdrawn it, and none to the address on a clinic's account: the onboarding itself writes to
    that one. The same request has the same keys.
    """
    told = {each.account_email.lower() for each in clinics}
    return [
        _mail(
            each,
            f"sharing-withdrawn/{request.id}/{request.run}",
            "sharing_request_withdrawn",
            settings,
            now,
            clinics=join_list(clinic.name for clinic in clinics),
            by=f"{by.name} of {by.clinic_name}",
        )
        for each in _managers(people)
        if each.person != by.person and each.email.lower() not in told
    ]


def _managers(people: Sequence[Member]) -> Iterable[Member]:
    return {each.person: each for each in people if each.active and each.manages_people}.values()


def _mail(
    member: Member, key: str, kind: str, settings: Settings, now: datetime, **context: str | bool | None
) -> MailOrder:
    return MailOrder(
        key=f"{key}/{member.person}",
        kind=kind,
        to="member",
        name=member.name,
        email=member.email,
        link=False,
        at=now,
        context={
            "zone": member.time_zone,
            "now": now.isoformat(),
            "name": member.name,
            "practice": member.clinic_name,
            "page": f"{settings.public_url}/clinic/{member.clinic}/sharing" if settings.public_url else None,
            **context,
        },
    )
